"""What a search found, in one sentence, and the plan with the best values."""

from __future__ import annotations

from typing import Any

import optuna
from optuna.trial import TrialState

from tools.orders import Order, SearchSettings
from tools.search.noise import Gain, gain_of
from tools.search.space import own_values
from tools.search.study import Study
from tools.words import number

ENOUGH = 10
"""Finished trials under which shares of importance are only a hint."""


def conclude(found: optuna.Study, order: Order, study: Study) -> dict[str, Any]:
    """The study's closing state: best values, importance, words, wishes for the next plan."""
    done = [t for t in found.trials if t.state == TrialState.COMPLETE]
    counts = {s.name.lower(): sum(t.state == s for t in found.trials) for s in TrialState}
    if not done:
        why = _common_reason(study)
        return {
            "status": "failed",
            "best": None,
            "importance": {},
            "counts": counts,
            "text": f"No trial finished, so there is no best value. Most common cause: {why}.",
        }
    best = min(done, key=lambda t: t.value or 0.0)
    settings = order.search or SearchSettings(n_trials=1, space={})
    own = own_values(order.planned.plan, settings.space)
    first = next((t for t in done if t.number == 0 and len(own) == len(settings.space)), None)
    counts["out_of_time"] = sum(bool(t.user_attrs.get("out_of_time")) for t in found.trials)
    importance = _importance(found, done)
    gain = gain_of(first, best, study.state().get("repeats") or [])
    return {
        "status": "finished",
        "holds": None if gain is None else gain.holds,
        "counts": counts,
        "importance": importance,
        "best": {"params": best.params, "value": best.value, "trial": best.number},
        "text": _text(best, first, importance, counts, found.trials, gain),
    }


def _importance(found: optuna.Study, done: list[optuna.trial.FrozenTrial]) -> dict[str, float]:
    """Share of the differences that each value explains (PED-ANOVA); {} when it can't be told."""
    if len(done) < 4 or len(found.best_params) < 2:
        return {}
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()
    try:
        shares = optuna.importance.get_param_importances(found, evaluator=evaluator)
    except (ValueError, RuntimeError):
        return {}
    return {k: round(v, 3) for k, v in shares.items()}


def _text(
    best: Any, first: Any, importance: dict[str, float], counts: dict[str, int], found: list[Any], gain: Gain | None
) -> str:
    values = ", ".join(f"{k} {number(v)}" for k, v in best.params.items())
    head = f"Best validation loss {best.value:.4f} with {values} (trial {best.number}, {len(found)} in all)"
    if first is not None and first.value:
        below = 100 * (first.value - best.value) / first.value
        head += f", {below:.1f} % below the recipe's {first.value:.4f}" if best.number else ": the recipe itself"
    mattered = ""
    if importance:
        name, share = max(importance.items(), key=lambda kv: kv[1])
        finished = counts.get("complete", 0)
        hint = f", a hint only: {finished} trials finished" if finished < ENOUGH else ""
        mattered = f" What mattered most: {name} ({100 * share:.0f} % of the differences{hint})."
    elif len(best.params) == 1:
        mattered = f" Only {next(iter(best.params))} was searched."
    lost = f" {counts['fail']} trials failed." if counts.get("fail") else ""
    late = counts.get("out_of_time", 0)
    hopeless = counts.get("pruned", 0) - late
    pruned = f" {hopeless} hopeless ones were stopped early." if hopeless else ""
    pruned += f" {late} were cut off when the time was up." if late else ""
    sure = gain.words() if gain else "One run each: differences under a few per cent may be chance."
    return f"{head}.{mattered}{pruned}{lost} {sure}"


def _common_reason(study: Study) -> str:
    reasons = [str(run.status().get("reason") or "unknown") for run in study.trials()]
    return max(set(reasons), key=reasons.count) if reasons else "no trial could start"
