"""What a search found, in words: the best values, how sure, what mattered, what it took."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any

import optuna

from tools.orders import Objective
from tools.search.kinds import covers
from tools.search.noise import Gain, gain_of
from tools.search.seen import Seen, beaten
from tools.search.strategy import best_of
from tools.search.study import Study
from tools.search.suggesting import as_study
from tools.search.trials import Trials
from tools.words import number
from trainer.runs import RunStore

ENOUGH = 10
"""Finished trainings of one share under which shares of importance are only a hint."""
FEWEST = 4
"""Finished trainings of one share under which importance is not told."""


def conclude(trials: Trials, study: Study) -> dict[str, Any]:
    """The study's closing state: best values, importance, trade-offs, words."""
    seen = trials.seen()
    counts = {state: sum(t.state == state for t in seen) for state in ("complete", "pruned", "fail", "running")}
    counts["out_of_time"] = sum(bool(t.user_attrs.get("out_of_time")) for t in trials.optuna.trials)
    counts["refused"] = sum(bool(t.user_attrs.get("refused")) for t in trials.optuna.trials)
    counts["short"] = sum(t.share < 1 for t in seen)
    best = best_of(seen)
    if best is None:
        text = _nothing(seen, study)
        return {"status": "failed", "best": None, "importance": {}, "counts": counts, "text": text}
    importance = _importance(trials, seen)
    plan = next((t for t in seen if t.whole and t.purpose == "plan"), None)
    whole_own = plan is not None and covers(trials.settings, trials.own)
    gain = gain_of(plan, best, seen) if plan and whole_own else None
    goals = trials.settings.objectives
    front = _front(seen, goals if len(goals) > 1 else ("loss", "time"))
    text = _text(best, plan if whole_own else None, importance, counts, seen, gain, study, trials.settings.space)
    text += _traded(front, goals)
    return {
        "status": "finished",
        "holds": None if gain is None else gain.holds,
        "counts": counts,
        "importance": importance,
        "pareto": [t.number for t in front],
        "best": {"params": best.values, "value": best.value, "trial": best.number},
        "text": text,
    }


def _importance(trials: Trials, seen: list[Seen]) -> dict[str, float]:
    """Share of the differences that each value explains (PED-ANOVA), where most were trained alike; {} if unknown."""
    done = [t for t in seen if t.state == "complete" and t.purpose != "again"]
    alike = max(([t for t in done if t.share == share] for share in trials.settings.shares), key=len)
    if len(alike) < FEWEST or len(trials.settings.space) < 2:
        return {}
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()
    try:
        shares = optuna.importance.get_param_importances(as_study(alike, trials.settings), evaluator=evaluator)
    except (ValueError, RuntimeError):
        return {}
    return {k: round(v, 3) for k, v in shares.items()}


def _front(seen: list[Seen], goals: Sequence[Objective]) -> list[Seen]:
    """Whole trainings that no other beats in everything that counts, best loss first."""
    whole = [t for t in seen if t.whole and all(math.isfinite(t.cost(goal)) for goal in goals)]
    return sorted((t for t in whole if not beaten(t, whole, goals)), key=lambda t: t.cost("loss"))


def _traded(front: list[Seen], goals: Sequence[Objective]) -> str:
    """What may be had instead of the best loss, where that was asked for."""
    if len(goals) < 2 or len(front) < 2:
        return ""
    told = "; ".join(f"trial {t.number}: {cost_words(t, goals)}" for t in front)
    return f" None of the others beats these in everything: {told}."


def cost_words(one: Seen, goals: Sequence[Objective]) -> str:
    """'loss 0.0250 in 31 s, 16,384 numbers trained'."""
    time = f" in {one.seconds:.0f} s" if "time" in goals and one.seconds is not None else ""
    size = f", {one.size:,} numbers trained" if "size" in goals and one.size is not None else ""
    return f"loss {one.cost('loss'):.4f}{time}{size}"


def _text(
    best: Seen,
    first: Seen | None,
    importance: dict[str, float],
    counts: dict[str, int],
    seen: list[Seen],
    gain: Gain | None,
    study: Study,
    space: Collection[str],
) -> str:
    assert best.value is not None
    values = ", ".join(f"{k} {number(v)}" for k, v in best.values.items())
    head = f"Best validation loss {best.value:.4f} with {values} (trial {best.number}, {len(seen)} in all)"
    if first is not None and first.value:
        below = 100 * (first.value - best.value) / first.value
        head += ": the recipe itself" if best.number == first.number else _below(below, first.value)
    sure = gain.words() if gain else "One run each: differences under a few per cent may be chance."
    return f"{head}.{_mattered(space, importance, seen)}{_lost(counts, study)} {sure}"


def _below(below: float, recipe: float) -> str:
    return f", {below:.1f} % below the recipe's {recipe:.4f}"


def _mattered(space: Collection[str], importance: dict[str, float], seen: list[Seen]) -> str:
    if len(space) == 1:
        return f" Only {next(iter(space))} was searched."
    if not importance:
        return ""
    name, share = max(importance.items(), key=lambda kv: kv[1])
    least, small = min(importance.items(), key=lambda kv: kv[1])
    done = [t.share for t in seen if t.state == "complete" and t.purpose != "again"]
    alike = max((done.count(share) for share in done), default=0)
    hint = f", a hint only: {alike} trials of one length" if alike < ENOUGH else ""
    little = f"; {least} hardly ({100 * small:.0f} %)" if small < 0.1 and least != name else ""
    return f" What mattered most: {name} ({100 * share:.0f} % of the differences{hint}){little}."


def _lost(counts: dict[str, int], study: Study) -> str:
    """What was stopped, what failed, what it took."""
    late = counts.get("out_of_time", 0)
    refused = counts.get("refused", 0)
    hopeless = counts.get("pruned", 0) - late - refused
    out = f" Stopped early as hopeless: {hopeless}." if hopeless else ""
    out += f" Not begun for want of memory: {refused}." if refused else ""
    when = "when it was ended" if (study.folder / "stop").exists() else "when the time was up"
    out += f" Cut off {when}: {late}." if late else ""
    spent = study.state().get("spent")
    out += f" Failed: {counts['fail']}." if counts.get("fail") else ""
    if counts.get("short") and spent:
        out += (
            f" {counts['short']} were trained for a part of the steps: in all as much as {spent:.1f} whole trainings."
        )
    return out


def _nothing(seen: list[Seen], study: Study) -> str:
    """Why there is no best value."""
    short = sum(t.state == "complete" for t in seen)
    if short:
        return f"No whole training came to its end ({short} short ones did), so there is no best value."
    said = [str(row["why"]) for row in study.state().get("trials", []) if row.get("why")]
    said += [str(run.status()["reason"]) for run in RunStore(study.folder).all() if run.status().get("reason")]
    why = max(set(said), key=said.count) if said else "it was ended before a trial was"
    return f"No trial finished, so there is no best value. Most common cause: {why}."
