"""Did it help? Words from the intervals, never more certain than they are."""

from __future__ import annotations

from typing import Any

NAMES = {
    "accuracy": "accuracy",
    "chrf": "chrF",
    "perplexity": "perplexity",
    "pair_accuracy": "the better answer preferred in",
    "auc": "good answers rated above bad ones in",
    "reward": "mean reward",
}
SHARES = ("accuracy", "pair_accuracy", "auc")
"""Metrics told in per cent."""


def verdict(metric: str, result: dict[str, Any]) -> dict[str, Any]:
    """{'better': True/False/None, 'sentence': ...} from tuned, base and their paired difference."""
    tuned, base, gap = result["tuned"], result["base"], result["difference"]
    falls = metric == "perplexity"
    better = gap["high"] < 0 if falls else gap["low"] > 0
    worse = gap["low"] > 0 if falls else gap["high"] < 0
    rows = result["rows"]
    unit = "passages" if metric == "perplexity" else "rows"
    figures = f"{NAMES[metric]} {_n(metric, base['value'])} before, {_n(metric, tuned['value'])} after"
    small, large = sorted(abs(gap[k]) for k in ("low", "high"))
    span = f"{_points(metric, small)} to {_points(metric, large)} points, 95 % sure"
    unasked = _unasked(metric, result)
    if better and unasked:
        words = f"Nearer, but {rows:,} {unit} don't show that it knows what to answer: {figures}, beside {unasked}."
    elif better:
        words = f"It helped: {figures}, on {rows:,} {unit} it never saw (better by {span})."
    elif worse:
        words = f"It got worse: {figures}, on {rows:,} {unit} it never saw (worse by {span})."
    else:
        words = f"No difference that {rows:,} {unit} could show: {figures}."
    return {
        "better": None if better and unasked else True if better else False if worse else None,
        "sentence": words + _caution(metric, tuned),
    }


def _unasked(metric: str, result: dict[str, Any]) -> str:
    """Words where as much is reached without knowing the question, as far as the rows can tell; '' where it isn't."""
    one, other = result.get("constant"), result.get("dealt")
    if one and not one["difference"]["low"] > 0:
        return f"always giving the same answer, which reaches {_n(metric, one['base']['value'])}"
    if other and not other["difference"]["low"] > 0:
        reached = result["tuned"]["value"] - other["difference"]["value"]
        return f"its own answers dealt out to other questions, which reach {_n(metric, reached)}"
    return ""


def _n(metric: str, value: float) -> str:
    if metric in SHARES:
        return f"{100 * value:.1f} %"
    return f"{value:.2f}" if metric == "reward" else f"{value:.1f}"


def _points(metric: str, value: float) -> str:
    if metric in SHARES:
        return f"{100 * value:.0f}"
    return f"{value:.2f}" if metric == "reward" else f"{value:.1f}"


def _caution(metric: str, tuned: dict[str, float]) -> str:
    if metric == "accuracy" and tuned["value"] < 0.5:
        return " More than half of the labels are still wrong."
    if metric == "chrf" and tuned["value"] < 30:
        return " The answers are still far from yours: look at the samples before you use it."
    return ""
