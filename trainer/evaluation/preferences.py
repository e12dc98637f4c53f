"""What raters preferred: how often, how sure, whether they agree, whether they favour a side. Words included."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from scipy.stats import binomtest

from trainer import metrics
from trainer.evaluation.agreement import band, cohen, fleiss
from trainer.evaluation.blind import Blind, Vote
from trainer.metrics import Interval

SURE = 0.05
FEW = 10
"""Decided pairs under which a side that is favoured can't be told."""


class Preferences(BaseModel):
    """The outcome of a blind comparison."""

    model_config = ConfigDict(frozen=True)

    raters: tuple[str, ...]
    choosers: int
    """Raters who chose between pairs."""
    pairs: int
    """Pairs with a vote."""
    wins: int
    losses: int
    ties: int
    """Of the pairs, by the middle of the raters."""
    share: Interval | None
    """How often the run's answer is preferred, ties half."""
    p: float | None
    """Sign test over the decided pairs."""
    left: float | None
    """Share of the decided votes for the answer on the left, of those that saw one order only."""
    left_p: float | None
    kappa: float | None
    """Between the raters: Cohen's for two, Fleiss' for more."""
    ratings: tuple[Interval, Interval] | None = None
    """Mean rating of the run's answers and of the other's, 1 to 5."""
    ratings_gap: Interval | None = None
    ratings_kappa: float | None = None


def preferences(blind: Blind, said: Sequence[Vote]) -> Preferences:
    """Count the votes of a comparison."""
    chosen = [v for v in said if v.choice is not None]
    voted = sorted({v.pair for v in chosen})
    scores = np.array([np.mean([v.score for v in chosen if v.pair == pair]) for pair in voted])
    decided = int((scores != 0.5).sum())
    lefts = [v.choice == "left" for v in chosen if v.choice != "tie" and not v.both_orders]
    return Preferences(
        raters=tuple(sorted({v.rater for v in said})),
        choosers=len({v.rater for v in chosen}),
        pairs=len(voted),
        wins=int((scores > 0.5).sum()),
        losses=int((scores < 0.5).sum()),
        ties=int((scores == 0.5).sum()),
        share=_share(scores) if len(scores) > 1 else None,
        p=float(binomtest(int((scores > 0.5).sum()), decided).pvalue) if decided else None,
        left=float(np.mean(lefts)) if lefts else None,
        left_p=float(binomtest(sum(lefts), len(lefts)).pvalue) if lefts else None,
        kappa=kappa_of({(v.rater, v.pair): winner(v) for v in chosen}),
        **_ratings([v for v in said if v.rating is not None]),
    )


def _share(scores: NDArray[np.float64]) -> Interval:
    """Wilson's interval where nothing is tied: honest, too, where all prefer the same."""
    return metrics.proportion(scores) if np.isin(scores, (0, 1)).all() else metrics.mean_interval(scores)


def winner(vote: Vote) -> str:
    """Which answer a vote is for, whatever side it stood on."""
    return "tie" if vote.score == 0.5 else "tuned" if vote.score == 1.0 else "other"


def kappa_of(said: dict[tuple[str, Any], Any], weighted: bool = False) -> float | None:
    """Agreement on the items that all raters have judged; None with fewer than two raters or items."""
    raters = sorted({rater for rater, _ in said})
    shared = [i for i in sorted({i for _, i in said}) if all((rater, i) in said for rater in raters)]
    if len(raters) < 2 or len(shared) < 2:
        return None
    columns = [[said[rater, i] for i in shared] for rater in raters]
    if weighted:
        found = [k for one, two in combinations(columns, 2) if (k := cohen(one, two, weighted=True)) is not None]
        return float(np.mean(found)) if found else None
    if len(raters) == 2:
        return cohen(columns[0], columns[1])
    return fleiss([[said[rater, i] for rater in raters] for i in shared])


def _ratings(rated: list[Vote]) -> dict[str, Any]:
    if not rated:
        return {}
    means = {
        side: {p: np.mean([v.rating for v in rated if v.pair == p and v.left == side]) for p in _pairs(rated, side)}
        for side in (0, 1)
    }
    both = sorted(means[0].keys() & means[1].keys())
    if len(both) < 2:
        return {}
    mine, theirs = (np.array([means[side][p] for p in both]) for side in (0, 1))
    return {
        "ratings": (metrics.mean_interval(mine), metrics.mean_interval(theirs)),
        "ratings_gap": metrics.difference(mine, theirs),
        "ratings_kappa": kappa_of({(v.rater, (v.pair, v.left)): v.rating for v in rated}, weighted=True),
    }


def _pairs(rated: list[Vote], side: int) -> set[int]:
    return {v.pair for v in rated if v.left == side}


def words(blind: Blind, found: Preferences) -> str:
    """The outcome in sentences."""
    mine, other = blind.names
    lines = []
    if found.pairs:
        lines.append(_verdict(mine, other, found, blind.same))
    if found.ratings and found.ratings_gap:
        a, b = found.ratings
        gap = found.ratings_gap
        sure = "sure" if gap.low > 0 or gap.high < 0 else "it may be chance"
        lines.append(f"Rated 1 to 5: {mine} {a.value:.2f}, {other} {b.value:.2f} (gap {gap.value:+.2f}, {sure}).")
    lines += _agreement(found)
    if found.left is not None and found.left_p is not None and found.left_p < SURE:
        side = "left" if found.left > 0.5 else "right"
        lines.append(
            f"The answer on the {side} was chosen in {100 * max(found.left, 1 - found.left):.0f} % of the votes: "
            "its place weighed more than it should. Sides are dealt by lot, so it blurs the result and tips it nowhere."
        )
    return "\n".join(lines) or "Nobody has judged a pair yet."


def _verdict(mine: str, other: str, found: Preferences, same: int) -> str:
    counts = f"{found.wins} to {found.losses}, {found.ties} ties, on {found.pairs} pairs that were answered differently"
    counts += f" ({same} further rows were answered alike)" if same else ""
    if found.p is None or found.share is None:
        return f"{mine} against {other}: {counts}. Too few to tell."
    if found.p >= SURE:
        return f"No preference that {found.pairs} pairs could show: {mine} against {other} {counts} (p {found.p:.2f})."
    better, share = (mine, found.share.value) if found.wins > found.losses else (other, 1 - found.share.value)
    low, high = (found.share.low, found.share.high) if better == mine else (1 - found.share.high, 1 - found.share.low)
    return (
        f"{better} is preferred: {counts}; chosen in {100 * share:.0f} % ({100 * low:.0f} to {100 * high:.0f}, "
        f"95 % sure; ties count half)."
    )


def _beyond(kappa: float) -> str:
    return band(kappa) + ("" if kappa < 0 else " beyond chance")


def _agreement(found: Preferences) -> list[str]:
    out = []
    if found.kappa is not None:
        name = "Cohen" if found.choosers == 2 else "Fleiss"
        out.append(f"How far {found.choosers} raters agree: {_beyond(found.kappa)} ({name}'s kappa {found.kappa:.2f}).")
    if found.ratings_kappa is not None:
        out.append(f"On the scale: {_beyond(found.ratings_kappa)} (weighted kappa {found.ratings_kappa:.2f}).")
    return out
