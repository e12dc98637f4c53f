"""Which rows made each step: recorded for every method, over accumulation, epochs and resumes, with each row's loss."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.methods import METHODS, data
from tests.trainer.lab import Nursery, ended, finished, made, saved, until
from trainer.records import read_from
from trainer.runs import Run

SHAPE = {"max_steps": 6, "eval_steps": 3, "per_device_train_batch_size": 4, "max_length": 192}


def steps(run: Run, looks: bool = False) -> dict[int, dict[str, Any]]:
    """The last line of each step."""
    return {row["step"]: row for row in read_from(run.folder / "steps.jsonl")[0] if row.get("eval", False) == looks}


def kept_rows(run: Run, name: str = "data/train") -> list[int]:
    return sorted(json.loads(line)["row"] for line in (run.folder / f"{name}.jsonl").read_text().splitlines())


def test_every_row_once_an_epoch_with_its_loss(home: Path, tmp_path: Path, nursery: Nursery) -> None:
    wishes = {"num_train_epochs": 2, "max_steps": None, "eval_steps": 2, "per_device_train_batch_size": 3}
    wishes |= {"gradient_accumulation_steps": 2, "early_stopping_patience": 100}
    run = finished(nursery.start(made(data(tmp_path, "sft"), "a", method="sft", tuning="full", **wishes)))
    found = list(steps(run).values())
    dealt = [n for row in found for n in row["rows"]]
    assert sorted(dealt) == sorted(kept_rows(run) * 2)
    assert all(len(row["losses"]) == len(row["rows"]) <= 6 for row in found)
    logged = {row["step"]: row["loss"] for row in run.history() if "loss" in row}
    for step, row in steps(run).items():
        assert min(row["losses"]) - 1e-3 <= logged[step] <= max(row["losses"]) + 1e-3
    looked = steps(run, looks=True)
    assert looked and all(sorted(row["rows"]) == kept_rows(run, "data/val") for row in looked.values())


@pytest.mark.parametrize("method", [m for m in METHODS if m not in ("sft", "distillation", "cpo (simpo)")])
def test_every_method_names_its_rows(method: str, home: Path, tmp_path: Path, nursery: Nursery) -> None:
    wishes = {"method": method, "tuning": "full"} | METHODS[method] | SHAPE | {"max_steps": 2, "eval_steps": 2}
    run = finished(nursery.start(made(data(tmp_path, method), method, **wishes)))
    found = steps(run)
    assert list(found) == [1, 2]
    assert all(row["rows"] and set(row["rows"]) <= set(kept_rows(run)) for row in found.values())


def test_a_resumed_run_deals_on(home: Path, tmp_path: Path, nursery: Nursery) -> None:
    file, shape = data(tmp_path, "sft"), SHAPE | {"max_steps": 20, "eval_steps": 2}
    whole, parted = (made(file, name, method="sft", tuning="full", **shape) for name in ("whole", "parted"))
    finished(nursery.start(whole))
    nursery.start(parted)
    until(parted, saved(parted))
    parted.ask_stop()
    assert until(parted, ended)["status"] == "stopped"
    finished(nursery.start(parted, resume=True))
    assert steps(parted) == steps(whole)


def test_losses_are_those_of_single_rows() -> None:
    """Padded or end to end: the mean over a row's own trained positions."""
    import torch

    from trainer.methods.loss import by_row

    keep = torch.tensor([[False, True, True], [True, False, False]])
    assert by_row(torch.tensor([1.0, 3.0, 5.0]), keep, {}).tolist() == [2.0, 5.0]
    flat = {"position_ids": torch.tensor([[0, 1, 2, 0, 1]]), "cu_seq_lens_q": torch.tensor([0, 3, 5])}
    keep = torch.tensor([[False, True, False, True]])
    assert by_row(torch.tensor([1.0, 4.0]), keep, flat).tolist() == [1.0, 4.0]
