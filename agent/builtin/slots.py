"""The values that belong to an intent, taken from a reading."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from agent.builtin import clarifying, edits, facts, languages, paths, refusals, replaying, runs, slots_data, slots_plan
from agent.builtin.constraints import clock
from agent.builtin.fields import assign
from agent.builtin.learned import likely
from agent.builtin.quantities import neat
from agent.builtin.reading import Reading

Facts = set[str]
_HIDDEN = re.compile(
    r"\b(redact\w*|hide|mask|without|black out) (the |any |all )?(personal|private|names?|pii|e-?mails?)"
)


def _run_of(r: Reading) -> dict[str, Any]:
    return {"run_id": r.run_ids[0]} if len(r.run_ids) == 1 else {}


def _stop(r: Reading, found: Facts) -> dict[str, Any]:
    slots = {**_run_of(r), **runs.stopping(r.order)}
    if found & {"export", "has:gguf_quant"}:
        slots.update(r.export)
        slots.pop("output_dir", None)
    name = runs.checkpoint(r.order)
    if (name and "save_checkpoint" not in slots) or name == "best":
        slots["checkpoint"] = name
    return slots


def _resume(r: Reading, found: Facts) -> dict[str, Any]:
    slots = {**_run_of(r), **slots_plan.plan_values(r)}
    slots["resume_from_checkpoint"] = runs.checkpoint(r.order) or "last"
    more = re.search(
        r"(?:(\d+)|another|an) (?:more |extra |additional |further )?epochs?(?: more)?"
        r"|(\d+) (?:weitere|épocas? más|époques? de plus|épocas?)|(?:再|多)\S{0,3}(\d+)\s*(?:轮"
        r"|个epoch)|(\d+) (?:aur|aro) epoch|(?:aur|aro) (\d+) epoch",
        r.order,
    )
    if more:
        slots["additional_epochs"] = int(next((g for g in more.groups() if g), 1))
        slots.pop("num_train_epochs", None)
    return slots


def _explain(r: Reading, found: Facts) -> dict[str, Any]:
    slots: dict[str, Any] = {**_run_of(r)}
    real = [s for s in r.symptoms if s != "metric_meaning"]
    if "has:asks_meaning" in found:
        real = []
    elif not real and _metric_name(r.order) is None:
        real = likely("symptom", r.order, 0.25)
    slots["symptom"] = real[0] if real else "metric_meaning"
    if runs.epoch(r.order) is not None:
        slots["epoch"] = runs.epoch(r.order)
    step = runs.step(r.order)
    if step is None and real and "epoch" not in slots:
        step = runs.place(r.order, int((r.situation.run or {}).get("max_steps") or 0))
    if step is not None and not r.log:
        slots["step"] = step
    name = _metric_name(r.order)
    if name and slots["symptom"] == "metric_meaning":
        slots["metric"] = name
    if _HIDDEN.search(r.order):
        slots["redact"] = True
    also = [s for s in real[1:] if s != slots["symptom"]]
    if slots["symptom"] == "loss_zero" and re.search(r"grad\w*[ _]norm.{0,12}nan|nan.{0,10}grad", r.order):
        also = ["grad_norm_nan"]
    return slots | ({"also": also} if also else {})


def _metric_name(text: str) -> str | None:
    match = re.search(
        r"(?<![A-Za-z0-9_À-ɏ])(mean[_ ]token[_ ]accuracy|token accuracy|grad[_ ]?norm|eval[_ ]loss"
        r"|train[_ ]loss|val(?:idation)? loss|perplexity|entropy|num_tokens|rewards/\w+"
        r"|rewards?[_ ]margins?|margins?|logps?/\w+|kl|clip_ratio|bleu|rouge-?l?|f1"
        r"|chrf|accuracy|learning[_ ]rate|reward_std|completion_length|loss)(?![A-Za-z0-9_À-ɏ])"
        r"|困惑度",
        text,
    )
    if not match:
        return None
    name = match.group().replace(" ", "_")
    return {
        "困惑度": "perplexity",
        "token_accuracy": "mean_token_accuracy",
        "gradnorm": "grad_norm",
        "val_loss": "eval_loss",
        "validation_loss": "eval_loss",
        "margins": "rewards/margins",
        "margin": "rewards/margins",
        "reward_margin": "rewards/margins",
    }.get(name, name)


def _compare(r: Reading, found: Facts) -> dict[str, Any]:
    slots: dict[str, Any] = {}
    if r.run_ids:
        slots["runs"] = r.run_ids
    elif runs.all_runs(r.order):
        slots["runs"] = "all"
    named = [n for n in r.edits.named if not n.startswith("kept:")]
    if named:
        slots["compare_by"] = sorted(named)[0]
    elif r.metrics:
        slots["compare_by"] = r.metrics[0]
    return slots


def _evaluate(r: Reading, found: Facts) -> dict[str, Any]:
    slots: dict[str, Any] = {**_run_of(r)}
    metrics = [m for m in r.metrics if not (m == "rouge" and "rougeL" in r.metrics)]
    if metrics:
        slots["metrics"] = metrics
    held = [p for p in r.places.files if paths.is_eval_name(p)] or r.places.files
    spoken = re.search(
        r"test ?-?set|test ?data|test file|held[- ]?out|holdout|dev ?-?set|dev data|val(?:idation)? (?:set"
        r"|data)|eval (?:set|data)|testdaten|测试集|验证集|conjunto de (?:prueba|test)|jeu"
        r" de test|টেস্ট সেট|टेस्ट",
        r.order,
    )
    if not held and spoken:
        held = [f.path for f in r.situation.files if paths.is_eval_name(f.path)]
    if len(held) == 1:
        slots["eval_dataset_path"] = held[0]
    if "has:base_named" in found or "beside_prompting" in found:
        slots["compare_to_base"] = True
    slots.update(slots_data.count(Reading(r.message, r.situation, rest=r.order), "n_samples"))
    flags = {
        "per_class": r.values.get("per_class"),
        "audit_eval": "has:audit" in found or None,
        "checkpoint": runs.checkpoint(r.order),
    }
    suite = "pii_leakage" if "leak_check" in found else "general" if "forget_check" in found else None
    return slots | {k: v for k, v in {**flags, "eval_suite": suite}.items() if v is not None}


_ASKED = re.compile(
    r"(?:what (?:would|will|does|did|should)|how (?:would|does|will))\b.{0,40}?\b(?:say"
    r"|answer|reply|respond|react)(?: to| if (?:i|someone|a customer) (?:asks?"
    r"|says?|wrote))?\s*:?\s*(.+)$"
    r"|(?:ask|tell|prompt|query|message)(?:ing)? (?:it|him|her|the [\w -]*?(?:model"
    r"|bot|one))(?: about| how| to)?\s*[:,]?\s+(.+)$",
    re.I | re.S,
)


def _chat(r: Reading, found: Facts) -> dict[str, Any]:
    slots: dict[str, Any] = {**_run_of(r)}
    name = runs.checkpoint(r.order)
    if name:
        slots["checkpoint"] = name
    heat = assign(r.order, ("temperature",))
    if heat:
        slots["temperature"] = neat(heat[0][1].value)
    raw = r.message.raw.strip()
    if r.message.quotes:
        slots["prompt"] = r.message.quotes[0].strip()
    elif re.search(r"[:：]\s*\S", raw):
        slots["prompt"] = re.split(r"[:：]\s*", raw, maxsplit=1)[1].strip()
    elif _ASKED.search(raw):
        match = _ASKED.search(raw)
        slots["prompt"] = next(g for g in match.groups() if g).strip() if match else ""
    return slots


def _export(r: Reading, found: Facts) -> dict[str, Any]:
    slots = {**_run_of(r), **r.export}
    name = runs.checkpoint(r.order)
    return slots | ({"checkpoint": name} if name else {})


def _advise(r: Reading, found: Facts) -> dict[str, Any]:
    topic = _topic(r, found)
    slots: dict[str, Any] = {
        k: v for k, v in r.limits.items() if k in ("max_gpu_gb", "num_gpus", "budget_usd", "max_hours")
    }
    named = languages.named(r.order)
    if named and topic == "base_model_choice":
        slots["language"] = named[-1][1]
    return slots | ({"topic": topic} if topic else {})


_ROWS = re.compile(
    r"data|row|example|sample|pair|zeile|beispiel|daten|datos|filas|ejemplo|données|条|数据|样本|উদাহরণ|डेटा|उदाहरण"
)


def _topic(r: Reading, found: Facts) -> str | None:
    if "has:cost_asked" in found and "has:hardware_asked" not in found:
        return "cost"
    if r.edits.named and "data_amount" in r.topics and not _ROWS.search(r.order):
        return "hyperparameter_choice"  # 'is rank 16 enough?'
    for firm in ("rag_vs_finetune", "base_vs_instruct", "privacy"):
        if firm in r.topics:
            return firm
    if "base_model_choice" in r.topics:
        return "base_model_choice"
    if "has:hardware_asked" in found:
        return "hardware"
    order = (
        "data_amount",
        "licence",
        "method_choice",
        "hyperparameter_choice",
        "format",
        "evaluation",
        "cost",
        "hardware",
    )
    named = next((t for t in order if t in r.topics), "hyperparameter_choice" if r.edits.named else None)
    return named or (None if "confused" in found else next(iter(likely("topic", r.order, 0.25)), None))


def _search(r: Reading, found: Facts) -> dict[str, Any]:
    limits = {k: v for k, v in r.limits.items() if k in ("budget_usd", "max_hours", "num_gpus", "max_gpu_gb")}
    held = [p for p in r.places.files if paths.is_eval_name(p)]
    return {**r.search, **limits, **({"eval_dataset_path": held[0]} if held else {})}


def _start(r: Reading, found: Facts) -> dict[str, Any]:
    at = clock(r.order)
    return {
        **({"start_at": at} if at else {}),
        **slots_data.dataset(r),
        **{k: v for k, v in r.edits.values.items() if "@finished" in found},
    }


def _refuse(r: Reading, found: Facts) -> dict[str, Any]:
    reason = refusals.reason(r.order, r.places, found)
    return {"refuse_reason": reason or "destructive_command"}


def _revise(r: Reading, found: Facts) -> dict[str, Any]:
    slots = slots_plan.plan_values(r)
    if "has:sample_only" in found:
        slots.update(slots_data.sizes(r, ["sample"]))
    if not slots and r.edits.loose:
        field = facts.anaphora(r)
        if field:
            slots = slots_plan.settled(field, r.edits.loose[-1])
    if not slots and edits.cue("back").search(r.order):
        return slots_plan.undone(r)
    return slots


BUILDERS: dict[str, Callable[[Reading, Facts], dict[str, Any]]] = {
    "inspect_data": slots_data.inspect,
    "prepare_data": slots_data.prepare,
    "stop": _stop,
    "resume": _resume,
    "explain_run": _explain,
    "compare_runs": _compare,
    "evaluate": _evaluate,
    "chat_with_model": _chat,
    "export": _export,
    "advise": _advise,
    "search_hyperparameters": _search,
    "start": _start,
    "refuse": _refuse,
    "revise_plan": _revise,
    "propose_plan": lambda r, _f: slots_plan.proposal(r),
    "clarify": clarifying.missing,
    "status": lambda r, _f: _run_of(r),
    "probe_plan": lambda _r, _f: {},
    "learning_curve": lambda r, _f: {**_run_of(r), **replaying.budget(r)},
    "replay": lambda r, _f: {**_run_of(r), **replaying.slots(r)},
    "approve": lambda _r, _f: {},
    "reject": lambda _r, _f: {},
}
