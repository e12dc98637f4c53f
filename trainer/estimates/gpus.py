"""Which GPU is meant, how fast it is at its peak, and what an hour of it costs: tables with sources."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from trainer.facts import Machine
from trainer.plan import Plan

HERE = Path(__file__).parent
MAKERS = {"nvidia", "geforce", "tesla", "quadro", "amd", "instinct", "gpu"}
FORMS = {"sxm", "pcie", "nvl"}
NEAR = 0.12
"""Memory may differ by this share: makers count in GB and GiB."""


@cache
def table() -> tuple[dict[str, Any], ...]:
    """Accelerators: memory in GB, dense TFLOPS, bandwidth in GB/s, each row with its sources."""
    return tuple(json.loads(line) for line in (HERE / "gpus.jsonl").read_text("utf-8").splitlines())


@cache
def prices() -> tuple[dict[str, Any], ...]:
    """USD for one GPU for an hour, each row with provider, date and source."""
    return tuple(json.loads(line) for line in (HERE / "prices.jsonl").read_text("utf-8").splitlines())


def _words(name: str) -> list[str]:
    plain = re.sub(r"sxm\d", "sxm", name.lower())
    return [w for w in re.findall(r"[a-z0-9]+", plain) if w not in MAKERS]


def _family(name: str) -> tuple[str, ...]:
    """The words that name the chip: ('rtx', '4090'), ('h100',)."""
    kept = [w for w in _words(name) if w not in FORMS and not re.fullmatch(r"\d+(gb|g)|hbm\w*|generation", w)]
    return tuple(w for w in kept if w != "rtx" or len(kept) == 1)


def _form(name: str) -> str:
    return next((w for w in _words(name) if w in FORMS), "")


def memory_in(name: str) -> float | None:
    """GB that stand in a name."""
    found = re.search(r"(\d+) ?gb", name.lower())
    return float(found.group(1)) if found else None


def same(name: str, row: dict[str, Any], memory_gb: float | None) -> bool:
    """Whether a name and a size can be this row of the table."""
    if _family(name) != _family(row["name"]):
        return False
    forms = {_form(name), _form(row["name"])} - {""}
    near = memory_gb is None or abs(row["memory_gb"] / memory_gb - 1) <= NEAR
    return near and len(forms) < 2


def named_in(text: str) -> list[dict[str, Any]]:
    """Rows whose chip is named in a sentence."""
    words = set(_words(text))
    return [row for row in table() if set(_family(row["name"])) <= words]


def meant(plan: Plan, machine: Machine) -> tuple[list[dict[str, Any]], str]:
    """The table's rows for the GPU that is here, that was named, or that has the memory that was described."""
    if machine.gpus:
        gpu = machine.gpus[0]
        found = [row for row in table() if same(gpu.name, row, gpu.memory_gb)]
        return found or [row for row in table() if same(gpu.name, row, None)], f"the {gpu.name} here"
    if found := named_in(plan.goal):
        wanted = plan.budget.max_gpu_gb
        fitting = [r for r in found if wanted is None or abs(r["memory_gb"] / wanted - 1) <= NEAR] or found
        return fitting, f"the {fitting[0]['name']} you named"
    wanted = plan.budget.max_gpu_gb
    if wanted is None:
        return [], ""
    near = [row for row in table() if abs(row["memory_gb"] / wanted - 1) <= NEAR]
    return near, f"GPUs with about {wanted:g} GB ({', '.join(row['name'] for row in near)})"


def offers(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Prices of any of these GPUs."""
    return [p for p in prices() if any(same(p["gpu"], row, memory_in(p["gpu"])) for row in rows)]


def teraflops(row: dict[str, Any], precision: str) -> float | None:
    """Dense peak at a precision; fp32 on tensor cores (TF32) is half of it."""
    best = row["bf16_tflops"] if precision != "fp16" else row["fp16_tflops"]
    best = best or row["fp16_tflops"]
    return None if best is None else float(best) * (0.5 if precision == "fp32" else 1.0)
