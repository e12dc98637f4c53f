"""Yes/no facts about a message and its situation: what the rules of rules.yaml combine."""

from __future__ import annotations

import re
from collections.abc import Callable

from agent.builtin import cues, edits, fields, paths, questions, reading, refusals, runs, slots_plan
from agent.builtin.constraints import clock
from agent.builtin.reading import PLAN_VALUES, Reading

_BASE = re.compile(
    r"(?<!\w)(?:base|basis\w*|original\w*|untuned|un-tuned|untrained|before|stock"
    r"|vanilla|(?:old|both) models?|(?:les|los|die) (?:dos|deux|beiden) (?:model\w*|modèles)|with both|con los dos|ohne training|vorher|antes|avant|baseline|d'origine|plain)(?!\w)|原(?:来|始|模型)"
    r"|基(?:座|础|线)|(?:训练|微调)前|মূল|बेस|আগের|আসল"
)
_GO_AHEAD = re.compile(
    r"go (?:straight )?ahead|straight away|right away|no need to ask|without asking"
    r"|dont ask|directly|immediately|just (?:start|run|go)|direkt|sofort|directamente"
    r"|directement|直接|马上|sidhe|seedha|start (?:it|now|right)|and (?:start|go|run"
    r" it|launch)"
)
_AGAIN = re.compile(
    r"again|the same(?: \w+)? (?:with|on|for|but)|same (?:settings|setup|config\w*|plan|thing|hyper\w*"
    r"|params|parameters|recipe)|rerun|repeat|once more|nochmal|noch einmal|gleiche\w*|otra vez"
    r"|mism[oa]s?|encore|même|再(?:来|跑|训练)?一?(?:次|遍)?|一样的|同样|phir se|abar|আবার"
    r"|फिर से"
)
_VALUE_WORDS = re.compile(
    r"(?:change|set|make|put|turn|use|go|try|bump|raise|lower|mach|setz|pon|mets|改|设|换|调|kar|kor|কর|कर)\w*"
)


def _edit(r: Reading) -> bool:
    listed = {k for k in r.values if k in PLAN_VALUES}
    return bool(r.edits.values or r.edits.relative or listed or r.models or r.config or r.beside)


def _words(r: Reading) -> list[str]:
    return re.findall(r"[^\W_]+", r.order)


def _history_has(r: Reading, *intents: str) -> bool:
    return any(t.intent in intents for t in r.situation.history)


def _loose_value(r: Reading) -> bool:
    return (
        bool(r.edits.loose)
        and bool(_VALUE_WORDS.search(r.order))
        and len(_words(r)) <= 8
        and not (r.limits or r.places.files or r.run_ids)
    )


def _impossible(r: Reading) -> bool:
    """A model that does not fit the stated machine, even in 4 bit."""
    memory = r.limits.get("max_gpu_gb") or r.situation.hardware.get("gpu_gb")
    count = r.limits.get("num_gpus") or r.situation.hardware.get("num_gpus") or 1
    sizes = [m.size_b for m in r.models if m.size_b]
    return bool(memory and sizes and max(sizes) * 0.55 + 1 > float(memory) * max(1, int(count)))


def _ambiguous_file(r: Reading) -> bool:
    if (
        r.places.files
        or "other_file" not in r.concepts
        or not re.search(r"other|another|different|andere|otro|autre|另|别的|其他|dusra|doosra|onno|অন্য|दूसर", r.order)
    ):
        return False
    current = r.situation.plan.get("dataset_path")
    return len([f for f in paths.data_files(r.situation) if f.path != current]) != 1


def _text_columns(r: Reading) -> bool:
    from agent.builtin import columns

    rows = paths.data_files(r.situation)
    return not rows or any(
        not f.columns
        or columns.pair(f.columns)
        or columns.by_name(f.columns, "text")
        or columns.label(f.columns)
        or len(f.columns) <= 3
        for f in rows
    )


def _empty_train(r: Reading) -> bool:
    """'train it' with nothing to train on, or with a table in which there is no text."""
    wants = r.concepts & {"train", "want_model", "go", "start_training", "plan_word"}
    if not wants or r.situation.state not in ("no_plan", "no_plan_pending"):
        return False
    if (
        r.task
        or r.config
        or ("question" in r.concepts and questions.asking(r))
        or r.values.get("method")
        or ((r.checks or r.operations) and not r.concepts & {"train", "want_model"})
    ):
        return False
    if not r.situation.files and not r.places.files:
        return not (r.models or r.limits or r.edits.values or r.values) and r.last is None
    return not _text_columns(r)


def _no_run(r: Reading) -> bool:
    return r.situation.state in ("no_plan", "no_plan_pending") and not r.situation.run and not r.situation.runs


def anaphora(r: Reading) -> str | None:
    """The field that 'that' or a bare number means: of the last turn, if that named just one."""
    last = r.last
    if last is None or not r.edits.loose or r.edits.values:
        return None
    numeric = [s for s, v in last.slots.items() if isinstance(v, int | float) and not isinstance(v, bool)]
    named = list(dict.fromkeys(m.field for m in fields.mentions(last.text.lower())))
    if last.intent == "clarify" and isinstance(last.slots.get("field"), str):
        return str(last.slots["field"])
    known = [
        s
        for s in numeric
        if s in fields.PLAN_FIELDS or s in ("budget_usd", "max_hours", "warmup_ratio", "warmup_steps")
    ]
    if len(known) == 1:
        return known[0]
    return named[0] if len(named) == 1 else None


def _deletion_confirmed(r: Reading) -> bool:
    last = r.last
    return bool(
        last
        and last.intent == "clarify"
        and cues.concept("delete_old").search(last.text.lower())
        and "yes" in r.concepts
    )


def _edit_cue(name: str) -> Callable[[Reading], bool]:
    return lambda r: bool(edits.cue(name).search(r.order))


CHECKS: dict[str, Callable[[Reading], object]] = {
    "assent": lambda r: r.assent,
    "unclear_assent": lambda r: r.unclear,
    "prompt": lambda r: r.message.quotes or re.search(r":\s*\S", r.message.plain),
    "starts_stop": lambda r: (m := cues.concept("stop").search(r.order)) and m.start() < 12,
    "check_firm": lambda r: set(r.checks) - {"quality", "overview", "format", "language"},
    "files": lambda r: r.situation.files,
    "op_firm": lambda r: (
        set(r.operations)
        - {"convert_format", "map_columns", "split", "sample", "generate_synthetic"}
        - {"filter_language", "group_conversations"}
        or ("split" in r.operations and re.search(r"split (?:it|the|this|my|them|into|\d)|\d\d ?/ ?\d\d", r.order))
    ),
    "deletion_confirmed": _deletion_confirmed,
    "checking": lambda r: re.search(
        r"(?<!\w)(?:check|test|measure|see if|verify|evaluate|benchmark|prüf\w*|comprueba"
        r"|vérifie|run|score|assess|probe|compare|durchtest\w*|mess\w*|prueba\w*|prueb\w*|corre|mide|teste|mesure"
        r"|lance|jaanch\w*|janch\w*|porikkha|chala\w*)(?!\w)|检查|测|评|跑|জাচ|পরীক্ষা|যাচাই|চালি|जाँच|जांच|परख",
        r.order,
    ),
    "curve_word": lambda r: re.search(
        r"(?<!\w)(?:loss|grad\w*|reward\w*|curves?|accuracy|eval)(?!\w)|损失|曲线|লস|लॉस", r.order
    ),
    "more_epochs": lambda r: re.search(
        r"(?:more|another|extra|additional|further|weitere|más|de plus|aur|aro|再|多)"
        r"(?: \w+)? ?(?:epoch|época|époque|轮)",
        r.order,
    ),
    "size": slots_plan.wanted_size,
    "sample_only": lambda r: set(r.operations) == {"sample"},
    "short": lambda r: len(_words(r)) <= 4,
    "edit": _edit,
    "direction": lambda r: (
        r.edits.directions
        or (
            r.message.order
            and re.search(
                r"(?:smaller|bigger|larger|tinier|kleineres?|größeres?|más (?:pequeñ|grande)\w*"
                r"|plus (?:petit|gros|grand)\w*|更?小一?点的|更?大一?点的|chota|bada|choto|boro) (?:base"
                r" )?(?:model|modell|modèle)|modelo más|模型(?:小|大)|priorit",
                r.order,
            )
        )
    ),
    "undo": _edit_cue("back"),
    "limits": lambda r: r.limits,
    "dataset": lambda r: r.places.files,
    "data": lambda r: r.places.files or r.situation.files or "data_word" in r.concepts,
    "data_here": lambda r: bool(r.places.files),
    "task": lambda r: r.task,
    "method": lambda r: r.values.get("method") or r.values.get("tuning") or r.beside.get("method"),
    "companion": lambda r: r.beside,
    "model": lambda r: any(m.id or m.size_b for m in r.models),
    "rule": lambda r: r.values.get("base_model_rule") or r.values.get("priority"),
    "goal_or_data": lambda r: r.task or r.places.files or r.situation.files or r.models or r.values.get("method"),
    "asking": questions.asking,
    "symptom": lambda r: r.symptoms,
    "symptom_real": lambda r: [s for s in r.symptoms if s != "metric_meaning"],
    "symptom_export": lambda r: "export_mismatch" in r.symptoms,
    "puzzled": lambda r: "puzzled" in r.signals,
    "wish": lambda r: "wish" in r.signals,
    "examples": lambda r: "examples" in r.signals,
    "asked": questions.asked,
    "log": lambda r: r.log,
    "metric_named": lambda r: r.metrics,
    "two_runs": lambda r: len(r.run_ids) >= 2,
    "runs_known": lambda r: r.situation.runs,
    "base_named": lambda r: _BASE.search(r.order),
    "all_runs": lambda r: runs.all_runs(r.order),
    "run_word": lambda r: re.search(
        r"(?<!\w)(?:runs?|läufe?|lauf|ejecuci\w+|essais?|experiments?|trials?)(?!\w)|运行|实验", r.order
    ),
    "field": lambda r: r.edits.named,
    "eval_file": lambda r: any(paths.is_eval_name(p) for p in r.places.files),
    "audit": lambda r: re.search(
        r"(?:eval\w*|test|score|metric|benchmark)(?: \w+){0,4} (?:broken|wrong|buggy"
        r"|valid|correct|right|trustworthy|legit|off|flawed)|(?:check|audit|trust"
        r"|verify|sanity)(?: \w+){0,5} (?:eval\w*|score|metric|benchmark)",
        r.order,
    ),
    "temperature": lambda r: re.search(r"temp(?:erature?|eratur)?\s*(?:of|=|:|at|to|auf|von|a|de)?\s*\d|温度", r.order),
    "checkpoint": lambda r: runs.checkpoint(r.order),
    "quote": lambda r: r.message.quotes,
    "export_word": lambda r: "export" in r.concepts,
    "export_format": lambda r: (
        (r.export.get("export_format") in ("gguf", "gguf_adapter", "adapter", "merged") and "has") or None
    ),
    "export_target": lambda r: r.export.get("export_target"),
    "gguf_quant": lambda r: r.export.get("gguf_quant"),
    "hub_repo": lambda r: r.export.get("hub_repo_id"),
    "trials": lambda r: (
        r.search.get("n_trials")
        and re.search(
            r"trials?|config|combo|versuch|prueba|essai|组|attempt|tries|试|ট্রায়াল|ट्रायल"
            r"|experiments",
            r.order,
        )
    ),
    "ranges": lambda r: any(
        "low" in s or len(s.get("choices", ())) > 1 for s in r.search.get("search_space", {}).values()
    ),
    "several": lambda r: any(len(s.get("choices", ())) > 2 for s in r.search.get("search_space", {}).values()),
    "algorithm": lambda r: r.search.get("search_algorithm"),
    "early_stop_trials": lambda r: r.search.get("early_stop_trials"),
    "check": lambda r: r.checks,
    "op": lambda r: r.operations,
    "pii_types": lambda r: r.pii,
    "columns_asked": lambda r: "columns" in r.checks and questions.asking(r),
    "roles_said": lambda r: len(reading.roles(r)) >= 1,
    "imperative": lambda r: not questions.asking(r),
    "config": lambda r: r.config,
    "last_advice": lambda r: r.extra.get("last_advice"),
    "again": lambda r: _AGAIN.search(r.order),
    "go_ahead": lambda r: _GO_AHEAD.search(r.order),
    "anaphora": anaphora,
    "excluded": lambda r: r.excluded,
    "loose_value": _loose_value,
    "ambiguous_file": _ambiguous_file,
    "absurd": lambda r: r.edits.absurd and not r.edits.values,
    "empty_train": _empty_train,
    "impossible": _impossible,
    "no_run": _no_run,
    "topic": lambda r: r.topics,
    "topic_firm": lambda r: set(r.topics) - {"hardware", "format", "evaluation", "cost", "licence"},
    "cost_asked": lambda r: questions.COST.search(r.order),
    "hardware_asked": lambda r: questions.HARDWARE.search(r.order) and not r.places.files,
    "definition": lambda r: questions.DEFINITION.search(r.order) and (r.edits.named or r.topics),
    "denied": lambda r: re.search(r"(?<!\w)(?:no|nope|nein|non)[.!]*$", r.order),
    "bare_no": lambda r: re.fullmatch(
        r"(?:(?:no+|nope|nah|nein|nö|non|不|不行|不要|नहीं|nahi+|na|না|mat|rather not|better"
        r" not|please dont|no thanks?)[\s,.!]*)+(?:(?:thanks?|danke|gracias|merci"
        r"|谢谢|please)[\s.!]*)?",
        r.order,
    ),
    "start_at": lambda r: clock(r.order),
}


def collect(r: Reading) -> set[str]:
    """All facts that hold: concept names, '@state', 'has:...', 'after:...'."""
    found = set(r.concepts) | {"@" + r.situation.state}
    found |= {"has:" + name for name, check in CHECKS.items() if check(r)}
    if r.last:
        found.add("after:" + r.last.intent)
    if _history_has(r, "search_hyperparameters"):
        found.add("after:search_hyperparameters")
    if refusals.reason(r.order, r.places, found):
        found.add("has:refuse")
    return found
