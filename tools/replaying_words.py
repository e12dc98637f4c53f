"""A replay and its verdict in words. Every number is of the record or of the replay."""

from __future__ import annotations

import numpy as np

from tools.words import number
from trainer.replays.extent import Extent, ExtentOutcome
from trainer.replays.outcome import Outcome, Pair
from trainer.replays.replay import Replay

LEAD = {
    "confirmed": "**Confirmed**",
    "not confirmed": "**Not confirmed**",
    "cannot tell": "**Cannot tell**",
}


def suspect_words(replay: Replay) -> str:
    """The suspect: 'row 8,231', 'learning_rate 0.05'."""
    if replay.rows:
        shown = ", ".join(f"{n:,}" for n in replay.rows[:5])
        more = f" and {len(replay.rows) - 5} more" if len(replay.rows) > 5 else ""
        return f"row{'s' * (len(replay.rows) > 1)} {shown}{more}"
    return " and ".join(f"{name} {number(replay.was.get(name))}" for name in replay.changes)


def other_words(replay: Replay) -> str:
    """The other side: 'without it', 'with learning_rate 0.001'."""
    if replay.rows:
        return "without them" if len(replay.rows) > 1 else "without it"
    return "with " + " and ".join(f"{name} {number(value)}" for name, value in replay.changes.items())


def replay_words(replay: Replay, short: bool = False) -> str:
    """What would be done, how long it takes, what it costs."""
    where = (
        f"from checkpoint-{replay.start}" if replay.start else "from the beginning (no checkpoint before it is left)"
    )
    if replay.start == 0 and replay.moment[0] <= 1:
        where = "from the beginning"
    takes = _takes(replay.seconds)
    what = (
        f"replay steps {replay.start + 1} to {replay.end} of {replay.run_id}, {where}, "
        f"with {suspect_words(replay)} and {other_words(replay)}, {replay.pairs} times each: {takes}, $0."
    )
    if short:
        return what
    how = "The first pair goes the run's own way; the others take the rows in another order, so that chance can show."
    stop = f"It ends after {replay.max_minutes:g} minutes, whatever is done. The run itself is not touched."
    return f"I would {what} {how} {stop} Nothing has started; approve it, or say what to change."


def _takes(seconds: tuple[float, float]) -> str:
    low, high = seconds
    return f"{low:.0f} to {high:.0f} seconds" if high < 120 else f"{low / 60:.0f} to {high / 60:.0f} minutes"


def outcome_words(outcome: Outcome) -> str:
    """The verdict with its figures, and what it means."""
    replay, pairs = outcome.replay, outcome.pairs
    judged = "the loss rose to" if replay.judged_by == "peak" else "the loss ended at"
    lead = f"{LEAD[outcome.verdict]}: {outcome.why}."
    if not pairs:
        return f"{lead} Give it more time: replay within {2 * replay.max_minutes:g} minutes."
    with_it, without = (_span([getattr(p, side) for p in pairs]) for side in ("as_was", "without"))
    figures = (
        f"With {suspect_words(replay)} {judged} {with_it}, {other_words(replay)} to {without}"
        if replay.judged_by == "peak"
        else f"With {suspect_words(replay)} {judged} {with_it}, {other_words(replay)} at {without}"
    )
    level = f" (level before: {number(replay.level)})" if replay.moment[0] > 1 else ""
    return f"{lead} {figures}{level}. {_pull(outcome)}{_meaning(outcome, pairs)}"


def _pull(outcome: Outcome) -> str:
    """How strongly the strongest suspect row pulled, beside the middle row of its step."""
    norms = outcome.gradients
    suspects = {row: norms[row] for row in outcome.replay.rows if row in norms}
    if not suspects or len(norms) < 3:
        return ""
    row = max(suspects, key=lambda n: suspects[n])
    middle = float(np.median(list(norms.values())))
    told = f"row {row:,} gives a gradient of norm {number(suspects[row])}, the middle row of its step {number(middle)}"
    return f"Alone, {told}. "


def _span(values: list[float]) -> str:
    if not all(np.isfinite(values)):
        finite = [v for v in values if np.isfinite(v)]
        return "no number" if not finite else f"no number, or {_span(finite)}"
    low, high = min(values), max(values)
    return number(low) if number(low) == number(high) else f"{number(low)} to {number(high)}"


def _meaning(outcome: Outcome, pairs: list[Pair]) -> str:
    replay = outcome.replay
    if outcome.verdict == "confirmed":
        if replay.rows:
            return f"Leave {'them' if len(replay.rows) > 1 else 'it'} out of the next run, or mend what is wrong there."
        return f"The next run should go {other_words(replay)}."
    if outcome.verdict == "not confirmed":
        return f"So {suspect_words(replay)} did not do it; the cause is something else."
    if not any(p.again for p in pairs):
        return "What can't be brought about again can't be traced by replaying it: it may hang on chance."
    return "More pairs would tell: say how many, such as “replay it 8 times”."


def extent_words(extent: Extent) -> str:
    """What would be trained for a learning curve."""
    shares = " and ".join(f"{100 * share:.0f} %" for share in extent.shares)
    again = f"on {shares} of its {extent.rows:,} rows, and once more on all of them with another seed ({extent.seed})"
    stays = "the run, its rows and the sealed rows are not touched"
    return (
        f"I would train {extent.run_id} again, as many steps, {again}, to see what more rows gain and what is chance: "
        f"{_takes(extent.seconds)}, $0. It ends after {extent.max_minutes:g} minutes, whatever is done; {stays}. "
        "Nothing has started; approve it, or decline."
    )


def extent_outcome_words(outcome: ExtentOutcome) -> str:
    """What the curve says, with its figures."""
    own = [p for p in sorted(outcome.points, key=lambda p: p.share) if p.seed != outcome.extent.seed]
    curve = ", ".join(f"{number(p.loss)} with {100 * p.share:.0f} %" for p in own)
    lead = f"**{outcome.verdict.capitalize()}.** Lowest validation loss: {curve} of the rows."
    if outcome.noise is None or outcome.gain is None:
        return f"{lead} Not all trainings came to their end in time, so the rest can't be told."
    chance = f"Another seed changed it by {number(outcome.noise)}"
    if outcome.verdict == "more rows would help":
        return f"{lead} The last doubling gained {number(outcome.gain)}. {chance}: the gain is no chance."
    gained = f"gained {number(outcome.gain)}" if outcome.gain > 0 else "gained nothing"
    return f"{lead} The last doubling {gained}. {chance}: more of the same rows would not show."
