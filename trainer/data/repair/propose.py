"""From findings to a recipe: what is safe is proposed, what needs judgement is offered."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from trainer.data.doctor.diagnosis import Diagnosis, Found
from trainer.data.repair import steps as s
from trainer.data.repair.private import RULE_OF
from trainer.data.repair.words import sentence

BROKEN = ("rows_empty", "rows_broken_text", "rows_broken_json", "rows_unknown_role", "rows_no_answer", "pref_equal")
"""Rows that no training can use."""
SURE_KINDS = ("email", "phone", "card", "iban", "ip", "id_number", "key")
"""Kinds with a checksum or a plain form; names and addresses are found by rough lists and are offered."""


MUCH = 0.3
"""Share of the rows from which a fault is perhaps the nature of the data (forms, templates), and a person decides."""


@dataclass(frozen=True)
class Advised:
    """A step with the reason for it and how many rows (or columns) it concerns."""

    step: Any
    why: str
    count: int

    @property
    def sentence(self) -> str:
        """The step in words."""
        return sentence(self.step)


@dataclass(frozen=True)
class Advice:
    """What the doctor would do, and what it leaves to the person."""

    proposed: tuple[Advised, ...] = ()
    offered: tuple[Advised, ...] = field(default=())

    @property
    def recipe(self) -> s.Recipe:
        """The safe repairs in their order."""
        return s.Recipe(steps=tuple(a.step for a in self.proposed))


def advise(diagnosis: Diagnosis, rows: int | None = None, passages: bool = False) -> Advice:
    """Texts are mended first (so that repeats are seen as such), then rows go, then private values are masked.

    `rows` is how many the source has: what would take too many of them is offered, not proposed. In running text
    (`passages`) a repeated line may be a refrain or a stage direction, so repeats are offered too.
    """
    exact, near = _exact(diagnosis), _near(diagnosis)
    repeats = near if near and not _much(near, rows) else exact
    safe = [
        _encoding(diagnosis),
        _control(diagnosis),
        _broken(diagnosis),
        repeats,
        _private(diagnosis),
        _labels(diagnosis),
    ]
    held = [a for a in (safe[2], repeats) if a and (_much(a, rows) or (a is repeats and passages))]
    held += [near] if near and near is not repeats else []
    offered = [a for make in _OFFERS if (a := make(diagnosis))]
    return Advice(tuple(a for a in safe if a and a not in held), (*held, *offered))


def _much(advised: Advised, rows: int | None) -> bool:
    return rows is not None and advised.count > MUCH * rows


def _encoding(d: Diagnosis) -> Advised | None:
    found = d.found.get("mojibake")
    return (
        Advised(s.FixEncoding(), "The model would learn to write garbled characters.", found.count) if found else None
    )


def _control(d: Diagnosis) -> Advised | None:
    found = d.found.get("control_tokens")
    why = "Inside a text they would become real turns of a conversation."
    return Advised(s.EscapeControl(), why, found.count) if found else None


def _broken(d: Diagnosis) -> Advised | None:
    rules = tuple(rule for rule in BROKEN if rule in d.found)
    rows = frozenset[int]().union(*(d.rows(rule) for rule in rules))
    return Advised(s.Drop(rules=rules), "No training can use these rows.", len(rows)) if rules else None


REPEATS_WHY = "Repeats are learned by heart, and on both sides of the split they make the score too good."


def _exact(d: Diagnosis) -> Advised | None:
    rows = d.rows("exact_duplicates")
    return Advised(s.Deduplicate(how="exact"), REPEATS_WHY, len(rows)) if rows else None


def _near(d: Diagnosis) -> Advised | None:
    near = d.rows("near_duplicates")
    rows = near | d.rows("exact_duplicates")
    return Advised(s.Deduplicate(how="near"), REPEATS_WHY, len(rows)) if near else None


def _private(d: Diagnosis) -> Advised | None:
    kinds: tuple[Any, ...] = tuple(kind for kind in SURE_KINDS if RULE_OF[kind] in d.found)
    rows = frozenset[int]().union(*(d.rows(RULE_OF[kind]) for kind in kinds))
    why = "A model can learn them by heart and say them to anybody."
    return Advised(s.Redact(kinds=kinds), why, len(rows)) if kinds else None


def _labels(d: Diagnosis) -> Advised | None:
    mapping = {old: new for old, new in _variants(d).items() if _plain(old) == _plain(new)}
    if not mapping:
        return None
    why = "They differ in case or spaces alone; each spelling would be a class of its own."
    return Advised(s.UnifyLabels(mapping=mapping), why, d.found["label_variants"].count)


def _variants(d: Diagnosis) -> dict[str, str]:
    found = d.found.get("label_variants")
    return dict(found.facts.get("mapping", {})) if found else {}


def _plain(label: str) -> str:
    return re.sub(r"[\s_-]+", "", label.casefold())


def _offer_rough_labels(d: Diagnosis) -> Advised | None:
    mapping = {old: new for old, new in _variants(d).items() if _plain(old) != _plain(new)}
    why = "These look like typing errors of a more frequent label; look before you unify them."
    return Advised(s.UnifyLabels(mapping=mapping), why, len(mapping)) if mapping else None


def _offer_rough_kinds(d: Diagnosis) -> Advised | None:
    kinds: tuple[Any, ...] = tuple(k for k in ("name", "address") if RULE_OF[k] in d.found)
    rows = frozenset[int]().union(*(d.rows(RULE_OF[k]) for k in kinds))
    why = "Found by rough lists: some are missed, some are ordinary words."
    return Advised(s.Redact(kinds=kinds), why, len(rows)) if kinds else None


def _offer(rule: str, step: Any, why: str) -> Any:
    """An offer that depends on one finding alone."""

    def make(d: Diagnosis) -> Advised | None:
        found: Found | None = d.found.get(rule)
        return Advised(step(found) if callable(step) else step, why, found.count) if found else None

    return make


def _offer_columns(d: Diagnosis) -> Advised | None:
    found = d.found.get("empty_column")
    column = found.facts.get("column") if found else None
    return Advised(s.DropColumns(columns=(column,)), "Nothing stands in it.", 1) if column else None


def _offer_language(d: Diagnosis) -> Advised | None:
    found = d.found.get("mixed_languages")
    main = found.facts.get("main") if found else None
    if found is None or not main or len(str(main)) != 2:
        return None
    return Advised(
        s.FilterLanguage(keep=(str(main),)), "Fine when you want them all; else they take room.", found.count
    )


_OFFERS = (
    _offer("html", s.StripHtml(), "If the model should write plain text."),
    _offer("boilerplate", s.StripBoilerplate(), "Signatures are learned first and written under every answer."),
    _offer("refusals", s.Drop(rules=("refusals",)), "The model would learn to refuse your users too."),
    _offer(
        "prompt_injection", s.Drop(rules=("prompt_injection",)), "Answers that obey such orders teach to obey them."
    ),
    _offer("toxic", s.Drop(rules=("toxic",)), "By word lists, so rough: look before you drop any."),
    _offer(
        "contradictory_labels", s.Drop(rules=("contradictory_labels",)), "One of the labels is right: better mend them."
    ),
    _offer("placeholders", s.Drop(rules=("placeholders",)), "Or fill them: fill_placeholders values=name:...,"),
    _offer("pref_swapped", s.Drop(rules=("pref_swapped",)), "Or turn their sides by hand."),
    _offer("label_imbalance", s.Balance(how="downsample"), "Costs rows of the frequent classes."),
    _offer_rough_labels,
    _offer_rough_kinds,
    _offer_columns,
    _offer_language,
)
