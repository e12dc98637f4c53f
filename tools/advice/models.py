"""Which base model: what fits the memory or the time, may be used, and suits the amount of data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tools.advice.view import View
from trainer.base_models import resolve, table
from trainer.estimates import TRAINER_SHARE

LORA_GB_A_BILLION = 2.4
"""16-bit weights, adapter, states, activations: the middle of axolotl's 16 to 24 GB for 7 to 8 B, less the process."""
QLORA_GB_A_BILLION = 1.3
"""4-bit weights, adapter and activations: the middle of axolotl's 10 to 14 GB for 7 to 8 B, less the process."""
PROCESS_GB = 2.0
FEW_ROWS = 1000
PATIENCE_HOURS = 8.0
"""A night: what a person may wait for on a processor."""
FLOPS = 4.6
"""A parameter and token, with frozen weights (2 forward, 2 to the activations, recomputing aside)."""
EPOCHS = 3


@dataclass(frozen=True)
class Choice:
    """A model and how it fits."""

    row: dict[str, Any]
    how: str


def allowed(row: dict[str, Any], view: View) -> bool:
    """Whether a model may be advised: text, and commercial use where that is asked for."""
    plan = view.proposal.plan if view.proposal else None
    commercial = (plan and plan.budget.commercial_use) or "commercial" in view.question
    if commercial and row.get("commercial") != "yes":
        return False
    wanted = ("base", "instruct") if view.rows >= FEW_ROWS else ("instruct",)
    return row.get("kind") in wanted


def fitting(view: View, memory_gb: float) -> list[Choice]:
    """Models that fit into the memory, the largest first; with QLoRA where LoRA is too much."""
    out = []
    for row in sorted(filter(lambda r: allowed(r, view), table()), key=lambda r: -r["params_b"]):
        if row["params_b"] * LORA_GB_A_BILLION + PROCESS_GB <= memory_gb:
            out.append(Choice(row, "LoRA"))
        elif row["params_b"] * QLORA_GB_A_BILLION + PROCESS_GB <= memory_gb:
            out.append(Choice(row, "QLoRA"))
    return out


def hours_here(view: View, params_b: float) -> float | None:
    """Hours for the person's rows on this processor, three epochs; None where its speed or the rows are not known."""
    speed = max(view.machine.train_gflops.values(), default=0.0) * sum(TRAINER_SHARE) / 2
    lengths = view.profile.lengths if view.profile else None
    if not speed or lengths is None:
        return None
    return FLOPS * params_b * view.rows * lengths.mean * EPOCHS / speed / 3600


def affordable(view: View) -> Choice | None:
    """The largest model that this processor can train in a night."""
    rows = sorted((r for r in table() if allowed(r, view)), key=lambda r: -r["params_b"])
    for row in rows:
        hours = hours_here(view, row["params_b"])
        memory = row["params_b"] * 4.8 + PROCESS_GB
        if hours is not None and hours <= PATIENCE_HOURS and memory <= view.machine.memory_gb:
            return Choice(row, f"{max(hours, 0.1):.1f} h")
    return None


def builtin_millions() -> float:
    """Parameters of the built-in model, in millions."""
    return resolve(None).params / 1e6


def gated(row: dict[str, Any]) -> str:
    """', gated' where one must ask for access, with a doubt where that was not read."""
    doubt = " (not verified)" if "gated" in row.get("unverified", []) else ""
    return f", access must be asked for{doubt}" if row.get("gated") else ""
