"""What is known about each label, apart from any run: a table, and the one way to build a finding.

Sources: the threads listed beside each label in the project's label guide, the documentation of
transformers, TRL and PEFT, and the papers named in `usual.py`.
Texts hold no numbers: those come from the record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack

from trainer.diagnosis.catalogue_entries import CURVE_ENTRIES, Entry
from trainer.diagnosis.catalogue_rewards import REWARD_ENTRIES
from trainer.diagnosis.finding import Evidence, Finding

ENTRIES: dict[str, Entry] = {**CURVE_ENTRIES, **REWARD_ENTRIES}
_WHOLE = 1e7  # beyond this the last digits of a whole number say nothing
_UNKNOWN_COST = 0.5  # a sign the record cannot show counts half of one that was looked for and seen
_LEAST, _MOST = 0.15, 0.97  # rules over a log are never certain, and never worthless once they fire


@dataclass(frozen=True)
class Sign:
    """Something the cause should show: True if seen, False if absent, None if not recorded."""

    what: str
    seen: bool | None
    weight: float = 1.0


class Remedy(TypedDict, total=False):
    """What this run needs, where the table's own answer does not fit."""

    fix: Mapping[str, Any]
    fix_code: str | None
    advice: str | None


def entry(label: str) -> Entry:
    """The table row of a label."""
    return ENTRIES[label]


def build(
    label: str,
    *,
    signs: Sequence[Sign],
    evidence: Sequence[Evidence],
    onset: float | None = None,
    **remedy: Unpack[Remedy],
) -> Finding:
    """A finding of this label; confidence follows from the signs, the rest from the table."""
    known = ENTRIES[label]
    confidence, basis = weigh(signs)
    return Finding(
        label=label,
        family=known.family,
        severity=known.severity,
        onset_step=None if onset is None else max(1, round(onset)),
        confidence=confidence,
        confidence_basis=basis,
        evidence=tuple(evidence),
        advice=remedy.get("advice") or known.advice,
        otherwise=known.otherwise,
        fix=dict(remedy.get("fix") or {}),
        fix_code=remedy.get("fix_code") or known.fix_code,
    )


def weigh(signs: Sequence[Sign]) -> tuple[float, str]:
    """Confidence as the share of signs seen, and a sentence that says which."""
    total = sum(sign.weight for sign in signs) or 1.0
    seen = sum(sign.weight for sign in signs if sign.seen)
    unknown = sum(sign.weight for sign in signs if sign.seen is None)
    confidence = min(_MOST, max(_LEAST, (seen + unknown * _UNKNOWN_COST) / total))
    parts = [
        _listed("seen", [s.what for s in signs if s.seen]),
        _listed("looked for but absent", [s.what for s in signs if s.seen is False]),
        _listed("not in the record", [s.what for s in signs if s.seen is None]),
    ]
    basis = "; ".join(part for part in parts if part)
    return round(confidence, 2), basis[:1].upper() + basis[1:] + "."


def _listed(title: str, items: Sequence[str]) -> str:
    return f"{title}: {', '.join(items)}" if items else ""


def measured(value: float, digits: int = 3) -> float:
    """A number rounded to significant digits, as evidence shows it; whole numbers stay."""
    if abs(value) < _WHOLE and float(value).is_integer():
        return float(value)
    return float(f"{value:.{digits}g}")


def proof(
    what: str,
    value: float | str,
    usual: float | str | None = None,
    steps: tuple[float, float] | None = None,
) -> Evidence:
    """A piece of evidence with its numbers rounded for reading."""
    return Evidence(
        what=what,
        value=value if isinstance(value, str) else measured(value),
        usual=usual if usual is None or isinstance(usual, str) else measured(usual),
        step_from=None if steps is None else int(steps[0]),
        step_to=None if steps is None else int(steps[1]),
    )
