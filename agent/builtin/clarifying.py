"""What is missing where a request can't be acted on."""

from __future__ import annotations

from typing import Any

from agent.builtin.reading import Reading


def missing(reading: Reading, facts: set[str]) -> dict[str, Any]:
    """Slots of a clarifying answer: what is missing, and the field or value that was named."""
    state = reading.situation.state
    if "has:absurd" in facts and reading.edits.absurd:
        name, value = next(iter(reading.edits.absurd.items()))
        return {"missing": ["value"], "field": name, "value": value}
    if "old_plan" in facts and not {"has:assent"} & facts:
        return {"missing": ["confirmation"], **_old_plan(reading)}
    if "delete_old" in facts:
        return {"missing": ["confirmation"], "about": "deletion"}
    if "has:unclear_assent" in facts and state in ("plan_proposed", "plan_approved"):
        return {"missing": ["confirmation"]}
    if "has:empty_train" in facts and "train" in facts:
        return _by_matter(reading, facts)
    if "has:assent" in facts or "has:unclear_assent" in facts:
        return {"missing": ["plan"]}
    if "has:ambiguous_file" in facts:
        return {"missing": ["dataset"]}
    if "has:impossible" in facts:
        return {"missing": ["base_model"]}
    return _by_matter(reading, facts)


def _by_matter(reading: Reading, facts: set[str]) -> dict[str, Any]:
    if "has:empty_train" in facts:
        return {"missing": ["dataset"] if reading.situation.files else ["dataset", "goal"]}
    if "has:loose_value" in facts and reading.edits.loose:
        number = reading.edits.loose[0]
        return {"missing": ["field"], "value": int(number.whole) if number.whole.is_integer() else number.fraction}
    if "broken" in facts:
        return {"missing": ["symptom"]}
    if "vague_thing" in facts:
        return {"missing": ["field"]}
    if reading.edits.named and not reading.edits.values:
        field = sorted(n for n in reading.edits.named if not n.startswith("kept:"))[:1]
        return {"missing": ["value"], **({"field": field[0]} if field else {})}
    if facts & {"stop", "resume", "status", "has:export_word", "why", "compare"}:
        return {"missing": ["run_id"]}
    return {"missing": _by_state(reading, facts)}


def _by_state(reading: Reading, facts: set[str]) -> list[str]:
    """Where nothing else tells: a plan on the table wants a field, a run a symptom, an empty table a goal."""
    state = reading.situation.state
    if state in ("no_plan", "no_plan_pending"):
        if facts & {"yes", "go"} and not facts & {"train", "want_model", "data_word"}:
            return ["plan"]
        return ["goal"] if reading.situation.files else ["goal", "dataset"]
    if state in ("plan_proposed", "plan_approved"):
        return ["field"] if not facts & {"train", "want_model"} else ["goal"]
    return ["symptom"] if reading.situation.run else ["goal"]


def _old_plan(reading: Reading) -> dict[str, Any]:
    plans = reading.extra.get("old_plans") or []
    return {"plan_id": plans[0]["id"]} if len(plans) == 1 and "id" in plans[0] else {}
