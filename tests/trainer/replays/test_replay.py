"""What would be replayed: the suspect, the steps, the checkpoint, the time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.trainer.recorded import BAD, SPIKE, run_of, spiked, write_curve, write_rows
from trainer.diagnosis import diagnose
from trainer.diagnosis.record import record_of
from trainer.errors import UserFacingError
from trainer.replays.replay import Replay, Wanted, planned, still_fits
from trainer.runs import Run

PLAIN = Wanted()


def replay(run: Run, wanted: Wanted = PLAIN, suspects: tuple[int, ...] = (BAD,)) -> Replay:
    finding = next(f for f in diagnose(record_of(run)) if f.label == "bad_batch")
    return planned(run, finding, (SPIKE, SPIKE), suspects, wanted)


def test_rows_that_stand_out_are_tried_from_the_checkpoint_before_them(home: Path, tmp_path: Path) -> None:
    found = replay(spiked(tmp_path))
    assert (found.rows, found.changes) == ((BAD,), {})
    assert (found.start, found.moment, found.end) == (30, (SPIKE, SPIKE), SPIKE + 3)
    assert found.level == pytest.approx(1.06, abs=0.02)
    assert found.height == pytest.approx(4.55 - 1.06, abs=0.05)
    low, high = found.seconds
    assert low < 14 + 3 * 2 * (2 + 11 * 0.5) < high


def test_without_a_checkpoint_before_it_goes_from_the_beginning(home: Path, tmp_path: Path) -> None:
    run = spiked(tmp_path)
    (run.checkpoints / "checkpoint-30" / "seal.json").unlink()
    assert replay(run).start == 0


def test_a_named_setting_is_tried_instead(home: Path, tmp_path: Path) -> None:
    found = replay(spiked(tmp_path), Wanted(changes={"learning_rate": 1e-5}, pairs=2))
    assert found.rows == ()
    assert found.changes == {"learning_rate": 1e-5}
    assert found.was["learning_rate"] != 1e-5
    assert found.pairs == 2
    assert found.end > SPIKE + 3


def test_what_did_its_work_before_is_replayed_from_the_start(home: Path, tmp_path: Path) -> None:
    assert replay(spiked(tmp_path), Wanted(changes={"warmup_ratio": 0.2})).start == 0


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Wanted(changes={"lora_r": 8}), "can't be changed within a run"),
        (Wanted(rows=(199,)), "was not trained on row 199"),
        (Wanted(rows=(180,)), "after steps 38 to 38"),
        (Wanted(max_minutes=0.2), "more than the 0.2"),
    ],
)
def test_what_can_not_be_tried_is_refused(home: Path, tmp_path: Path, wanted: Wanted, words: str) -> None:
    with pytest.raises(UserFacingError, match=words):
        replay(spiked(tmp_path), wanted)


@pytest.mark.parametrize(
    ("moment", "words"), [((20, 20), "did not rise at steps 20 to 20"), ((99, 99), "ended at step 60")]
)
def test_where_nothing_rose_there_is_nothing_to_prove(
    home: Path, tmp_path: Path, moment: tuple[int, int], words: str
) -> None:
    with pytest.raises(UserFacingError, match=words):
        planned(spiked(tmp_path), None, moment, (BAD,), Wanted(rows=(3,)))


def test_nothing_suspect_is_said(home: Path, tmp_path: Path) -> None:
    with pytest.raises(UserFacingError, match="suspect enough"):
        replay(spiked(tmp_path), suspects=())


def test_the_hash_is_of_everything(home: Path, tmp_path: Path) -> None:
    run = spiked(tmp_path)
    one, other = replay(run), replay(run, Wanted(pairs=4))
    assert one.hash == replay(run).hash != other.hash


def test_rows_or_settings_but_not_both() -> None:
    given = {"run_id": "run-1", "plan_hash": "", "start": 0, "moment": (1, 2), "end": 3, "level": 1.0, "height": 2.0}
    with pytest.raises(ValueError, match="one of the two"):
        Replay(**given, seconds=(1, 2))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="one of the two"):
        Replay(**given, seconds=(1, 2), rows=(1,), changes={"learning_rate": 1.0})  # type: ignore[arg-type]


def test_a_damaged_checkpoint_is_noticed_before_it_is_used(home: Path, tmp_path: Path) -> None:
    run = spiked(tmp_path)
    found = replay(run)
    still_fits(found, run)
    (run.checkpoints / "checkpoint-30" / "model.safetensors").write_bytes(b"weighty")
    with pytest.raises(UserFacingError, match="gone or damaged"):
        still_fits(found, run)


def test_a_run_without_rows_can_not_be_replayed(home: Path, tmp_path: Path) -> None:
    run = run_of(tmp_path)
    write_curve(run, {SPIKE: 8.0})
    with pytest.raises(UserFacingError, match="no rows any more"):
        replay(run)


def test_a_loss_that_is_no_number_has_no_height(home: Path, tmp_path: Path) -> None:
    run = run_of(tmp_path)
    write_rows(run, {})
    write_curve(run, {SPIKE: float("nan")})
    found = planned(run, None, (SPIKE, SPIKE), (BAD,), Wanted())
    assert found.height == float("inf")
    assert Replay.model_validate(found.model_dump(mode="json")) == found
