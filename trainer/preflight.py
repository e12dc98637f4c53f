"""What each method and adapter asks of the rows, before a run: what would fail, teach nothing or surprise."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from trainer.backends import arguments, upload
from trainer.data.convert import Example
from trainer.data.split import Split
from trainer.data.tokenizer import ChatTokenizer
from trainer.facts import DataFinding, Facts, Severity
from trainer.plan import Freeze, Full, Grpo, Kto, Lora, Plan, Rloo
from trainer.rewards.custom import shown
from trainer.rewards.preflight import preflight as of_rewards

LOPSIDED = 4.0
"""Good answers to bad ones, or the other way round, from which the rarer kind should weigh more (arXiv 2402.01306)."""


def method_findings(plan: Plan, parts: Split, tokenizer: ChatTokenizer, facts: Facts) -> list[DataFinding]:
    """Everything that is not about the file or the numbers alone."""
    return [
        *_marked(plan, parts.train),
        *_rewards(plan, parts.train),
        *_new_tokens(plan, parts.train, tokenizer),
        *_slow(plan),
        *upload.findings(plan, parts.train, parts.val),
        *arguments.findings(plan, len(facts.machine.gpus), facts.machine.cores, frozenset(facts.beside.installed)),
    ]


def _finding(rule: str, severity: Severity, advice: str, count: int = 1) -> DataFinding:
    return DataFinding(rule=rule, severity=severity, count=count, advice=advice)


def _marked(plan: Plan, rows: Sequence[Example]) -> list[DataFinding]:
    """KTO compares good answers with bad ones: it needs both."""
    if not isinstance(plan.method, Kto):
        return []
    good = sum(e.good is True for e in rows)
    bad = len(rows) - good
    if not good or not bad:
        kind = "good" if good else "bad"
        words = f"All {len(rows):,} answers are marked {kind}: KTO learns from the difference, it needs both kinds."
        return [_finding("one_sided", "blocker", words, len(rows))]
    if max(good, bad) / min(good, bad) < LOPSIDED or plan.method.desirable_weight != plan.method.undesirable_weight:
        return []
    name, value = ("undesirable_weight", good / bad) if good > bad else ("desirable_weight", bad / good)
    words = (
        f"{good:,} good answers and {bad:,} bad ones: with {name} {value:.2g} the rarer kind would count as much "
        "(the paper keeps the weighted kinds within a third of each other)."
    )
    return [_finding("lopsided", "warn", words, min(good, bad))]


def _rewards(plan: Plan, rows: Sequence[Example]) -> list[DataFinding]:
    """What the rewards say of the rows' own answers, whose code runs, and who is asked."""
    if not isinstance(plan.method, Grpo | Rloo):
        return []
    tried = [(e.prompt, e.answer, {**dict(e.columns), "row": e.row}) for e in rows]
    found = of_rewards(plan.method.rewards, tried)
    for reward in plan.method.rewards:
        if reward.kind == "custom":
            words = f"This file of yours would run on this machine ({Path(reward.file or '').name}):\n{shown(reward)}"
            found.append(_finding("own_reward_file", "warn", words))
        if reward.kind == "judge":
            words = (
                f"Prompts and written answers are sent to {reward.judge_model}; what it costs is counted, not foretold."
            )
            found.append(_finding("rows_leave", "warn", words))
        if reward.kind == "unit_tests":
            words = "Code that the model writes is run here to test it, shut in as docs/rewards.md tells."
            found.append(_finding("runs_code", "warn", words))
    return found


def _new_tokens(plan: Plan, rows: Sequence[Example], tokenizer: ChatTokenizer) -> list[DataFinding]:
    """Tokens whose embeddings would not learn, that exist already, or that no row has."""
    words = plan.data.new_tokens
    if not words:
        return []
    found = []
    learns = isinstance(plan.adapter, Full | Lora) or (
        isinstance(plan.adapter, Freeze) and plan.adapter.train_embeddings
    )
    if not learns:
        advice = f"With {plan.adapter.tuning} the new tokens' embeddings would stay untrained. Use lora or full."
        found.append(_finding("new_tokens_untrained", "blocker", advice, len(words)))
    if known := [w for w in words if tokenizer.id_of(w) is not None]:
        found.append(_finding("tokens_known", "info", f"Tokens already: {', '.join(known)}.", len(known)))
    text = "\n".join(content for e in rows for _, content in e.messages) + "\n".join(e.text for e in rows)
    if unseen := [w for w in words if w not in text]:
        advice = f"No training row has {', '.join(unseen)}: what a token means is learned from rows that use it."
        found.append(_finding("tokens_unseen", "warn", advice, len(unseen)))
    return found


def _slow(plan: Plan) -> list[DataFinding]:
    """Frozen weights in few bits save memory; on a processor they are slow to unpack."""
    held = isinstance(plan.adapter, Lora) and plan.adapter.quantization != "none"
    if not held or plan.compute.device != "cpu":
        return []
    words = "Weights in 4 or 8 bits save memory and cost time on a processor: steps were 5 to 20 times slower here."
    return [_finding("quantized_on_cpu", "warn", words)]
