"""The kind of training itself as a searched value (`tuning`): what only some kinds have is tried only with those.

A learning rate means something else for each kind (full fine-tuning wants about a tenth of LoRA's), so its range is
moved by the ratio of the recipe's rates. Inside the search all rates are the plan's own kind's; a trial has its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tools.orders import Kind, SearchSettings
from trainer.errors import UserFacingError
from trainer.fields import SECTION_OF, validated
from trainer.plan import Plan
from trainer.proposal import Proposal, survey
from trainer.recipes.derive import derive
from trainer.wishes import Wishes

TUNING, RATE = "tuning", "learning_rate"
DIGITS = 3


def kinds_for(made: Proposal, choices: list[str], own_rates: bool) -> dict[str, Kind]:
    """What each kind asks for, from the recipe. `own_rates`: whether its rate differs too, as none was said.

    Raises UserFacingError for a kind that this plan can't be trained as.
    """
    wishes = made.wishes.model_copy(update={RATE: None})
    facts = survey(Path(made.plan.data.dataset_path), wishes).facts
    plans = {kind: _as_kind(kind, wishes, facts) for kind in dict.fromkeys([made.plan.adapter.tuning, *choices])}
    rate = plans[made.plan.adapter.tuning].optimisation.learning_rate
    found = {
        kind: Kind(
            adapter=plan.adapter.model_dump(mode="json"),
            times=plan.optimisation.learning_rate / rate if own_rates else 1.0,
        )
        for kind, plan in plans.items()
    }
    own = {"adapter": made.plan.adapter.model_dump(mode="json")}
    return found | {made.plan.adapter.tuning: Kind(**own)}


def _as_kind(kind: str, wishes: Wishes, facts: Any) -> Plan:
    try:
        return derive(wishes.merged(Wishes.model_validate({TUNING: kind})), facts)[0]
    except (UserFacingError, ValueError) as error:
        why = error.sentence() if isinstance(error, UserFacingError) else "it is no kind of training"
        raise UserFacingError(f"I can't search over {kind}: {why}", "search space", "Leave that kind out.") from None


def has(settings: SearchSettings, values: dict[str, Any], name: str) -> bool:
    """Whether a trial of this kind has this field."""
    kind = settings.kinds.get(values.get(TUNING, ""))
    return kind is None or SECTION_OF.get(name) != "adapter" or name in kind.adapter


def covers(settings: SearchSettings, values: dict[str, Any]) -> bool:
    """Whether a value is there for every field that a trial of this kind has."""
    return all(name in values for name in settings.space if has(settings, values, name))


def ends(settings: SearchSettings, name: str, values: dict[str, Any]) -> tuple[float, float]:
    """The range of a field for this trial's kind."""
    spec, times = settings.space[name], _times(settings, values) if name == RATE else 1.0
    return spec["low"] * times, spec["high"] * times


def outward(settings: SearchSettings, inside: dict[str, Any]) -> dict[str, Any]:
    """A point of the whole space as a trial has it: its kind's own rate, without what its kind lacks."""
    values = {name: value for name, value in inside.items() if has(settings, inside, name)}
    times = _times(settings, values)
    if times != 1.0 and RATE in values:
        low, high = ends(settings, RATE, values) if "low" in settings.space[RATE] else (0.0, 1.0)
        values[RATE] = min(high, max(low, float(f"{values[RATE] * times:.{DIGITS}g}")))
    return values


def inward(settings: SearchSettings, values: dict[str, Any]) -> dict[str, Any]:
    """A trial's values as a point of the space; what its kind lacks stays away."""
    times, spec = _times(settings, values), settings.space.get(RATE, {})
    if times == 1.0 or RATE not in values:
        return values
    rate = values[RATE] / times
    return values | {RATE: min(spec["high"], max(spec["low"], rate)) if "low" in spec else rate}


def _times(settings: SearchSettings, values: dict[str, Any]) -> float:
    kind = settings.kinds.get(values.get(TUNING, ""))
    return 1.0 if kind is None else kind.times


def placed(own: Plan, values: dict[str, Any], settings: SearchSettings) -> Plan:
    """The plan as this kind: its adapter, and its rate where that is not searched."""
    kind = settings.kinds.get(values.get(TUNING, ""))
    if kind is None or values[TUNING] == own.adapter.tuning:
        return own
    document = own.model_dump(mode="json") | {"adapter": kind.adapter}
    document["optimisation"][RATE] = own.optimisation.learning_rate * kind.times
    return validated(document)
