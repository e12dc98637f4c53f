"""What a search found, in one sentence, and the plan with the best values."""

from __future__ import annotations

from typing import Any

import optuna
from optuna.trial import TrialState

from tools.orders import Order
from tools.search.study import Study
from tools.words import number
from trainer.fields import SECTION_OF
from trainer.wishes import Wishes


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
    first = next((t for t in done if t.number == 0), None)
    importance = _importance(found, done)
    return {
        "status": "finished",
        "counts": counts,
        "importance": importance,
        "best": {"params": best.params, "value": best.value, "trial": best.number},
        "text": _text(best, first, importance, counts),
        "wishes": order.proposal.wishes.merged(_wishes(best.params)).model_dump(mode="json"),
    }


def _wishes(params: dict[str, Any]) -> Wishes:
    return Wishes(**{k: v for k, v in params.items() if k in SECTION_OF})


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


def _text(best: Any, first: Any, importance: dict[str, float], counts: dict[str, int]) -> str:
    values = ", ".join(f"{k} {number(v)}" for k, v in best.params.items())
    head = f"Best validation loss {best.value:.4f} with {values} (trial {best.number} of {sum(counts.values())})"
    if first is not None and first.value:
        gain = 100 * (first.value - best.value) / first.value
        head += f", {gain:.1f} % below the recipe's {first.value:.4f}" if best.number else ": the recipe itself"
    mattered = ""
    if importance:
        name, share = max(importance.items(), key=lambda kv: kv[1])
        mattered = f" What mattered most: {name} ({100 * share:.0f} % of the differences)."
    elif len(best.params) == 1:
        mattered = f" Only {next(iter(best.params))} was searched."
    lost = f" {counts['fail']} trials failed." if counts.get("fail") else ""
    pruned = f" {counts['pruned']} hopeless ones were stopped early." if counts.get("pruned") else ""
    return f"{head}.{mattered}{pruned}{lost} One run each: differences under a few per cent may be chance."


def _common_reason(study: Study) -> str:
    reasons = [str(run.status().get("reason") or "unknown") for run in study.trials()]
    return max(set(reasons), key=reasons.count) if reasons else "no trial could start"
