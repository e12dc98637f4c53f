"""Everything that is read from one message, once, before its intent is decided."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from agent.builtin import (
    assent,
    columns,
    companions,
    configs,
    constraints,
    cues,
    edits,
    exports,
    models,
    pasted,
    paths,
    runs,
    searching,
    text,
    values,
)
from agent.builtin.models import Found
from agent.situation import PastTurn, Situation

_LONGEST = 4000
_LOG = re.compile(
    r"traceback \(most recent|^\s*file \"[^\"]+\", line \d+|(?<!\w)[a-z_.]*(?:error"
    r"|exception):\s|\{'(?:loss|train_loss|eval_loss|reward)':|^\s*(?:step|epoch)\s*\d+\s*[:"
    r"|]?\s*.*loss",
    re.M,
)
PLAN_VALUES = (
    "packing",
    "gradient_checkpointing",
    "bf16",
    "fp16",
    "load_best_model_at_end",
    "assistant_only_loss",
    "lr_scheduler_type",
    "optim",
    "tuning",
    "quantization",
    "modules_to_save",
    "target_modules",
    "method",
    "loss_type",
    "init_lora_weights",
    "use_rslora",
    "backend",
    "domain",
)


@dataclass
class Reading:
    """What a message says, slot group by slot group."""

    message: text.Message
    situation: Situation
    rest: str = ""
    """The order with names, amounts and numbers that were understood taken out."""
    concepts: set[str] = field(default_factory=set)
    places: paths.Places = field(default_factory=paths.Places)
    models: list[Found] = field(default_factory=list)
    excluded: list[Found] = field(default_factory=list)
    limits: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    edits: edits.Edits = field(default_factory=edits.Edits)
    config: dict[str, Any] = field(default_factory=dict)
    beside: dict[str, Any] = field(default_factory=dict)
    """Teacher, judge, rewards, general rows, new tokens, a place to train at."""
    unknown: list[str] = field(default_factory=list)
    task: str | None = None
    symptoms: list[str] = field(default_factory=list)
    signals: list[str] = field(default_factory=list)
    checks: dict[str, str] = field(default_factory=dict)
    operations: dict[str, str] = field(default_factory=dict)
    pii: list[str] = field(default_factory=list)
    metrics: list[str] = field(default_factory=list)
    topics: dict[str, str] = field(default_factory=dict)
    search: dict[str, Any] = field(default_factory=dict)
    export: dict[str, Any] = field(default_factory=dict)
    run_ids: list[str] = field(default_factory=list)
    log: bool = False
    assent: bool = False
    unclear: bool = False

    @property
    def order(self) -> str:
        """The message without quoted passages, in lower case."""
        return self.message.order

    @property
    def last(self) -> PastTurn | None:
        """The turn before this one."""
        return self.situation.history[-1] if self.situation.history else None

    @property
    def extra(self) -> dict[str, Any]:
        """Facts of the situation that have no field of their own."""
        return self.situation.model_extra or {}

    @property
    def columns(self) -> list[str]:
        """Columns of the file that the message is about."""
        facts = paths.data_files(self.situation)
        named = [f for f in facts if f.path in self.places.files]
        chosen = named or [f for f in facts if not paths.is_eval_name(f.path)] or facts
        return chosen[0].columns if chosen else []


_NOT_WANTED = re.compile(
    r"(?:not|no|nor|without|except|but not|anything but|other than|avoid|nicht"
    r"|kein\w*|außer|sin|no uses|excepto|pas|sauf|不要|不用|别用|除了|nahi|instead of"
    r"|rather than|statt)\s*(?:use |using |a |an |the |von |de |any )*$"
)
_REFUSED_AFTER = re.compile(r"^\s*(?:no\b|not\b|nein|nicht|is out|nahi|na\b|不行|不要)")


def _models(reading: Reading, scan: text.Scan) -> None:
    before = scan.text
    for found in models.read(scan):
        denied = _NOT_WANTED.search(before[: found.start]) or _REFUSED_AFTER.search(before[found.end :])
        if not denied and "teacher_model" not in reading.beside and companions.teaches(before, found):
            reading.beside["teacher_model"] = found.id or paths.raw_spelling(found.text, reading.message.raw)
            continue
        (reading.excluded if denied else reading.models).append(found)
    if "teacher_model" not in reading.beside:
        reading.beside |= companions.teacher_by_name(before, reading.message.raw)


def _pasted(reading: Reading, raw: str) -> None:
    reading.config, reading.unknown = configs.read(raw)
    if not reading.config:
        return
    name = reading.config.get("base_model")
    if isinstance(name, str):
        found = models.read(text.Scan(name.lower()))
        known = found and found[0].id and found[0].id.lower() == name.lower()
        reading.config["base_model"] = found[0].id if known else name


def read(raw: str, situation: Situation) -> Reading:
    """Read a message against a situation."""
    raw = text.dictated(raw[:_LONGEST])
    reading = Reading(text.read(raw), situation)
    _pasted(reading, raw)
    order = reading.message.order
    if reading.config:
        order = text.tidy(configs.without(raw))
    reading.log = bool(_LOG.search(reading.message.plain))
    own = pasted.split(raw).own if reading.log and not reading.config else ""
    if own.strip():  # what stands in a pasted log is no order
        order = text.read(own).order
    scan = text.Scan(order)
    reading.beside = companions.places(scan, raw)
    reading.places = paths.read(scan, raw, situation)
    reading.beside |= companions.files(scan, raw, reading.places, situation) | companions.judge(scan, raw)
    runs.take_names(scan)
    _models(reading, scan)
    scan.take(re.compile(r"(?<![a-z0-9])q[2-8]_(?:k(?:_[sml])?|[01])(?![a-z0-9])"))
    _words(reading, scan, order)
    return reading


def _words(reading: Reading, scan: text.Scan, order: str) -> None:
    message = reading.message
    reading.values = values.read(scan.text)
    reading.limits, other = constraints.read(scan, message, reading.values.get("device"))
    reading.unknown += other
    number_scan = text.Scan(scan.text)
    reading.edits = edits.read(number_scan, reading.situation.plan)
    if "?" in order:
        _leave_what_is_asked_about(reading)
    reading.rest = number_scan.text
    _beside(reading)
    names_gone = text.Scan(order)
    paths.read(names_gone, order, Situation())
    plain = names_gone.text
    reading.concepts = cues.concepts(plain, message.language)
    reading.task = cues.task(order)
    reading.symptoms = cues.symptoms(message.plain if reading.log else order)
    reading.signals = cues.signals(order)
    reading.checks = cues.named("inspect_checks", plain)
    reading.operations = cues.named("prep_ops", plain)
    reading.pii = list(cues.named("pii_types", plain))
    reading.metrics = list(cues.named("metrics", order))
    reading.topics = cues.named("topic", order)
    _inspection(reading)
    reading.search = searching.read(scan.text)
    reading.export = exports.read(order, message.raw)
    reading.run_ids = runs.ids(order, reading.situation)
    reading.assent = assent.is_assent(message.raw)
    reading.unclear = assent.is_unclear_assent(message.raw)


def _beside(reading: Reading) -> None:
    """Rewards, a teacher's method and new tokens: what needs the other values to be understood."""
    plan, scored = reading.situation.plan, reading.beside.pop("reward", [])
    reading.values.pop("reward", None)
    said = reading.edits.values | reading.values
    found = companions.rewards(reading.message, said, reading.beside | {"reward": scored}, plan)
    if "teacher_model" in reading.beside and reading.values.get("method") is None:
        found["method"] = "distillation"
    reading.beside |= found | companions.tokens(reading.message, plan)


def _leave_what_is_asked_about(reading: Reading) -> None:
    """'is 2e-4 too high?' names the plan's own value and changes nothing."""
    plan, said = reading.situation.plan, reading.edits.values
    for slot in [s for s, v in said.items() if plan.get(s) == v]:
        said.pop(slot)


_SHOWING = re.compile(
    r"(?<!\w)(?:show|see|view|print|display|preview|zeig\w*|muestra|montre|dikhao|dekhao)(?!\w)|看|显示|দেখা|दिखा"
)
_NEEDED = re.compile(
    r"(?<!\w)(?:need|enough|brauch\w*|necesit\w*|faut|suffi\w*|chahiye|lagbe|should i)(?!\w)|需要|够|লাগবে|चाहिए"
)
_LOOKING_FOR = re.compile(
    r"(?<!\w)(?:any|are there|is there|check|contains?|find|look for|does|gibt es|sind|hay|contiene|y a-t-il)(?!\w)"
    r"|有没有|包含|检查|আছে|है|हैं|(?<!\w)(?:hai|ache)(?!\w)"
)


_JOINING = re.compile(
    r"(?<!\w)(?:merge|combine|join|concat\w*|append|zusammen(?:füg|führ|leg|werf|pack|kleb)\w*|une|junta|combina|fusionne)(?!\w)|合并"
)


_TAUGHT = re.compile(
    r"(?<!\w)(?:teach|train|fine-?tune|build|make|want|need|get|like)\w*(?: \w+){0,3} (?:model|bot|ai|llm|assistant|it|one)s?"
    r" (?:to|that|which|who|for|how to)(?!\w)|(?<!\w)modell?\w*,? (?:das|die|der|zum|que|para|pour|qui)(?!\w)"
)
"""'Teach a model to ...': what follows is the task, nothing to be done to the file."""


def _inspection(reading: Reading) -> None:
    """Settle what only looks like a check or like an operation on the data."""
    order = reading.order
    if _TAUGHT.search(order):
        reading.operations.clear()
        reading.checks.clear()
        reading.pii.clear()
    if "sample_rows" in reading.checks and _SHOWING.search(order):
        reading.operations.pop("sample", None)
    if "overview" in reading.checks and _NEEDED.search(order):
        reading.checks.pop("overview")
    if "retention_path" in reading.beside:  # 'mix in general.jsonl' is no shuffling
        reading.operations.pop("shuffle", None)
    typed = re.search(r"pii|personal|sensitive|private|datos|données|隐私|个人信息", order)
    if "pii" in reading.checks and not typed and not _LOOKING_FOR.search(order) and "?" not in order:
        reading.checks.pop("pii")
    if len(reading.places.files) > 1 and "retention_path" not in reading.beside and _JOINING.search(order):
        reading.operations.setdefault("merge_files", "merge")
    if reading.pii and not reading.operations and _LOOKING_FOR.search(order):
        reading.checks.setdefault("pii", reading.pii[0])


def roles(reading: Reading) -> dict[str, str]:
    """Column roles that the message states."""
    return columns.said(reading.order, reading.columns)
