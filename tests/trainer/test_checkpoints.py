"""Checkpoints are whole or absent, whatever is cut off in between; steps order them, not the clock."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from trainer import room
from trainer.checkpoints import (
    SEAL,
    STAGING,
    checkpoints,
    last_good,
    publish,
    put_aside,
    remove,
    rotate,
    tidy,
    whole,
)


def staged(root: Path, step: int) -> Path:
    folder = root / STAGING / f"checkpoint-{step}"
    (folder / "deep").mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(bytes(range(256)) * step)
    (folder / "deep" / "optimizer.pt").write_bytes(b"state" * step)
    return folder


def checkpoint(root: Path, step: int) -> Path:
    final = root / f"checkpoint-{step}"
    publish(staged(root, step), final)
    return final


def test_what_is_being_written_does_not_count(tmp_path: Path) -> None:
    good = checkpoint(tmp_path, 5)
    staged(tmp_path, 10)
    assert last_good(tmp_path) == (good, [])
    tidy(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint-5", STAGING][:1]


def test_damage_is_noticed_named_and_put_aside(tmp_path: Path) -> None:
    root = tmp_path / "checkpoints"
    good, flipped, cut, unsealed, torn = (checkpoint(root, n) for n in (5, 10, 15, 20, 25))
    data = bytearray((flipped / "model.safetensors").read_bytes())
    data[77] ^= 1
    (flipped / "model.safetensors").write_bytes(data)
    (cut / "deep" / "optimizer.pt").unlink()
    (unsealed / SEAL).unlink()
    (torn / SEAL).write_text('{"files": {')
    found, broken = last_good(root)
    assert found == good
    assert broken == ["checkpoint-25", "checkpoint-20", "checkpoint-15", "checkpoint-10"]
    put_aside(root, broken)
    assert checkpoints(root) == [good]
    assert len(list(tmp_path.glob("broken-*"))) == 4


def test_rotation_goes_by_step_and_keeps_the_best(tmp_path: Path) -> None:
    for step in (30, 5, 10, 9, 100):
        path = checkpoint(tmp_path, step)
        os.utime(path, (1e9 - step, 1e9 - step))  # the clock was set back between the saves
    rotate(tmp_path, 2, "checkpoint-9")
    assert [p.name for p in checkpoints(tmp_path)] == ["checkpoint-9", "checkpoint-30", "checkpoint-100"]
    rotate(tmp_path, 0, None)
    assert [p.name for p in checkpoints(tmp_path)] == ["checkpoint-100"]


def test_a_kill_while_deleting_leaves_nothing_that_looks_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = checkpoint(tmp_path, 5)
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)
    remove(path)
    assert checkpoints(tmp_path) == []
    monkeypatch.undo()
    tidy(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_checkpoint_of_the_same_step_is_replaced(tmp_path: Path) -> None:
    checkpoint(tmp_path, 5)
    again = checkpoint(tmp_path, 5)
    assert whole(again)
    assert checkpoints(tmp_path) == [again]


def test_a_save_that_does_not_fit_is_not_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint(tmp_path, 50)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(OSError, match="No space left") as full, room.watched(tmp_path):
        raise AssertionError("begun")
    assert full.value.errno == errno.ENOSPC


def test_a_save_that_fails_for_another_reason_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="another"), room.watched(tmp_path):
        staged(tmp_path, 5)
        raise RuntimeError("another")
    assert not list(tmp_path.iterdir())
