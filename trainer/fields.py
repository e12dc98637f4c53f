"""A plan by flat names: `learning_rate` instead of `optimisation.learning_rate`."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from rapidfuzz import process

from trainer.errors import UserFacingError
from trainer.plan import Plan


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for arg in get_args(annotation) for m in _models(arg)]


def _index() -> dict[str, str | None]:
    """Leaf name -> the section that holds it (None: the plan itself)."""
    index: dict[str, str | None] = {}
    for name, field in Plan.model_fields.items():
        sections = _models(field.annotation)
        if not sections:
            index[name] = None
        for section in sections:
            index |= dict.fromkeys(section.model_fields, name)
    return index


SECTION_OF = _index()


def nearest(name: str, known: list[str]) -> str:
    """'Did you mean ...?' over known names, or nothing."""
    close = [k for k, score, _ in process.extract(name, known, limit=2) if score >= 65]
    return f"Did you mean {' or '.join(close)}?" if close else f"Known: {', '.join(known)}."


def replace(plan: Plan, changes: dict[str, Any]) -> Plan:
    """The plan with some leaves changed, validated anew. Reports every fault at once."""
    document = plan.model_dump(mode="json")
    for name, value in changes.items():
        if name not in SECTION_OF:
            raise UserFacingError(f"the plan has no field {name}", "", nearest(name, list(SECTION_OF)))
        section = SECTION_OF[name]
        (document if section is None else document[section])[name] = value
    return validated(document)


def validated(document: Any, where: str = "plan") -> Plan:
    """A plan from plain data; every fault named in one sentence."""
    try:
        return Plan.model_validate(document)
    except ValidationError as error:
        raise UserFacingError(faults(error), where, "Correct these fields and try again.") from None


def faults(error: ValidationError) -> str:
    """All validation faults, each with its field and what it holds."""
    return "; ".join(_fault(e) for e in error.errors())


def _fault(e: Any) -> str:
    name = ".".join(str(part) for part in e["loc"]) or "document"
    if e["type"] == "extra_forbidden":
        return f"unknown key {name} ({nearest(str(e['loc'][-1]), list(SECTION_OF)).rstrip('.')})"
    if e["type"] == "missing":
        return f"{name} is missing"
    return f"{name}: {e['msg'].lower()}, not {str(e.get('input'))[:60]!r}"


def diff(old: Plan, new: Plan) -> dict[str, tuple[Any, Any]]:
    """Leaf -> (old value, new value) where they differ."""
    a, b = old.leaves(), new.leaves()
    names = [*a, *(n for n in b if n not in a)]
    return {n: (a.get(n), b.get(n)) for n in names if a.get(n) != b.get(n)}
