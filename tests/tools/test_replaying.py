"""A replay from the words to the order, and the verdict in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.trainer.recorded import BAD, SPIKE, run_of, spiked, write_curve, write_rows
from tools.arguments import Explain, LearningCurve, ReplayRun
from tools.desk import Desk
from tools.explaining import explain_run
from tools.replaying import learning_curve, replay_run
from tools.replaying_words import extent_outcome_words, outcome_words, replay_words
from trainer.errors import UserFacingError
from trainer.replays.extent import told
from trainer.replays.outcome import curves_of, weighed
from trainer.replays.replay import Replay


def desk(home: Path) -> Desk:
    return Desk(home=home, roots=[home])


def test_explaining_a_spike_offers_the_proof(home: Path, tmp_path: Path) -> None:
    run = spiked(tmp_path)
    found = explain_run(Explain(run_id=run.id, question="why did loss spike?"), desk(home))
    assert f"with row {BAD} and without it" in found.quotes
    assert "Say “prove it”" in found.quotes
    assert "aGVsbG8" in found.quotes
    assert "aGVsbG8" not in found.say, "a model may put this into words: it holds no row"


def test_prove_it_lays_the_replay_on_the_table_and_starts_nothing(home: Path, tmp_path: Path) -> None:
    run = spiked(tmp_path)
    found = replay_run(ReplayRun(run_id=run.id), desk(home))
    assert found.order is not None
    assert found.order.kind == "replay"
    replay = found.order.replay
    assert replay is not None
    assert replay.rows == (BAD,)
    assert replay.moment[0] <= SPIKE <= replay.moment[1]
    assert found.order.hash == replay.hash == found.events[0]["hash"]
    for words in (f"row {BAD}", "checkpoint-30", "3 times each", "$0", "Nothing has started"):
        assert words in found.say
    assert not (run.folder / "replays.jsonl").exists()


def test_a_calm_run_has_no_moment_to_prove(home: Path, tmp_path: Path) -> None:
    run = run_of(tmp_path)
    write_rows(run, {})
    write_curve(run)
    run.set_status("finished", step=60, max_steps=60)
    with pytest.raises(UserFacingError, match="points at no moment"):
        replay_run(ReplayRun(run_id=run.id), desk(home))
    told = explain_run(Explain(run_id=run.id), desk(home))
    assert "prove it" not in told.say + told.quotes


def outcome_of(replay: Replay, as_was: float, without: float) -> str:
    lines = []
    for pair in range(replay.pairs):
        for changed, peak in ((False, as_was), (True, without)):
            side = {"pair": pair, "changed": changed}
            lines += [{**side, "step": n, "loss": peak} for n in range(replay.moment[0], replay.end + 1)]
            lines.append({**side, "done": True})
    return outcome_words(weighed(replay, curves_of(lines)))


def test_the_verdict_in_words_carries_its_figures(home: Path, tmp_path: Path) -> None:
    replay = replay_run(ReplayRun(run_id=spiked(tmp_path).id), desk(home)).order.replay  # type: ignore[union-attr]
    assert replay is not None
    guilty = outcome_of(replay, 4.5, 1.1)
    assert guilty.startswith("**Confirmed**: it went away in 3 of 3 replays.")
    assert f"With row {BAD} the loss rose to 4.5, without it to 1.1" in guilty
    assert "did not do it" in outcome_of(replay, 4.5, 4.4)
    assert "can't be traced" in outcome_of(replay, 1.1, 1.1)
    other = {"changes": {"learning_rate": 1e-5}, "was": {"learning_rate": 1e-3}}
    settings = replay.model_copy(update={"rows": (), **other})
    assert "with learning_rate 0.001 and with learning_rate 1e-05" in replay_words(settings)
    assert "The next run should go with learning_rate 1e-05" in outcome_of(settings, 4.5, 1.1)


def test_a_learning_curve_is_asked_for_and_told(home: Path, tmp_path: Path) -> None:
    found = learning_curve(LearningCurve(run_id=spiked(tmp_path).id), desk(home))
    assert found.order is not None
    extent = found.order.extent
    assert extent is not None
    assert "25 % and 50 % of its 199 rows" in found.say
    points = ((0.25, 42, 2.0), (0.5, 42, 1.0), (1.0, 42, 0.5), (1.0, 43, 0.51))
    lines = [{"share": s, "seed": n, "best": x} for s, n, x in points]
    words = extent_outcome_words(told(extent.model_copy(update={"seed": 43}), lines))
    assert words.startswith("**More rows would help.**")
    assert "2 with 25 %, 1 with 50 %, 0.5 with 100 %" in words
    assert "no chance" in words
