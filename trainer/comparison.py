"""Tuned against untuned on the same rows: figures with intervals, samples, a verdict. No torch in this room."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.stats import mannwhitneyu

from trainer import metrics
from trainer.data.convert import Example
from trainer.diagnosis.failures.behaviour import behaviour
from trainer.evaluation.dealt import dealt
from trainer.metrics import Scores
from trainer.verdict import verdict

SAMPLES = 3


def _none() -> Scores:
    return np.array([])


@dataclass(frozen=True)
class Measured:
    """What one model did on the hold-out; empty where its metric needs none."""

    losses: Scores = field(default_factory=_none)
    tokens: Scores = field(default_factory=_none)
    answers: list[str] = field(default_factory=list)
    ended: list[bool] = field(default_factory=list)
    """Whether each answer came to an end of its own."""
    pairs: list[tuple[float, float]] = field(default_factory=list)
    """(better, worse) as the model rates them; of KTO rows (rating, 1 for good)."""
    earned: Scores | None = None
    general: Scores = field(default_factory=_none)
    """Losses on general rows, for what was forgotten."""
    letters: Scores = field(default_factory=_none)
    """Bytes of the text behind each loss, in UTF-8."""


def compare(
    metric: str, before: Measured, after: Measured, chosen: list[Example], sealed: int, constant: str | None = None
) -> dict[str, Any]:
    """The result of a run: `base`, `tuned` and their paired `difference`, with a verdict in words.

    `constant`: the one answer that fits the training rows best; a model that knows no more than that has learned none.
    """
    references = [e.answer for e in chosen]
    result = _figures(metric, before, after, references)
    counted = len(references) if metric in ("accuracy", "chrf", "reward") else len(after.pairs) or len(after.losses)
    result |= {"metric": metric, "rows": counted or sealed, "samples": samples(chosen, before.answers, after.answers)}
    if len(before.losses) and len(after.losses):
        result["loss"] = {"base": _mean(before.losses), "tuned": _mean(after.losses)}
    if told := behaviour(before.answers, after.answers, {"base": before.ended, "tuned": after.ended}):
        result["behaviour"] = told
    if len(before.general):
        result["forgetting"] = _forgetting(before.general, after.general)
    if constant is not None:
        result["constant"] = {"answer": constant} | _scored(
            metric, Measured(answers=[constant] * len(references)), after, references
        )
        gap = metrics.difference(_scores(metric, after, references), dealt(metric, after.answers, references))
        result["dealt"] = {"difference": gap.model_dump()}
    result["verdict"] = verdict(metric, result)
    return result


def _mean(scores: Scores) -> dict[str, Any]:
    return metrics.mean_interval(scores).model_dump()


def _figures(metric: str, before: Measured, after: Measured, references: list[str]) -> dict[str, Any]:
    if metric == "perplexity":
        return _pair(
            [metrics.perplexity(m.losses, m.tokens) for m in (before, after)],
            metrics.bootstrap(len(before.losses), lambda r: _perplexity(after, r) - _perplexity(before, r)),
        ) | {"also": _bits(before, after)}
    if metric == "auc":
        a, b, good = _rated(after), _rated(before), np.array([g for _, g in after.pairs])
        return _pair(
            [metrics.bootstrap(len(good), lambda r, x=x: auc(x[r], good[r])) for x in (b, a)],  # type: ignore[misc]
            metrics.bootstrap(len(good), lambda r: auc(a[r], good[r]) - auc(b[r], good[r])),
        )
    also = _also(metric, before, after, references)
    return _scored(metric, before, after, references) | ({"also": also} if also else {})


def _pair(both: list[metrics.Interval], gap: metrics.Interval) -> dict[str, Any]:
    base, tuned = both
    return {"base": base.model_dump(), "tuned": tuned.model_dump(), "difference": gap.model_dump()}


def _scored(metric: str, before: Measured, after: Measured, references: list[str]) -> dict[str, Any]:
    b, a = (_scores(metric, m, references) for m in (before, after))
    interval = metrics.proportion if metric == "accuracy" else metrics.mean_interval
    return _pair([interval(b), interval(a)], metrics.difference(a, b))


def _scores(metric: str, measured: Measured, references: list[str]) -> Scores:
    if metric == "pair_accuracy":
        return np.array([1.0 if x > y else 0.5 if x == y else 0.0 for x, y in measured.pairs])
    if metric == "reward":
        return _none() if measured.earned is None else measured.earned
    return (metrics.exact if metric == "accuracy" else metrics.chrf)(measured.answers, references)


def _rated(measured: Measured) -> Scores:
    return np.array([rating for rating, _ in measured.pairs])


def auc(ratings: Scores, good: Scores) -> float:
    """How often a good answer is rated above a bad one (Mann-Whitney U over all pairs); 0.5 where one kind lacks."""
    above, below = ratings[good > 0], ratings[good == 0]
    if not len(above) or not len(below):
        return 0.5
    return float(mannwhitneyu(above, below).statistic / (len(above) * len(below)))


def _perplexity(measured: Measured, rows: Any) -> float:
    return float(np.exp((measured.losses * measured.tokens)[rows].sum() / measured.tokens[rows].sum()))


def _bits(before: Measured, after: Measured) -> dict[str, Any]:
    """Bits per byte: unlike perplexity, it can be set beside a model that cuts the text into other tokens."""
    told = {"base": before, "tuned": after}
    return {
        "bits_per_byte": {
            name: metrics.bits_per_byte(m.losses * m.tokens, m.letters).model_dump() for name, m in told.items()
        }
    }


def _also(metric: str, before: Measured, after: Measured, references: list[str]) -> dict[str, Any]:
    pair = (("base", before.answers), ("tuned", after.answers))
    if metric == "accuracy":
        return {"macro_f1": {n: metrics.macro_f1(a, references).model_dump() for n, a in pair}}
    if metric == "chrf":
        return {"rouge_l": {n: _mean(metrics.rouge_l(a, references)) for n, a in pair}}
    return {}


def _forgetting(before: Scores, after: Scores) -> dict[str, Any]:
    """Loss on general rows that were not trained on; a rise is what was forgotten."""
    gap = metrics.difference(after, before)
    return {
        "base": _mean(before),
        "tuned": _mean(after),
        "difference": gap.model_dump(),
        "rows": len(before),
        "forgot": True if gap.low > 0 else False if gap.high < 0 else None,
    }


def samples(chosen: list[Example], before: list[str], after: list[str]) -> list[dict[str, Any]]:
    """Rows spread over the hold-out, not picked by how well they came out."""
    if not before or not after:
        return []
    where = [round(i * (len(chosen) - 1) / max(SAMPLES - 1, 1)) for i in range(SAMPLES)] if chosen else []
    return [
        {
            "row": chosen[i].row,
            "prompt": chosen[i].prompt,
            "reference": chosen[i].answer,
            "base": before[i],
            "tuned": after[i],
        }
        for i in dict.fromkeys(where)
    ]
