from __future__ import annotations

from typing import Any

import pytest

from agent.builtin import edits
from agent.builtin.text import Scan, read

PLAN = {
    "learning_rate": 2e-4,
    "num_train_epochs": 4,
    "lora_r": 16,
    "lora_alpha": 32,
    "per_device_train_batch_size": 4,
    "warmup_ratio": 0.04,
    "max_length": 2048,
}


def values(text: str) -> dict[str, Any]:
    return edits.read(Scan(read(text).order), PLAN).values


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("rank 8 alpha 16", {"lora_r": 8, "lora_alpha": 16}),
        (
            "6 epochs, lr 3e-5 and batch 2",
            {"num_train_epochs": 6, "learning_rate": 3e-5, "per_device_train_batch_size": 2},
        ),
        ("epochs 6 batch 2", {"num_train_epochs": 6, "per_device_train_batch_size": 2}),
        ("8k context", {"max_length": 8192}),
        ("warmup 5%", {"warmup_ratio": 0.05}),
        ("50 warmup steps", {"warmup_steps": 50}),
        ("halve the epochs", {"num_train_epochs": 2}),
        ("double the rank", {"lora_r": 32}),
        ("cut the learning rate by 10x", {"learning_rate": 2e-5}),
        ("raise lr by 50%", {"learning_rate": 3e-4}),
        ("2 more epochs", {"num_train_epochs": 6}),
        ("one epoch less", {"num_train_epochs": 3}),
        ("another epoch please", {"num_train_epochs": 5}),
        ("batch 8 no wait 2", {"per_device_train_batch_size": 2}),
        ("no dropout", {"lora_dropout": 0}),
        ("Lernrate halbieren", {"learning_rate": 1e-4}),
        ("学习率减半", {"learning_rate": 1e-4}),
        ("rank 8 koro", {"lora_r": 8}),
        ("pon 6 épocas", {"num_train_epochs": 6}),
        ("mets 6 époques", {"num_train_epochs": 6}),
    ],
)
def test_edits_are_resolved(text: str, wanted: dict[str, Any]) -> None:
    assert values(text) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("lr 5", "learning_rate"),
        ("epochs -1", "num_train_epochs"),
        ("batch size 0", "per_device_train_batch_size"),
        ("50000 epochs", "num_train_epochs"),
    ],
)
def test_absurd_values_are_set_apart(text: str, field: str) -> None:
    found = edits.read(Scan(read(text).order), PLAN)
    assert field in found.absurd and not found.values


def test_a_direction_is_no_value() -> None:
    found = edits.read(Scan("smaller batch"), PLAN)
    assert found.directions == {"per_device_train_batch_size"} and not found.values
