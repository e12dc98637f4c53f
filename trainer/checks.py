"""Every fault of a plan at once, before anything costly. A blocker stops the start."""

from __future__ import annotations

from collections.abc import Sequence

from trainer.base_models import ABSENT
from trainer.data.proof import Proof
from trainer.estimates import Estimates
from trainer.facts import DataFinding, Facts, Severity
from trainer.plan import Plan
from trainer.recipes.rates import rate_for


def findings(
    plan: Plan, facts: Facts, estimates: Estimates, proof: Proof | None, leaks: Sequence[DataFinding] = ()
) -> list[DataFinding]:
    """Blockers first, then warnings, then notes. `leaks` are test rows that resemble training rows."""
    found = [
        *facts.data.findings,
        *leaks,
        *_model(plan, facts),
        *_device(plan, facts),
        *_room(estimates, facts, plan),
        *_values(plan, facts),
        *_budget(plan, estimates),
        *(_proof(proof) if proof else []),
    ]
    order = {"blocker": 0, "warn": 1, "info": 2}
    return sorted(found, key=lambda f: order[f.severity])


def _finding(rule: str, severity: Severity, advice: str, count: int = 1) -> DataFinding:
    return DataFinding(rule=rule, severity=severity, count=count, advice=advice)


def _model(plan: Plan, facts: Facts) -> list[DataFinding]:
    model, found = facts.model, []
    if model.fingerprint == ABSENT:
        found.append(
            _finding(
                "weights_absent",
                "warn",
                f"The weights of {model.id} are not on this machine: they are fetched from the hub "
                "when you approve, or the start fails. Lengths are estimated with another tokenizer.",
            )
        )
    if plan.budget.commercial_use and model.commercial != "yes":
        found.append(
            _finding(
                "licence",
                "blocker",
                f"You need commercial use; {model.id} is under {model.licence} "
                f"(commercial: {model.commercial}). Choose a model whose licence allows it.",
            )
        )
    elif model.licence == "unknown":
        found.append(
            _finding(
                "licence_unknown",
                "info",
                f"I don't know the licence of {model.id}; read it before you publish the result.",
            )
        )
    if plan.schedule.max_length > model.context:
        found.append(
            _finding(
                "beyond_context",
                "blocker",
                f"max_length {plan.schedule.max_length} is over the model's limit of {model.context} tokens.",
            )
        )
    if not model.chat_template and plan.method.method == "sft":
        found.append(
            _finding(
                "no_chat_template",
                "warn",
                f"{model.id} has no chat template. I use a neutral one (### User: ... ### Assistant:); "
                "the same words must be used when you ask it. Continued pretraining on plain text needs none.",
            )
        )
    return found


def _device(plan: Plan, facts: Facts) -> list[DataFinding]:
    if plan.compute.device == "cuda" and not facts.machine.gpus:
        return [
            _finding(
                "no_gpu_here",
                "blocker",
                "This machine has no GPU: the plan can be written and carried to one, but not started "
                "here. Say 'use the cpu' to plan for this machine.",
            )
        ]
    if plan.compute.device == "cpu" and plan.compute.precision == "fp16":
        return [_finding("fp16_on_cpu", "blocker", "fp16 training needs a GPU. Say 'use bf16' or 'use fp32' here.")]
    if plan.compute.device == "mps":
        return [
            _finding(
                "no_mps_here",
                "blocker",
                "Apple's GPU is planned for but was not tried; say 'use the cpu' to run on the processor.",
            )
        ]
    return []


def _room(estimates: Estimates, facts: Facts, plan: Plan) -> list[DataFinding]:
    found = []
    need, disk = estimates.memory.low or 0, estimates.disk.high or 0
    have = facts.machine.memory_gb
    if plan.compute.device == "cuda":
        have = plan.budget.max_gpu_gb or (facts.machine.gpus[0].memory_gb if facts.machine.gpus else 0)
    if have and need > have:
        found.append(
            _finding(
                "memory",
                "blocker",
                f"It needs {need:.1f} GB at least and there are {have:g}. Choose a smaller base model, "
                "lora, a smaller per_device_train_batch_size, or a shorter max_length.",
            )
        )
    if disk > facts.machine.free_disk_gb:
        found.append(
            _finding(
                "disk",
                "blocker",
                f"It needs {disk:.1f} GB of disk and {facts.machine.free_disk_gb:g} GB are free. "
                "Free some space, or set TUNESMITH_HOME to another disk.",
            )
        )
    return found


def _values(plan: Plan, facts: Facts) -> list[DataFinding]:
    usual, reason = rate_for(plan.method.method, plan.adapter.tuning, facts.model.params)
    rate = plan.optimisation.learning_rate
    if usual / 10 <= rate <= usual * 5:
        return []
    side = "above" if rate > usual else "below"
    return [
        _finding(
            "learning_rate_unusual",
            "warn",
            f"learning_rate {rate:g} is far {side} the usual {usual:g} ({reason.source}): expect "
            + ("spikes or divergence." if side == "above" else "hardly any learning."),
        )
    ]


def _budget(plan: Plan, estimates: Estimates) -> list[DataFinding]:
    hours, high = plan.budget.max_hours, estimates.time.high
    found = []
    found += _money(plan.budget.budget_usd, estimates)
    if hours is None:
        return found
    if high is None:
        return [
            _finding(
                "time_unknown",
                "warn",
                f"Whether it ends in {hours:g} h is unknown: {estimates.time.why}.",
            )
        ]
    if high > hours * 60 * 1.05:
        return [
            _finding(
                "over_time",
                "warn",
                f"You gave {hours * 60:.0f} minutes; it may take {high:.0f}. It is stopped at the limit, "
                "with the best checkpoint kept.",
            )
        ]
    return []


def _money(given: float | None, estimates: Estimates) -> list[DataFinding]:
    """The money that was given against what it may cost."""
    cost = estimates.cost
    if given is None:
        return []
    if cost.low is None or cost.high is None:
        return [_finding("cost_unknown", "warn", f"Whether it stays under {given:g} USD is unknown: {cost.why}.")]
    if cost.high <= given:
        return []
    words = f"You gave {given:g} USD; it may cost {cost.low:g} to {cost.high:g} ({cost.why})."
    sure = cost.low > given
    return [_finding("over_budget", "blocker" if sure else "warn", words)]


def _proof(proof: Proof) -> list[DataFinding]:
    found = []
    for rows, what in ((proof.holdout_rows, "to test the result on"), (proof.val_rows, "to watch the loss on")):
        if rows == 0:
            found.append(
                _finding("no_rows_left", "blocker", f"No row would be left {what}: the rows are too few or too alike.")
            )
    if proof.trained_share == 0:
        found.append(
            _finding(
                "nothing_trained",
                "blocker",
                "Not one token would be trained on: this plan learns nothing. Check the roles and max_length.",
            )
        )
    if proof.rows_without_trained:
        found.append(
            _finding(
                "rows_without_answer",
                "warn",
                f"{proof.rows_without_trained} of {proof.rows} rows lose their whole answer at this "
                "max_length and teach nothing.",
                proof.rows_without_trained,
            )
        )
    elif proof.rows_cut:
        found.append(
            _finding(
                "rows_cut",
                "info",
                f"{proof.rows_cut} of {proof.rows} rows are longer than max_length and are cut at the end.",
                proof.rows_cut,
            )
        )
    if not proof.eos_trained:
        found.append(
            _finding(
                "eos_not_trained",
                "warn",
                "The end token is not among the trained tokens: the model may not learn to stop.",
            )
        )
    return found
