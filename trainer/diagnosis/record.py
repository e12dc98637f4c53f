"""A run's own record as a history: its logged rows, and all that the rules may know of its plan, rows and model."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from trainer import base_models
from trainer.data.stored import examples_in
from trainer.diagnosis.history import History
from trainer.errors import UserFacingError
from trainer.plan import Plan
from trainer.recipes.rates import rate_for
from trainer.runs import Run

COMPARED_BYTES = 100_000_000
"""Training rows up to this size are compared with the watched ones; the data doctor has looked at larger files."""


def record_of(run: Run) -> History:
    """The run's logged history with what the rules may know of it."""
    return History.from_log(run.history(), facts_of(run), run_facts(run))


def facts_of(run: Run) -> dict[str, Any]:
    """What the plan says, what the proof before the run counted, and what the run noted of itself."""
    proposal = run.proposal()
    plan, proof = run.effective_plan(), proposal.preflight
    rows = max(1, proof.train_rows)
    known = {
        "effective_batch_size": plan.effective_batch_size,
        "dataset_rows": rows,
        "max_steps": run.status().get("max_steps") or proposal.estimates.steps,
        "steps_per_epoch": -(-rows // plan.effective_batch_size),
        "dtype": plan.compute.precision,
        "truncated_fraction": proof.rows_cut / max(1, proof.rows),
        "labels_unmasked_fraction": proof.trained_share,
        "shuffle": plan.schedule.train_sampling_strategy != "sequential",
        "group_by_length": plan.schedule.train_sampling_strategy == "group_by_length",
        "new_tokens_added": len(plan.data.new_tokens),
    }
    return plan.leaves() | known | _model(plan) | _noted(run) | _leaked(run)


def _model(plan: Plan) -> dict[str, Any]:
    """Size and vocabulary of the base model, where it is known here, and the recipe's rate for it."""
    try:
        model = base_models.resolve(plan.base_model)
    except UserFacingError:
        return {}
    rate, _ = rate_for(plan.method.method, plan.adapter.tuning, model.params)
    return {"params_b": model.params / 1e9, "vocab_size": model.vocab, "usual_learning_rate": rate}


def _noted(run: Run) -> dict[str, Any]:
    """What the run wrote down as it began: weights that move, where it went on, what its checkpoint lacked."""
    known: dict[str, Any] = {}
    for event in run.events():
        if event["kind"] == "weights":
            known["trainable_params_pct"] = 100 * event["trainable"] / max(1, event["all"])
            if event.get("adapted"):
                known["adapted_fraction"] = event["adapted"] / max(1, event["linears"])
        if event["kind"] == "resumed" and event.get("step"):
            known["resumed_from_step"] = event["step"]
            if "files" in event:
                known["resume_checkpoint_files"] = event["files"]
                known["optimizer_missing"] = not any("optimizer" in name for name in event["files"])
    return known


def _leaked(run: Run) -> dict[str, Any]:
    """Share of the watched rows that were trained on, word for word."""
    share = _leaked_share(run.folder / "data" / "train.jsonl", run.folder / "data" / "val.jsonl")
    return {} if share is None else {"leaked_fraction": share}


@lru_cache(maxsize=32)
def _leaked_share(train: Path, watched: Path) -> float | None:
    if not train.is_file() or not watched.is_file() or train.stat().st_size > COMPARED_BYTES:
        return None
    known = {_plain(row) for row in examples_in(train)}
    rows = examples_in(watched)
    return sum(_plain(row) in known for row in rows) / len(rows) if rows else None


def _plain(row: Any) -> str:
    return " ".join(" ".join([*(content for _, content in row.messages), row.text]).lower().split())


def run_facts(run: Run) -> dict[str, Any]:
    """How it stands."""
    state = run.status()
    return {"status": state.get("status"), "last_step": state.get("step", 0), "reason": state.get("reason")}
