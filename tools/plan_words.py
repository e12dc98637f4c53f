"""A plan in a few lines: what is learned and how, what it takes, what changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tools.wording import ENGLISH, Voice
from tools.words import in_english, number, span
from trainer.data.doctor.words import table as rules
from trainer.facts import DataFinding
from trainer.fields import diff
from trainer.plan import Plan
from trainer.plan.methods import Distillation, Grpo, Rloo
from trainer.proposal import Proposal


def plan_words(proposal: Proposal, voice: Voice = ENGLISH) -> str:
    """The plan in a few lines; the card shows the rest."""
    lines = [_plan_line(proposal, voice), *_how(proposal.plan, voice), _needs(proposal, voice)]
    odd = [_first_line(f) for f in proposal.findings if f.severity != "info" and _new(f)]
    lines += in_english(odd, voice)
    lines.append(voice.say("blocked" if proposal.blockers else "waiting"))
    return "\n".join(lines)


def _new(finding: DataFinding) -> bool:
    """Whether it is about the plan: what is about the data was told with them."""
    return finding.rule not in rules() or finding.rule == "split_leak"


def _first_line(finding: DataFinding) -> str:
    """Its sentence; a program that it holds stands on the card."""
    return f"- {finding.advice.partition(chr(10))[0]}"


def _needs(proposal: Proposal, voice: Voice) -> str:
    """Time, memory and cost; the share that is trained on where the rows themselves are learned."""
    proof, needs = proposal.preflight, proposal.estimates
    return voice.say(
        "needs_written" if proof.own_answers else "needs",
        time=span(needs.time, voice),
        memory=span(needs.memory, voice),
        cost=span(needs.cost, voice),
        share=f"{100 * proof.trained_share:.0f}",
        cut=proof.whole(proof.rows_cut),
    )


def _plan_line(proposal: Proposal, voice: Voice) -> str:
    plan, proof, adapter = proposal.plan, proposal.preflight, proposal.plan.adapter
    rank = getattr(adapter, "lora_r", None)
    how = voice.say(
        f"how.{adapter.tuning}",
        layers=getattr(adapter, "freeze_trainable_layers", ""),
        tokens=getattr(adapter, "num_virtual_tokens", ""),
        bits=getattr(adapter, "quantization", ""),
    )
    return voice.say(
        "plan",
        model=plan.base_model,
        how=how,
        rows=f"{proof.train_rows:,}",
        held=f"{proof.holdout_rows:,}",
        method=_tersely(plan),
        tuning=adapter.tuning,
        rank=f" r={rank}" if rank else "",
        rate=f"{plan.optimisation.learning_rate:g}",
        epochs=number(plan.schedule.num_train_epochs),
        batch=plan.effective_batch_size,
        length=plan.schedule.max_length,
    )


def _tersely(plan: Plan) -> str:
    """'dpo ipo beta=0.1': the method with what shapes its loss."""
    leaves = plan.method.model_dump()
    named = [plan.method.method, leaves.get("loss_type")]
    named += [f"beta={leaves['beta']:g}"] if "beta" in leaves else []
    return " ".join(dict.fromkeys(str(n) for n in named if n))


def _how(plan: Plan, voice: Voice) -> list[str]:
    """What is learned from the rows, and what is out of the ordinary about where and from what."""
    data, method = plan.data, plan.method
    lines = [
        voice.say(
            f"learns.{method.method}",
            group=getattr(method, "num_generations", ""),
            rewards=_rewards(plan, voice),
            variant="SimPO" if getattr(method, "loss_type", "") == "simpo" else "CPO",
            teacher=method.teacher_model if isinstance(method, Distillation) else "",
        )
    ]
    if data.retention_path:
        lines.append(voice.say("keeps", share=f"{100 * data.retention_share:.0f}"))
    if data.new_tokens:
        lines.append(voice.say("tokens", tokens=", ".join(data.new_tokens)))
    if any(r["kind"] == "custom" for r in rewards_of(plan)):
        lines.append(voice.say("own_file"))
    return lines + _where(plan, voice)


def _where(plan: Plan, voice: Voice) -> list[str]:
    """Said where it is not one process of this machine."""
    compute = plan.compute
    if compute.backend == "local" and compute.num_processes == 1:
        return []
    address = compute.address or (voice.say("here") if compute.backend == "ray" else voice.say("unknown"))
    return [voice.say(f"where.{compute.backend}", count=compute.num_processes, address=address)]


def rewards_of(plan: Plan) -> list[dict[str, Any]]:
    """The plan's rewards as plain data; [] where no answers are scored."""
    return [r.model_dump() for r in plan.method.rewards] if isinstance(plan.method, Grpo | Rloo) else []


def _rewards(plan: Plan, voice: Voice) -> str:
    return _reward_words(rewards_of(plan), voice)


def _reward_words(rewards: list[dict[str, Any]], voice: Voice) -> str:
    """'the right answer, the length (at most 200)'."""
    return ", ".join(_reward(r, voice) for r in rewards)


def _reward(reward: dict[str, Any], voice: Voice) -> str:
    name = voice.say(f"rewards.{reward['kind']}", judge=reward.get("judge_model") or "")
    low, high = reward.get("min_length"), reward.get("max_length")
    sized = f" ({low or 0} … {'' if high is None else high})" if low is not None or high is not None else ""
    weight = reward.get("weight", 1.0)
    shown = {"regex": reward.get("pattern"), "custom": reward.get("file") and Path(str(reward["file"])).name}
    detail = shown.get(reward["kind"])
    return f"{name}{f' {detail}' if detail else ''}{sized}{f' x {weight:g}' if weight != 1 else ''}"


def diff_words(old: Proposal, new: Proposal, voice: Voice = ENGLISH) -> str:
    """What changed, old -> new, and what it does to time and memory."""
    changed = {n: v for n, v in diff(old.plan, new.plan).items() if n not in _UNTOLD}
    if not changed:
        return voice.say("unchanged")
    parts = [f"{n} {_value(n, a, voice)} → {_value(n, b, voice)}{_by(new, n, voice)}" for n, (a, b) in changed.items()]
    lines = [voice.say("changed", parts=", ".join(parts))]
    if "method" in changed or "rewards" in changed or "backend" in changed:
        lines += _how(new.plan, voice)
    for label, a, b in (
        ("time", old.estimates.time, new.estimates.time),
        ("memory", old.estimates.memory, new.estimates.memory),
    ):
        if (a.low, a.high) != (b.low, b.high):
            lines.append(f"{voice.say(label)}: {span(a, voice)} → {span(b, voice)}.")
    lines += in_english([_first_line(f) for f in new.findings if f not in old.findings], voice)
    lines.append(voice.say("blocked_change" if new.blockers else "approve_this"))
    return "\n".join(lines)


_UNTOLD = {"goal", "roles", "fingerprint", "retention_fingerprint", "teacher_fingerprint", "model_fingerprint"}
"""Leaves that no person compares."""


def _value(name: str, value: Any, voice: Voice) -> str:
    """A leaf's value as it is told; what a plan does not have is a dash."""
    if value is None:
        return "-"
    if name == "rewards":
        return _reward_words(value, voice)
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "-"
    return Path(value).name if name in ("dataset_path", "retention_path") else number(value)


def _by(proposal: Proposal, name: str, voice: Voice) -> str:
    reason = proposal.reasons.get(name)
    return f" ({voice.say('you') if reason.origin == 'user' else reason.why})" if reason else ""
