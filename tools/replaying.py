"""Proof by experiment: a replay laid on the table, and the verdict that an approval of it gives."""

from __future__ import annotations

from collections.abc import Callable

from tools.arguments import LearningCurve, ReplayRun
from tools.desk import Desk, ToolResult
from tools.orders import Order
from tools.replaying_words import extent_outcome_words, extent_words, outcome_words, replay_words
from tools.suspecting import AT_A_MOMENT, CLEAR, moment_of, suspects_at
from tools.words import in_english
from trainer.data.doctor.watch import Progress
from trainer.diagnosis import diagnose
from trainer.diagnosis.dealt import read_steps
from trainer.diagnosis.finding import Finding
from trainer.diagnosis.record import record_of
from trainer.errors import UserFacingError
from trainer.replays.carry_out import extended, replayed
from trainer.replays.extent import planned_extent
from trainer.replays.process import Watch
from trainer.replays.replay import REPLAYED, Replay, Wanted, planned
from trainer.runs import Run

MOST_ROWS = 16
"""Rows that are left out together where none was named: those that stand out most."""


def replay_run(args: ReplayRun, desk: Desk) -> ToolResult:
    """Offer to prove a cause: a moment trained again without the suspect. Starts nothing."""
    run = desk.run(args.run_id)
    wanted = Wanted(
        rows=tuple(args.rows), changes=args.changes, step=args.step, pairs=args.pairs, max_minutes=args.max_minutes
    )
    order = Order(kind="replay", replay=proposed(run, wanted))
    say = "\n".join(in_english([replay_words(order.replay)] if order.replay else [], desk.voice))
    return ToolResult(say, {"hash": order.hash, **order.model_dump(mode="json")}, [order.paper()], order)


def proposed(run: Run, wanted: Wanted) -> Replay:
    """The replay of what was asked about, or else of what the diagnosis found. Raises UserFacingError."""
    found = diagnose(record_of(run))
    finding = next((f for f in found if _tryable(f) and _near(f, wanted.step)), None)
    step = wanted.step or (finding.onset_step if finding else None)
    moment = None if step is None else moment_of(run, found, step)
    if moment is None:
        names = ", ".join(f.label.replace("_", " ") for f in found)
        raise UserFacingError(
            f"the record of {run.id} points at no moment that could be tried (found: {names})",
            "",
            "Name the step that you mean: replay step 120.",
        )
    return planned(run, finding, moment, _suspects(run, moment), wanted)


def _tryable(finding: Finding) -> bool:
    return finding.onset_step is not None and (finding.label in AT_A_MOMENT or bool(set(finding.fix) & set(REPLAYED)))


def _near(finding: Finding, step: int | None) -> bool:
    """Whether a finding may be about the step that was named: it began there or before."""
    return step is None or (finding.onset_step or 0) <= step + 3


def _suspects(run: Run, moment: tuple[int, int]) -> list[int]:
    """The rows of the moment that stand out."""
    found, _ = suspects_at(run, read_steps(run.folder), moment, MOST_ROWS)
    return [s.row for s in found if s.score >= CLEAR]


def offer(run: Run, step: int | None) -> str:
    """A sentence that offers the proof; '' where none can be given."""
    try:
        replay = proposed(run, Wanted(step=step))
    except UserFacingError:
        return ""
    return f"I could prove it, by an experiment: {replay_words(replay, short=True)} Say “prove it”."


def carry_out_replay(order: Order, approval: str, desk: Desk) -> ToolResult:
    """Replay what was approved, once, and tell the verdict."""
    if order.replay is None:
        raise UserFacingError("no replay is on the table", "", "Ask for it again.")
    outcome = replayed(order.replay, desk.store.get(order.replay.run_id), approval, watched(desk.watch))
    document = outcome.model_dump(mode="json")
    say = "\n".join(in_english([outcome_words(outcome)], desk.voice))
    return ToolResult(say, document, [{"type": "replayed", "run_id": order.replay.run_id, "outcome": document}])


def watched(watch: Callable[[Progress], None] | None) -> Watch | None:
    """A watch over progress, told of steps; it may end the replay."""
    if watch is None:
        return None
    return lambda done, total, passed: watch(Progress("replaying", done, total, passed))


def learning_curve(args: LearningCurve, desk: Desk) -> ToolResult:
    """Offer to measure whether more rows help, and what is chance. Starts nothing."""
    extent = planned_extent(desk.run(args.run_id), args.max_minutes)
    order = Order(kind="extent", extent=extent)
    say = "\n".join(in_english([extent_words(extent)], desk.voice))
    return ToolResult(say, {"hash": order.hash, **order.model_dump(mode="json")}, [order.paper()], order)


def carry_out_extent(order: Order, approval: str, desk: Desk) -> ToolResult:
    """Train what was approved, once, and tell what it says."""
    if order.extent is None:
        raise UserFacingError("no learning curve is on the table", "", "Ask for it again.")
    outcome = extended(order.extent, desk.store.get(order.extent.run_id), approval, watched(desk.watch))
    document = outcome.model_dump(mode="json")
    say = "\n".join(in_english([extent_outcome_words(outcome)], desk.voice))
    return ToolResult(say, document, [{"type": "extended", "run_id": order.extent.run_id, "outcome": document}])
