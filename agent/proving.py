"""The replay command: what would be trained again, and the verdict."""

from __future__ import annotations

import math
import re
import uuid
from typing import Any

from agent.commands import assignment, store
from tools.orders import Order
from tools.replaying import proposed, watched
from tools.replaying_words import (
    extent_outcome_words,
    extent_words,
    other_words,
    outcome_words,
    replay_words,
    suspect_words,
)
from tools.words import number
from trainer.data.doctor.watch import Watch
from trainer.errors import UserFacingError
from trainer.replays import carry_out
from trainer.replays.extent import Extent, ExtentOutcome, planned_extent
from trainer.replays.outcome import Outcome
from trainer.replays.replay import Replay, Wanted


def offered(run: str, step: int | None, rows: str, sets: list[str], pairs: int | None, minutes: float | None) -> Replay:
    """The replay that was asked for on the command line. Raises UserFacingError."""
    numbers = tuple(int(n) for n in rows.split(",")) if re.fullmatch(r"\s*[0-9]+\s*(,\s*[0-9]+\s*)*", rows) else ()
    if minutes is not None and not math.isfinite(minutes):
        raise UserFacingError(f"{minutes} is no number of minutes", "--within", "Write a number, such as 20.")
    if rows and not numbers:
        raise UserFacingError(f"{rows!r} names no rows", "--rows", "Write their numbers: 17 or 3,4,12")
    changes = dict(assignment(text) for text in sets)
    return proposed(
        store().get(run), Wanted(rows=numbers, changes=changes, step=step, pairs=pairs, max_minutes=minutes)
    )


def words(replay: Replay) -> str:
    """What would be done."""
    return replay_words(replay)


def done(replay: Replay, watch: Watch | None = None) -> Outcome:
    """Carry it out. The caller has the person's yes."""
    return carry_out.replayed(replay, store().get(replay.run_id), f"cli-{uuid.uuid4().hex}", watched(watch))


def verdict(outcome: Outcome) -> str:
    """What it showed."""
    return outcome_words(outcome)


def outcomes(run_id: str) -> list[Outcome]:
    """What was replayed of a run, oldest first."""
    return carry_out.outcomes(store().get(run_id))


def card_lines(document: dict[str, Any]) -> list[tuple[str, str]]:
    """A replay on the table, line by line."""
    replay = Order.model_validate(document).replay
    if replay is None:
        return []
    low, high = replay.seconds
    with_it, without = sides(replay)
    first, last = replay.moment
    moment = f"step {first:,}" if first == last else f"steps {first:,} to {last:,}"
    return [
        ("What", f"steps {replay.start + 1:,} to {replay.end:,} of {replay.run_id} are trained again"),
        ("From", f"checkpoint-{replay.start}" if replay.start else "the base model"),
        ("One side", with_it),
        ("Other side", without),
        (
            "How often",
            f"{replay.pairs} times each; the loss of {moment} decides",
        ),
        (
            "Takes",
            f"{low:.0f} to {high:.0f} seconds by this run's own pace; it ends after {replay.max_minutes:g} minutes",
        ),
        ("Costs", "$0 (this machine)"),
        ("Stays", "the run, its checkpoints and its rows are not touched"),
    ]


def sides(replay: Replay) -> tuple[str, str]:
    """Both sides in words: 'with row 17', 'without it'."""
    return f"with {suspect_words(replay)}", other_words(replay)


def pair_figures(outcome: Outcome) -> list[tuple[str, str]]:
    """The loss of both sides of each pair that came to its end."""
    return [(figure(p.as_was), figure(p.without)) for p in outcome.pairs]


def figure(value: float) -> str:
    """A loss as people write it."""
    return number(value) if math.isfinite(value) else "no number"


def outcome_of(document: dict[str, Any]) -> Outcome:
    """An outcome, from its event."""
    return Outcome.model_validate(document)


def extent_offered(run: str, minutes: float | None) -> Extent:
    """The learning curve of a run. Raises UserFacingError."""
    if minutes is not None and not math.isfinite(minutes):
        raise UserFacingError(f"{minutes} is no number of minutes", "--within", "Write a number, such as 20.")
    return planned_extent(store().get(run), minutes)


def extent_said(extent: Extent) -> str:
    """What would be trained."""
    return extent_words(extent)


def extent_done(extent: Extent, watch: Watch | None = None) -> ExtentOutcome:
    """Train it. The caller has the person's yes."""
    return carry_out.extended(extent, store().get(extent.run_id), f"cli-{uuid.uuid4().hex}", watched(watch))


def extent_verdict(outcome: ExtentOutcome) -> str:
    """What it says."""
    return extent_outcome_words(outcome)


def extent_lines(document: dict[str, Any]) -> list[tuple[str, str]]:
    """A learning curve on the table, line by line."""
    extent = Order.model_validate(document).extent
    if extent is None:
        return []
    low, high = extent.seconds
    shares = " and ".join(f"{100 * share:.0f} %" for share in extent.shares)
    return [
        ("What", f"{extent.run_id} is trained again on {shares} of its {extent.rows:,} rows"),
        ("And", f"on all of them with another seed ({extent.seed}): what that changes is chance"),
        ("Takes", f"{low / 60:.1f} to {high / 60:.1f} minutes by its own pace; it ends after {extent.max_minutes:g}"),
        ("Costs", "$0 (this machine)"),
        ("Stays", "the run, its rows and the sealed rows are not touched"),
    ]


def extent_told(document: dict[str, Any]) -> tuple[str, str, list[tuple[str, str, str]]]:
    """Verdict, sentence, and (rows, seed, loss) of each training."""
    outcome = ExtentOutcome.model_validate(document)
    points = sorted(outcome.points, key=lambda p: (p.share, p.seed))
    rows = [(f"{100 * p.share:.0f} %", str(p.seed), figure(p.loss)) for p in points]
    return outcome.verdict.capitalize(), extent_outcome_words(outcome).replace("**", ""), rows
