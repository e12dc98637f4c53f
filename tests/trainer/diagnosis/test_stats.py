"""Statistics on curves with known answers."""

import numpy as np
import pytest

from trainer.diagnosis import stats


def test_noise_ignores_a_trend() -> None:
    rng = np.random.default_rng(0)
    assert stats.noise(np.linspace(9, 1, 400) + 0.1 * rng.standard_normal(400)) == pytest.approx(0.1, rel=0.25)


def test_one_high_row_is_a_spike_without_high_rows_after_it() -> None:
    values = np.full(60, 1.0) + 0.01 * np.sin(np.arange(60))
    values[30] = 3.0
    (spike,) = stats.find_spikes(values)
    assert (spike.start, spike.peak, spike.end, spike.rows_high) == (30, 30, 31, 0)


def test_a_slow_recovery_keeps_rows_high() -> None:
    values = np.full(60, 1.0) + 0.01 * np.sin(np.arange(60))
    values[30:] += 2 * np.exp(-np.arange(30) / 5)
    (spike,) = stats.find_spikes(values)
    assert spike.start == 30
    assert spike.rows_high >= 5
    assert spike.end < 60


def test_a_falling_curve_has_no_spike() -> None:
    assert stats.find_spikes(6 * np.exp(-np.arange(80) / 20) + 1) == []


def test_period_of_a_wave() -> None:
    period = stats.periodicity(np.sin(2 * np.pi * np.arange(120) / 12))
    assert period is not None
    assert period.rows == 12
    assert period.strength > 0.9


def test_noise_has_no_strong_period() -> None:
    period = stats.periodicity(np.random.default_rng(1).standard_normal(200))
    assert period is None or period.strength < 0.4


def test_trend_of_a_line() -> None:
    slope, fit = stats.trend(np.arange(10.0), 3 * np.arange(10.0) + 1)
    assert slope == pytest.approx(3)
    assert fit == pytest.approx(1)


def test_empty_and_broken_values() -> None:
    nothing = np.array([np.nan, np.nan])
    assert np.isnan(stats.median(nothing))
    assert np.isnan(stats.head(nothing))
    assert np.isnan(stats.tail(nothing))
    assert stats.noise(nothing) == 0
    assert stats.find_spikes(nothing) == []
