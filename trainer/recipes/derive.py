"""Wishes and facts -> a plan with a reason for every value. Pure: same facts, same plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from trainer.facts import Facts
from trainer.fields import validated
from trainer.plan import Budget, Plan
from trainer.reasons import Ledger, Reason
from trainer.recipes import adapter, compute, data, domains, evaluation, many, method, optimisation, rows, schedule
from trainer.recipes.draft import Draft, Rung
from trainer.recipes.fitting import roomier, steps_of, within_time, worth_compiling
from trainer.recipes.settings import Case
from trainer.recipes.task import base_model, task
from trainer.wishes import Wishes

Made = tuple[Plan, dict[str, Reason]]


def derive(wishes: Wishes, facts: Facts) -> Made:
    """The plan for a goal; raises UserFacingError for what can't be trained, with what to do instead.

    The first plan that fits into memory counts; the later rungs save it, each for a price.
    """
    need = ""
    for way in _rungs(wishes, facts):
        rung = replace(way, need=need)
        plan, reasons = _built(wishes, facts, rung)
        too_much = roomier(plan, facts)
        if not too_much:
            break
        need = need or too_much
    if not too_much and worth_compiling(plan, facts):
        plan, reasons = _built(wishes, facts, replace(rung, compile=True))
    return within_time(plan, reasons, wishes, facts)


def _rungs(wishes: Wishes, facts: Facts) -> Iterator[Rung]:
    """Ways to save memory, the cheapest first."""
    small = 2048
    if wishes.priority != "memory":
        yield Rung()
        yield Rung(tokens_a_pass=small)
    yield Rung(tokens_a_pass=small, checkpointing=True)
    on_gpu = compute.device(Ledger(wishes.said()), facts.machine) == "cuda"
    if not on_gpu:
        return
    if (wishes.num_gpus or wishes.num_processes or len(facts.machine.gpus)) > 1:
        yield Rung(tokens_a_pass=small, checkpointing=True, shard=True)
    if wishes.tuning is None:
        yield Rung(tokens_a_pass=small, quantize=True)
        yield Rung(tokens_a_pass=small, checkpointing=True, quantize=True)


def _built(wishes: Wishes, facts: Facts, rung: Rung) -> Made:
    """One plan, however much memory it takes."""
    draft, device = _draft(wishes, facts, rung)
    ledger, what = draft.ledger, task(draft, domains.task_of(wishes))
    why = Reason(origin="user" if wishes.goal else "default", why="your words" if wishes.goal else "no goal was said")
    document: dict[str, Any] = {
        "goal": ledger.note("goal", wishes.goal or "fine-tune on this data", why),
        "task": what,
        "base_model": base_model(ledger, facts.model),
        "model_fingerprint": ledger.note(
            "model_fingerprint",
            facts.model.fingerprint,
            Reason(origin="data", why="so that a changed model is noticed"),
        ),
        "method": method.section(draft),
        "adapter": adapter.section(draft),
        "data": data.section(draft),
        "optimisation": optimisation.section(draft),
        "budget": _budget(ledger),
    }
    count = many.processes(draft, device)
    document["schedule"] = schedule.section(draft, count, schedule.length(draft))
    document["compute"] = compute.section(draft, device, document["schedule"]["per_device_train_batch_size"])
    steps = steps_of(document, facts)
    document["evaluation"] = evaluation.section(draft, what, steps)
    ledger.note("schema_version", 2, Reason(origin="default", why="the form of this plan"))
    return validated(document), ledger.reasons


def _draft(wishes: Wishes, facts: Facts, rung: Rung) -> tuple[Draft, str]:
    ledger = Ledger(wishes.said())
    name = rows.method(ledger, facts.data)
    loss = rows.loss(ledger, name)
    kind = adapter.tuning(ledger, facts.model, rung)
    count = data.rows_of(facts.usable_rows, wishes.max_samples)
    if facts.data.format == "text":
        count = schedule.windows(facts.data, wishes.max_length or min(facts.model.context, 512))
    case = Case(name, kind, loss, count, facts.model.params)
    return Draft(ledger, facts, case, rung, facts.data.format), compute.device(ledger, facts.machine)


def _budget(ledger: Ledger) -> dict[str, Any]:
    nothing = Reason(origin="default", why="nothing was said")
    return {name: ledger.choose(name, None, nothing) for name in Budget.model_fields}
