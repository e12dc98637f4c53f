"""What to say on each topic: the names of sentences in facts.yaml, with what is filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from tools.advice import models
from tools.advice.view import HERE, View
from tools.words import number, span

Said = tuple[str, dict[str, Any]]
FEW_ROWS = 30
"""Under this, examples in the prompt come first (OpenAI's guide begins at 50)."""
_METHOD_OF = {
    "preference": ("pairs of a better and a worse answer", "DPO, after SFT (or ORPO, CPO/SimPO, a reward model)"),
    "kto": ("answers marked good or bad", "KTO"),
    "text": ("plain text", "continued pretraining"),
    "classification": ("texts with labels", "SFT on short answers"),
}


def should_i(view: View) -> list[Said]:
    """Whether to fine-tune at all: facts that change, form, labels, or too few rows."""
    changing, form = view.says("changes") or view.says("knows"), view.says("form")
    if changing:
        return [("both_facts_and_form" if form else "dont_facts_change", {"what": changing})]
    if view.labels:
        return [("labels_baseline", {"rows": number(view.rows), "labels": view.labels})]
    if 0 < view.rows < FEW_ROWS:
        return [("dont_too_few", {"rows": view.rows})]
    if form or view.rows:
        have = f"You have {view.rows:,} rows for it. " if view.rows else ""
        return [("tune_form", {"have": have})]
    return [("rag_or_tune", {})]


def data_amount(view: View) -> list[Said]:
    """How many rows such a task took elsewhere, against the rows at hand."""
    amount, least, good = _amount(view)
    rows = view.rows_meant
    if not rows:
        return [("rows_none", {"amount": amount}), ("rows_curve", {})]
    verdict = (
        "too few to see a gain; a prompt with examples comes first"
        if rows < least
        else "enough to start and to see whether it helps"
        if rows < good
        else "plenty for that"
    )
    return [("rows_have", {"amount": amount, "rows": number(rows), "verdict": verdict}), ("rows_curve", {})]


def _amount(view: View) -> tuple[str, int, int]:
    """Sentence, the least rows and a good number, by what the file or the question is about."""
    if view.labels or "label" in view.question or "classif" in view.question:
        return (
            "For labels a small tuned model catches up with a prompted large one at about 100 labelled rows on "
            "average, up to 5,000 where there are two labels (arXiv 2402.12819).",
            100,
            1000,
        )
    if re.search(r"math|reason|step by step|proof", view.question):
        return (
            "For reasoning, 800 to 1,000 chosen worked solutions moved strong 32 B models (arXiv 2501.19393, "
            "2502.03387); hard problems kept gaining with more (2504.11741).",
            500,
            1000,
        )
    return (
        "For tone or format, 50 to 100 good rows show something (OpenAI's guide); 1,000 curated rows beat 52,000 "
        "noisy ones for chat (arXiv 2305.11206); narrow tasks on small models took about 10,000 generated rows "
        "(distil labs, a vendor).",
        50,
        1000,
    )


def method_choice(view: View) -> list[Said]:
    """The method the file asks for, or the map from data to method."""
    adapter: list[Said] = [("method_adapter", {})] if re.search(r"lora|full|adapter|dora|quanti", view.question) else []
    if view.profile is None:
        return [*adapter, ("method_map", {})] if adapter else [("method_map", {}), ("method_adapter", {})]
    name = "classification" if view.labels else view.profile.format
    what, method = _METHOD_OF.get(name, ("questions with answers", "SFT (supervised fine-tuning)"))
    alone = " SFT takes the good answers alone." if name in ("preference", "kto") else ""
    now = f"I can train that.{alone}"
    return [("method_data", {"format": what, "method": method, "now": now}), *adapter]


def base_model_choice(view: View) -> list[Said]:
    """The largest model that fits the memory, or that the processor manages in a night."""
    if view.memory_gb:
        return _for_memory(view, view.memory_gb)
    best = models.affordable(view)
    if best is None or view.profile is None or view.profile.lengths is None:
        return (
            [("method_adapter", {}), *_few(view)] if view.rows else [("hardware_sizes", {}), ("model_small_first", {})]
        )
    filled = {
        "builtin": f"{models.builtin_millions():.1f}",
        "best": best.row["id"],
        "params": f"{best.row['params_b']:.2g}",
        "hours": best.how,
        "rows": number(view.rows),
        "tokens": f"{view.profile.lengths.mean:.0f}",
    }
    return [("model_here", filled), *_few(view)]


def _for_memory(view: View, memory: float) -> list[Said]:
    choices = models.fitting(view, memory)
    if not choices:
        return [("hardware_sizes", {})]
    best, others = choices[0], choices[1:4]
    filled = {
        "memory": f"{memory:g} GB",
        "best": best.row["id"],
        "why": f"the largest in my table that fits with {best.how}",
        "params": f"{best.row['params_b']:.2g}",
        "context": number(best.row["context"]),
        "licence": best.row["licence"],
        "gated": models.gated(best.row),
        "others": ", ".join(f"{c.row['id']} ({c.how})" for c in others) or "none",
    }
    return [("model_fits", filled), *_few(view)]


def _few(view: View) -> list[Said]:
    return [("model_small_first", {})] if 0 < view.rows < models.FEW_ROWS else []


def base_vs_instruct(view: View) -> list[Said]:
    """By the rows at hand."""
    if not view.rows:
        verdict = "Under about 1,000 rows start from the instruct one; a base model wants more, or plain text."
    elif view.rows < models.FEW_ROWS:
        verdict = f"With your {view.rows:,} rows start from the instruct one."
    else:
        verdict = f"With your {view.rows:,} rows either works; a base model suits a format of its own or plain text."
    return [("base_vs_instruct", {"verdict": verdict})]


_HYPER = (
    ("lora_r", "hyper_rank", r"rank|\br\b|alpha"),
    ("num_train_epochs", "hyper_epochs", r"epoch|passes|rounds|轮|época"),
    ("per_device_train_batch_size", "hyper_batch", r"batch|accum"),
    ("assistant_only_loss", "hyper_mask", r"mask|prompt part|completion.only|only.{0,12}(?:answer|assistant|loss)"),
    ("warmup_ratio", "hyper_warmup", r"warm"),
    ("max_length", "hyper_length", r"length|context|token|truncat|cut"),
    ("learning_rate", "hyper_rate", r"."),
)


def hyperparameter_choice(view: View) -> list[Said]:
    """The field that is asked about: what is known, and what the plan on the table says and why."""
    name, sentence, _ = next(h for h in _HYPER if re.search(h[2], view.question or " "))
    lengths = view.profile.lengths if view.profile else None
    length = f"In your file a row has {lengths.p99} tokens at the 99th percentile." if lengths else ""
    said: list[Said] = [(sentence, {"length": length})]
    if view.proposal and name in view.proposal.reasons:
        value = view.proposal.plan.leaves().get(name)
        said.append(("hyper_plan", {"value": number(value), "why": view.proposal.reasons[name].why}))
    return said


def hardware(view: View) -> list[Said]:
    """What this machine or the named memory can do."""
    cards = ", ".join(f"{g.name} ({g.memory_gb:g} GB)" for g in view.machine.gpus)
    machine = f"{view.machine.cores} cores, {view.machine.memory_gb:g} GB of memory, {cards or 'no graphics card'}"
    memory = view.memory_gb
    fits = "Without a card only small models are practical: up to a few hundred million parameters."
    if memory and (choices := models.fitting(view, memory)):
        fits = (
            f"Into {memory:g} GB fits up to {choices[0].row['params_b']:.2g} billion parameters with {choices[0].how}."
        )
    return [("hardware_here", {"machine": machine, "fits": fits}), ("hardware_sizes", {})]


def cost(view: View) -> list[Said]:
    """The plan's own estimate, this machine, and dated prices of a rented card where one is meant."""
    said: list[Said] = []
    if view.proposal:
        needs = view.proposal.estimates
        said.append(("cost_plan", {"time": span(needs.time), "cost": span(needs.cost), "why": needs.cost.why}))
    else:
        said.append(("cost_here", {}))
    return [*said, *_rented(view)]


def _rented(view: View) -> list[Said]:
    rows = [json.loads(line) for line in (HERE / "prices.jsonl").read_text("utf-8").splitlines()]
    named = [r for r in rows if re.search(rf"\b{re.escape(r['gpu'].split()[0].lower())}\b", view.question)]
    wanted = named or (
        [r for r in rows if r["gpu"] == "L4"] if re.search(r"rent|cloud|hour|gpu", view.question) else []
    )
    if not wanted:
        return []
    cheap, dear = (f(wanted, key=lambda r: r["usd_per_gpu_hour"]) for f in (min, max))
    filled = {
        "gpu": cheap["gpu"].split()[0],
        "low": f"{cheap['usd_per_gpu_hour']:.2f}",
        "high": f"{dear['usd_per_gpu_hour']:.2f}",
        "dates": f"{cheap['provider']} {cheap['date']}, {dear['provider']} {dear['date']}",
        "sources": "; ".join(dict.fromkeys((cheap["source"], dear["source"]))),
    }
    return [("cost_rent", filled)]


def licence(view: View) -> list[Said]:
    """The named model's terms, or the general traps."""
    row = view.model
    if row is None:
        return [("licence_general", {})]
    doubtful = [f for f in ("licence", "commercial", "gated") if f in row.get("unverified", [])]
    doubt = f" Not verified at the source: {', '.join(doubtful)}." if doubtful else ""
    filled = {"model": row["id"], "licence": row["licence"], "commercial": row["commercial"] or "unknown"}
    return [("licence_model", filled | {"gated": models.gated(row), "doubt": doubt})]


def privacy(view: View) -> list[Said]:
    """Where rows go, and what a model keeps."""
    asked = re.search(r"allowed|trouble|legal|consent|may i|ok to|darf|puedo|可以吗|permission", view.question)
    return [("privacy_local", {"hosted": ""}), *([("privacy_consent", {})] if asked else [])]


def data_format(view: View) -> list[Said]:
    """What can be read, and what the file is."""
    seen = f"Yours is read as {view.profile.format.replace('_', ' ')}." if view.profile else ""
    word = re.search(r"word|docx?\b|pdf", view.question)
    return [("format_two_columns", {"seen": seen}), *([("format_word", {})] if word else [])]


def evaluation(view: View) -> list[Said]:
    """How many rows to test on, and by which measure."""
    held = view.proposal.preflight.holdout_rows if view.proposal else 0
    have = f" The plan keeps {held:,} aside." if held else ""
    return [("evaluation_rows", {"have": have}), ("evaluation_metric", {})]


TOPICS: dict[str, Callable[[View], list[Said]]] = {
    "rag_vs_finetune": should_i,
    "data_amount": data_amount,
    "method_choice": method_choice,
    "base_model_choice": base_model_choice,
    "base_vs_instruct": base_vs_instruct,
    "hyperparameter_choice": hyperparameter_choice,
    "hardware": hardware,
    "cost": cost,
    "licence": licence,
    "privacy": privacy,
    "format": data_format,
    "evaluation": evaluation,
}
