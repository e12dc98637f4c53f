"""New values for a search: spread evenly at first, then where good ones lie close together (TPE)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

from tools.orders import Objective, SearchSettings
from tools.search.kinds import RATE, inward, outward
from tools.search.points import readable, spread
from tools.search.seen import Seen
from tools.search.space import WHOLE

SPREAD = 6
"""Points spread evenly before anything is learned from them."""
GOOD = 0.25
"""Share of the trainings that count as good ones: few are seen, so more than TPE's usual tenth."""


def distributions(settings: SearchSettings) -> dict[str, BaseDistribution]:
    """The space in Optuna's terms; rates as the plan's own kind has them."""
    return {name: _distribution(name, spec) for name, spec in settings.space.items()}


def recorded(settings: SearchSettings) -> dict[str, BaseDistribution]:
    """The space that trials are kept in: wide enough for the rates of every kind."""
    spec, times = settings.space.get(RATE, {}), [1.0, *(kind.times for kind in settings.kinds.values())]
    if "low" not in spec:
        return distributions(settings)
    wide = spec | {"low": spec["low"] * min(times), "high": spec["high"] * max(times)}
    return distributions(settings) | {RATE: _distribution(RATE, wide)}


def _distribution(name: str, spec: dict[str, Any]) -> BaseDistribution:
    if "choices" in spec:
        return CategoricalDistribution(spec["choices"])
    if name in WHOLE:
        return IntDistribution(int(spec["low"]), int(spec["high"]), log=bool(spec.get("log")))
    return FloatDistribution(spec["low"], spec["high"], log=bool(spec.get("log")))


def suggested(settings: SearchSettings, seen: list[Seen], share: float) -> dict[str, Any]:
    """New values, learned from trainings of the same share. The same seen gives the same values."""
    alike = [t for t in seen if t.share == share and t.purpose != "again" and t.state != "fail"]
    fresh = sum(t.purpose == "sample" for t in seen)
    if settings.algorithm == "random":
        return _random(settings, fresh)
    done = [t for t in alike if t.value is not None]
    if fresh < SPREAD or len(done) < 2:
        return spread(settings, fresh)
    study = as_study(alike, settings, _sampler(settings, len(seen)))
    found = study.ask(distributions(settings)).params
    return outward(settings, {name: readable(name, settings.space[name], value) for name, value in found.items()})


def as_study(
    alike: list[Seen], settings: SearchSettings, sampler: optuna.samplers.BaseSampler | None = None
) -> optuna.Study:
    """Trainings of one share as a study of their own, in memory: by all objectives where values are to be suggested."""
    goals = settings.objectives if sampler else ("loss",)
    study = optuna.create_study(sampler=sampler, directions=["minimize"] * len(goals))
    study.add_trials([_frozen(t, settings, goals) for t in alike])
    return study


def _sampler(settings: SearchSettings, moment: int) -> optuna.samplers.BaseSampler:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        warnings.simplefilter("ignore", FutureWarning)  # gamma goes with Optuna 6, which pyproject keeps out
        return optuna.samplers.TPESampler(
            seed=settings.seed + moment,
            n_startup_trials=0,
            multivariate=True,
            group=bool(settings.kinds),  # fields that only some kinds have are learned from those alone
            constant_liar=True,
            gamma=lambda n: max(2, math.ceil(GOOD * n)),
        )


def _frozen(one: Seen, settings: SearchSettings, goals: Sequence[Objective]) -> optuna.trial.FrozenTrial:
    params = inward(settings, one.values)
    known = {name: kind for name, kind in distributions(settings).items() if name in params}
    if one.value is None:
        return optuna.trial.create_trial(state=TrialState.RUNNING, params=params, distributions=known)
    costs = [one.cost(goal) for goal in goals]
    return optuna.trial.create_trial(state=TrialState.COMPLETE, values=costs, params=params, distributions=known)


def _random(settings: SearchSettings, index: int) -> dict[str, Any]:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=settings.seed + index))
    found = study.ask(distributions(settings)).params
    return outward(settings, {name: readable(name, settings.space[name], value) for name, value in found.items()})
