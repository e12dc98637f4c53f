"""A history from logs in all the shapes they come in."""

import numpy as np
import pytest

from trainer.diagnosis import History
from trainer.diagnosis.history import flatten, number


@pytest.mark.parametrize("text", ["NaN", "nan", None, "n/a", True, [1], {"a": 1}])
def test_what_is_no_number_is_nan(text: object) -> None:
    assert np.isnan(number(text))


@pytest.mark.parametrize("value", ["Infinity", "inf", float("inf"), 1e300, 10**400])
def test_overflow_is_not_finite(value: object) -> None:
    assert not np.isfinite(number(value))


def test_numbers_as_text_are_read() -> None:
    assert number("2.5e-05") == 2.5e-05


def test_broken_is_written_but_not_finite_and_missing_is_neither() -> None:
    rows = [{"step": 1, "loss": "NaN"}, {"step": 2, "loss": None}, {"step": 3, "grad_norm": 1.0}]
    history = History.from_log(rows)
    assert history.train.broken("loss").tolist() == [True, True, False]


def test_eval_loss_in_the_same_row_and_summary_row() -> None:
    rows = [
        {"step": 10, "loss": 2.0, "eval_loss": 2.1},
        {"step": 20, "loss": 1.5},
        {"step": 20, "train_runtime": 3.0, "train_loss": 1.7},
    ]
    history = History.from_log(rows)
    assert history.loss.tolist() == [2.0, 1.5]
    assert history.evals.column("eval_loss").tolist() == [2.1]


def test_a_resume_replaces_the_rows_it_repeats() -> None:
    rows = [{"step": s, "loss": float(s)} for s in (10, 20, 30, 40)]
    rows += [{"step": s, "loss": s + 0.5} for s in (30, 40, 50)]
    history = History.from_log(rows)
    assert history.steps.tolist() == [10, 20, 30, 40, 50]
    assert history.loss[2] == 30.5
    assert history.went_back_to == (30,)


def test_rows_without_steps_are_counted_and_evals_stay_in_place() -> None:
    rows = [{"loss": 3.0}, {"loss": 2.0}, {"eval_loss": 2.2}, {"loss": 1.0}]
    history = History.from_log(rows, {"logging_steps": 5})
    assert history.steps_counted
    assert history.steps.tolist() == [5, 10, 15]
    assert history.evals.steps.tolist() == [10]


def test_names_of_trackers() -> None:
    history = History.from_log([{"global_step": 5, "train/loss": 1.0, "eval/loss": 1.2}])
    assert history.loss.tolist() == [1.0]
    assert history.evals.column("eval_loss").tolist() == [1.2]


def test_plan_fields_are_found_in_its_parts() -> None:
    plan = {"adapter": {"lora_r": 8}, "optimisation": {"learning_rate": 1e-4}, "lora_r": 16}
    assert flatten(plan)["lora_r"] == 16
    history = History.from_log([], plan)
    assert history.peak_lr == 1e-4
    assert history.tuning == "lora"


@pytest.mark.parametrize(
    ("plan", "billions"),
    [
        ({"base_model": "org/Some2-135M-Instruct"}, 0.135),
        ({"base_model": "Qwen/Qwen2.5-7B-Instruct"}, 7.0),
        ({"base_model": "tiny"}, None),
        ({"base_model": "x-7B", "params_b": 3.0}, 3.0),
    ],
)
def test_size_from_plan_or_name(plan: dict[str, object], billions: float | None) -> None:
    assert History.from_log([], plan).params_b == billions


def test_without_plan_and_run() -> None:
    history = History.from_log([{"step": 10, "loss": 1.0, "epoch": 0.5}])
    assert history.steps_per_epoch == 20
    assert history.max_steps == 10
    assert history.tuning is None
    assert history.precision is None
    assert history.is_supervised
