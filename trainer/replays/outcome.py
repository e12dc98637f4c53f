"""What a replay shows: curves of both sides, pair by pair -> confirmed, not confirmed, or cannot tell. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from trainer.diagnosis.history import number
from trainer.replays.replay import Replay

HALF = 0.5
"""Of the recorded rise: as much must come back for it to be there again, and go away for it to be gone."""
ENOUGH = 2 / 3
"""Share of the pairs in which it must come back as it was; else nothing can be said."""
TAIL = 0.25
"""Share of the steps whose median is the end."""
Verdict = Literal["confirmed", "not confirmed", "cannot tell"]


class Curve(BaseModel):
    """Losses step by step of one side of a pair; inf where the loss was no number."""

    model_config = ConfigDict(ser_json_inf_nan="strings")

    pair: int
    changed: bool
    steps: list[int] = []
    losses: list[float] = []
    whole: bool = False
    """Whether it came to its end."""


class Pair(BaseModel):
    """What was weighed of one pair."""

    model_config = ConfigDict(ser_json_inf_nan="strings")

    as_was: float
    without: float
    again: bool
    """Whether the rise came back as it was."""
    gone: bool
    """Whether at least half of it went away without the suspect."""


class Outcome(BaseModel):
    """The verdict with its figures."""

    model_config = ConfigDict(ser_json_inf_nan="strings")

    replay: Replay
    verdict: Verdict
    why: str
    pairs: list[Pair]
    curves: list[Curve]
    gradients: dict[int, float] = {}
    """Row of the moment's first step -> norm of the gradient that it gives alone (sft and cpt)."""
    seconds: float = 0.0


def gradients_of(lines: Iterable[dict[str, Any]]) -> dict[int, float]:
    """How strongly each row pulled, where that was looked at."""
    looked: dict[str, float] = next((line["gradients"] for line in lines if "gradients" in line), {})
    return {int(row): float(norm) for row, norm in looked.items()}


def curves_of(lines: Iterable[dict[str, Any]]) -> list[Curve]:
    """The lines that the process wrote: {pair, changed, step, loss} or {pair, changed, done}."""
    found: dict[tuple[int, bool], Curve] = {}
    for line in lines:
        key = (int(line["pair"]), bool(line["changed"]))
        curve = found.setdefault(key, Curve(pair=key[0], changed=key[1]))
        if "gradients" in line:
            continue
        if line.get("done"):
            curve.whole = True
        else:
            loss = number(line["loss"])
            curve.steps.append(int(line["step"]))
            curve.losses.append(loss if np.isfinite(loss) else float("inf"))
    return [found[key] for key in sorted(found)]


def weighed(replay: Replay, curves: list[Curve], seconds: float = 0.0) -> Outcome:
    """The verdict over the pairs of which both sides came to their end."""
    sides = {(c.pair, c.changed): c for c in curves if c.whole}
    both = [n for n in range(replay.pairs) if (n, False) in sides and (n, True) in sides]
    pairs = [_pair(replay, sides[n, False], sides[n, True]) for n in both]
    verdict, why = _verdict(pairs)
    return Outcome(replay=replay, verdict=verdict, why=why, pairs=pairs, curves=curves, seconds=round(seconds, 1))


def _pair(replay: Replay, as_was: Curve, without: Curve) -> Pair:
    a, b = (_figure(replay, c) for c in (as_was, without))
    # against the record where it holds the rise, else (the loss was no number) against twice the level
    height = replay.height if np.isfinite(replay.height) else replay.level
    again = a - replay.level >= HALF * height
    rise = min(a - replay.level, 1e9)
    return Pair(as_was=a, without=b, again=again, gone=again and b - replay.level <= HALF * rise)


def _figure(replay: Replay, curve: Curve) -> float:
    """The peak within the moment, or the median at the end."""
    losses = [x for step, x in zip(curve.steps, curve.losses, strict=True) if step >= replay.moment[0]]
    there = [x for s, x in zip(curve.steps, curve.losses, strict=True) if replay.moment[0] <= s <= replay.moment[1]]
    if not losses or not all(np.isfinite(losses)):
        return float("inf") if losses else float("nan")
    if replay.judged_by == "peak":
        return max(there, default=max(losses))
    return float(np.median(losses[-max(1, round(TAIL * len(losses))) :]))


def _verdict(pairs: list[Pair]) -> tuple[Verdict, str]:
    if len(pairs) < 2:
        return "cannot tell", "too few pairs came to their end"
    again = [p for p in pairs if p.again]
    if len(again) < ENOUGH * len(pairs):
        return "cannot tell", f"as it was, the rise came back in {len(again)} of {len(pairs)} replays only"
    gone = sum(p.gone for p in again)
    if gone == len(again):
        return "confirmed", f"it went away in {gone} of {len(again)} replays"
    if gone == 0:
        return "not confirmed", f"it came all the same in {len(again)} of {len(again)} replays"
    return "cannot tell", f"it went away in {gone} of {len(again)} replays only"
