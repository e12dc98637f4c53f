"""The single decisions of a plan: method, adapter, device, precision, batches, metric."""

from __future__ import annotations

from trainer.errors import UserFacingError
from trainer.facts import DataProfile, Machine, ModelFacts
from trainer.paths import BUILTIN_MODEL_ID
from trainer.reasons import Ledger, Reason
from trainer.recipes.amounts import TINY
from trainer.wishes import Wishes

TOKENS_A_STEP = 8192
"""Tokens laid end to end in one forward pass; more only costs memory."""
_LATER_METHODS = {"dpo", "orpo", "kto", "grpo", "reward_modeling"}
_LATER_TUNINGS = {"qlora", "dora"}


def refuse_unknown(wishes: Wishes, data: DataProfile) -> None:
    """Honest answers for what can't be trained yet, or not from these rows."""
    if wishes.method in _LATER_METHODS:
        raise UserFacingError(
            f"the method {wishes.method} is not built yet",
            "",
            "I can train with sft (question and answer) or cpt (plain text).",
        )
    if wishes.tuning in _LATER_TUNINGS or wishes.quantization in ("4bit", "8bit"):
        raise UserFacingError(
            f"{wishes.tuning or wishes.quantization} is not built yet",
            "",
            "I can train lora or full; lora on a smaller base model needs little memory.",
        )
    if data.format in ("preference", "kto"):
        raise UserFacingError(_preference_words(data), data.path, _preference_fix(data))
    if data.format == "unclear" or (data.question and not _column_said(wishes)):
        raise UserFacingError(
            data.question or "I can't tell question from answer",
            data.path,
            "Say for instance: question -> prompt, reply -> answer.",
        )


def _column_said(wishes: Wishes) -> bool:
    return any((wishes.label_column, wishes.completion_column, wishes.messages_column))


def _preference_words(data: DataProfile) -> str:
    if data.format == "kto":
        return f"these {data.rows:,} rows are answers marked good or bad (KTO data)"
    return f"these {data.rows:,} rows are pairs of a preferred and a rejected answer (preference data)"


def _preference_fix(data: DataProfile) -> str:
    method = "KTO" if data.format == "kto" else "DPO"
    return (
        f"They are made for {method}, which I can't train yet. Plain question-and-answer rows, "
        "for instance the good answers alone, I can train with SFT."
    )


def method(ledger: Ledger, data: DataProfile) -> str:
    """sft for answers, cpt for plain text."""
    if data.format == "text":
        if ledger.said.get("method") == "sft":
            raise UserFacingError(
                "sft needs questions and answers, this file holds plain text",
                data.path,
                "Leave the method open: I go on pretraining on plain text (cpt).",
            )
        return str(
            ledger.choose(
                "method",
                "cpt",
                Reason(
                    origin="data",
                    why="plain text: the model goes on reading (continued pretraining)",
                ),
            )
        )
    if ledger.said.get("method") == "cpt":
        raise UserFacingError(
            "cpt reads plain text, these rows are questions and answers",
            data.path,
            "Use sft, or give a text file.",
        )
    return str(
        ledger.choose(
            "method",
            "sft",
            Reason(origin="data", why="rows show what to answer: learn from the examples"),
        )
    )


def task(ledger: Ledger, data: DataProfile) -> str:
    """What is learned, from the goal or else from the rows."""
    by_format = {
        "text_label": "text_classification",
        "text": "domain_adaptation",
        "messages": "chat_assistant",
        "sharegpt": "chat_assistant",
        "alpaca": "instruction_following",
        "prompt_completion": "question_answering",
    }
    guess = by_format[data.format]
    if data.format == "text_label" and not data.label_counts:
        guess = "information_extraction"
    if "tools" in data.roles:
        guess = "tool_calling"
    return str(
        ledger.choose(
            "task",
            guess,
            Reason(origin="data", why=f"what rows of the form {data.format} usually teach"),
        )
    )


def base_model(ledger: Ledger, model: ModelFacts) -> str:
    """The named model, else the built-in one."""
    why = "built in: works without a network; small, so name a larger one for real use"
    if ledger.said.get("base_model") is None:
        return str(ledger.note("base_model", BUILTIN_MODEL_ID, Reason(origin="default", why=why)))
    return str(ledger.note("base_model", model.id, Reason(origin="user", why="you said so")))


def tuning(ledger: Ledger, model: ModelFacts, machine: Machine) -> str:
    """Train tiny models whole, larger ones through LoRA; whoever names a LoRA value means LoRA."""
    named = [n for n in ("lora_r", "lora_alpha", "lora_dropout", "target_modules") if ledger.said.get(n) is not None]
    if named and ledger.said.get("tuning") is None:
        return str(ledger.note("tuning", "lora", Reason(origin="user", why=f"you named {named[0]}")))
    if model.params < TINY:
        why = f"{model.params / 1e6:.1f} M parameters fit many times over: training all learns more than an adapter"
        return str(ledger.choose("tuning", "full", Reason(origin="hardware", why=why)))
    why = "an adapter needs a fraction of the memory, forgets less, and often learns as much"
    return str(
        ledger.choose(
            "tuning",
            "lora",
            Reason(origin="recipe", why=why, source="LoRA Without Regret; arXiv 2405.09673"),
        )
    )


def device(ledger: Ledger, machine: Machine) -> str:
    """A GPU when there is one or one was described, else the CPU."""
    if ledger.said.get("device") is None and (ledger.said.get("max_gpu_gb") or ledger.said.get("num_gpus")):
        return str(ledger.note("device", "cuda", Reason(origin="user", why="you described a GPU")))
    if machine.gpus:
        return str(
            ledger.choose(
                "device",
                "cuda",
                Reason(
                    origin="hardware",
                    why=f"{machine.gpus[0].name}, {machine.gpus[0].memory_gb:g} GB",
                ),
            )
        )
    return str(ledger.choose("device", "cpu", Reason(origin="hardware", why="no GPU was found here")))


def precision(ledger: Ledger, device: str, machine: Machine) -> tuple[str, Reason]:
    """What the hardware is fast at, measured where it can be."""
    for name in ("bf16", "fp16"):
        if ledger.said.get(name):
            return name, Reason(origin="user", why="you said so")
    if device == "cuda":
        modern = not machine.gpus or machine.gpus[0].bf16
        why = "native on this kind of GPU" if modern else "this GPU has no native bf16"
        return ("bf16" if modern else "fp32"), Reason(origin="hardware", why=why)
    if ledger.said.get("bf16") is not False and machine.bf16_faster:
        return "bf16", Reason(origin="hardware", why="timed steps were faster in bf16 on this processor")
    why = "timed steps were not clearly faster in bf16" if machine.bf16_faster is False else "safe everywhere"
    return "fp32", Reason(origin="hardware", why=why)


def batches(ledger: Ledger, batch: int, why: Reason, length: int) -> tuple[int, int]:
    """Micro-batch and accumulation whose product is the effective batch."""
    said = ledger.said
    per, steps = said.get("per_device_train_batch_size"), said.get("gradient_accumulation_steps")
    effective = said.get("effective_batch_size") or (batch if not (per and steps) else per * steps)
    origin = (
        Reason(origin="user", why="from the effective batch you named") if said.get("effective_batch_size") else why
    )
    if per is None:
        per = max(1, (effective // steps) if steps else min(effective, TOKENS_A_STEP // length or 1))
        while effective % per and not steps:
            per -= 1
    if steps is None:
        steps = max(1, effective // per) if said.get("effective_batch_size") or per < effective else 1
    if said.get("effective_batch_size") and per * steps != effective:
        raise UserFacingError(
            f"a batch of {effective} can't be made of {per} rows x {steps} passes",
            "",
            "Choose numbers that divide each other.",
        )
    fits = Reason(origin=origin.origin, why=f"{origin.why}; what one pass holds", source=origin.source)
    ledger.choose("per_device_train_batch_size", per, fits)
    ledger.choose(
        "gradient_accumulation_steps",
        steps,
        Reason(origin="hardware", why=f"{per} rows x {steps} = {per * steps} rows a step"),
    )
    return per, steps


def windows(data: DataProfile, length: int) -> int:
    """About how many windows of `length` tokens plain text makes."""
    if data.lengths is None:
        return data.rows
    return max(1, round(data.lengths.mean * data.rows / length))


def metric(task: str, method: str) -> tuple[str, Reason]:
    """The number the result is judged by, and what it can't see."""
    if method == "cpt":
        return "perplexity", Reason(origin="recipe", why="how surprised it is by unseen text; says nothing about facts")
    if task == "text_classification":
        return "accuracy", Reason(origin="recipe", why="share of labels right; macro-F1 beside it for rare ones")
    return "chrf", Reason(
        origin="recipe",
        why="overlap with your own answers letter by letter; can't see whether they are true",
        source="chrF (Popovic 2015), sacrebleu",
    )
