"""Starting what was approved, and looking after runs."""

from __future__ import annotations

from pathlib import Path

from tools.arguments import Nothing, OfRun
from tools.augmenting import carry_out_augmentation
from tools.augmenting_words import augmentation_words
from tools.desk import Desk, ToolResult
from tools.orders import Order
from tools.plan_words import plan_words
from tools.preparing import carry_out_preparation
from tools.preparing_words import preparation_words
from tools.replaying import carry_out_extent, carry_out_replay
from tools.replaying_words import extent_words, replay_words
from tools.search.study import StudyStore
from tools.watching_search import meant_search, resume_search, search_status, stop_search
from tools.wording import Voice
from tools.words import in_english, queued_words, status_words
from trainer import launch
from trainer.data.sources import fingerprint
from trainer.errors import UserFacingError
from trainer.runs import ACTIVE, Run

SHOWN = ("reason", "saved", "eta_seconds", "phase", "place", "of", "waits_for", "wait_seconds")
"""Facts of a run's state that programs are told where there are any."""


def start_training(args: Nothing, desk: Desk) -> ToolResult:
    """Start the plan that the person has approved. Without their approval nothing starts."""
    if desk.order is None:
        raise UserFacingError("there is no plan to start yet", "", "Say what you want to train, and on what.")
    if desk.order_state == "none" or (desk.order_state == "started" and desk.order.proposal is None):
        raise UserFacingError("no plan is on the table", "", "Ask for the plan again, then approve it.")
    if desk.order_state == "proposed":
        return ToolResult(
            desk.voice.say("not_approved"),
            events=[{"type": "needs_approval", "hash": desk.order.hash}],
        )
    return ToolResult(f"It has been started already. {status_words(desk.run(None), desk.voice)}")


def carry_out(order: Order, approval: str, desk: Desk) -> ToolResult:
    """Launch an approved order. The same approval starts one run, however often it is sent."""
    if order.kind in _OTHERS:
        return _OTHERS[order.kind](order, approval, desk)
    if order.planned.blockers:
        raise UserFacingError("this plan can't start", "", order.planned.blockers[0].advice)
    data = order.planned.plan.data
    if not Path(data.dataset_path).exists() or fingerprint(Path(data.dataset_path)) != data.fingerprint:
        raise UserFacingError(
            "has changed since the plan was shown",
            Path(data.dataset_path).name,
            "Ask for the plan again; nothing was started.",
        )
    if order.kind == "search":
        study, new = StudyStore(desk.home).create(order, approval)
        if new or not (study.folder / "process.json").exists():
            study.start()
        trials, where = order.search.n_trials if order.search else 0, study.standing()
        say = f"{'Started' if new else 'Already started as'} {study.id}: up to {trials} trials."
        if where is not None:
            say = f"Approved as {study.id}, up to {trials} trials: it starts after {where.waits_for}."
        return ToolResult(say, {"study": study.id}, [{"type": "search_started", "study": study.id}])
    run, new = desk.store.create(order.planned, approval)
    if new or not (run.folder / "process.json").exists():
        # not new but never begun: the page died between the ticket and the launch
        launch.start(run)
        say = _begun(run, desk)
    else:
        say = desk.voice.say("already", run=run.id)
    return ToolResult(say, {"run_id": run.id}, [{"type": "run_started", "run_id": run.id}], run_id=run.id)


_OTHERS = {
    "prepare": carry_out_preparation,
    "augment": carry_out_augmentation,
    "replay": carry_out_replay,
    "extent": carry_out_extent,
}
"""What carries out an order that starts no training."""


def _begun(run: Run, desk: Desk) -> str:
    """Started, or approved and after whom it starts."""
    ahead = run.in_line()
    if not ahead:
        return desk.voice.say("started", run=run.id)
    return desk.voice.say("starts_after", run=run.id, ahead=ahead["waits_for"])


def run_status(args: OfRun, desk: Desk) -> ToolResult:
    """Where a run stands: step, loss, time left, or how it ended; without a run, the plan on the table."""
    if args.run_id is None and desk.order is not None and desk.order_state == "proposed":
        return ToolResult(order_words(desk.order, desk.voice), {"hash": desk.order.hash})
    if (study := meant_search(args.run_id, desk)) is not None:
        return search_status(study)
    run = desk.run(args.run_id)
    return ToolResult(
        status_words(run, desk.voice),
        {"run_id": run.id, **run.status()},
        [{"type": "status", "run_id": run.id}],
        as_it_is=bool(run.status().get("reason")),  # it may quote the log
    )


def order_words(order: Order, voice: Voice) -> str:
    """The order on the table, said again."""
    if order.preparation is not None:
        return "\n".join(in_english(preparation_words(order.preparation), voice))
    if order.replay is not None:
        return "\n".join(in_english([replay_words(order.replay)], voice))
    if order.extent is not None:
        return "\n".join(in_english([extent_words(order.extent)], voice))
    if order.augmentation is not None:
        return "\n".join(in_english(augmentation_words(order.augmentation, samples=False), voice))
    return plan_words(order.planned, voice)


def stop_run(args: OfRun, desk: Desk) -> ToolResult:
    """Stop a run after its current step, with a checkpoint saved first. Deletes nothing."""
    if (study := meant_search(args.run_id, desk)) is not None:
        return stop_search(study)
    run = desk.run(args.run_id)
    state = run.status().get("status")
    if state not in ACTIVE:
        return ToolResult(f"{desk.voice.say('not_running')} {status_words(run, desk.voice)}", described(run))
    run.ask_stop()
    if state == "evaluating":
        say = f"{run.id} is trained and its model is kept; the test stops, and resuming the run tests it again."
    else:
        say = desk.voice.say("unqueued" if state == "queued" else "stopping", run=run.id)
    return ToolResult(say, described(run), [{"type": "stopping", "run_id": run.id}])


def resume_run(args: OfRun, desk: Desk) -> ToolResult:
    """Go on with a stopped or dead run from its last whole checkpoint, under the same plan."""
    if args.run_id is not None and (study := meant_search(args.run_id, desk)) is not None:
        return resume_search(study)
    run = desk.run(args.run_id)
    if changes := args.unknown.keys() - {"resume_from_checkpoint", "checkpoint"}:
        raise UserFacingError(
            f"a resumed run keeps its plan, {', '.join(sorted(changes))} too",
            run.id,
            "Change the plan and approve it as a new run instead.",
        )
    state = run.status().get("status")
    if state == "finished":
        return ToolResult(f"{run.id} is finished; there is nothing to resume.", {"run_id": run.id})
    launch.start(run, resume=True)
    saved = run.last_checkpoint_name()
    say = desk.voice.say("resuming", run=run.id, saved=saved or desk.voice.say("beginning"))
    if ahead := run.in_line(again=True):
        say = f"{say} {queued_words(run, ahead, desk.voice)}"
    return ToolResult(say, {"run_id": run.id}, [{"type": "run_started", "run_id": run.id}], run_id=run.id)


def described(run: Run) -> dict[str, object]:
    """A run for programs: state, last metrics, plan."""
    rows = run.history()
    last: dict[str, object] = {}
    for row in rows:
        last |= {k: v for k, v in row.items() if k not in ("elapsed",)}
    state = run.status()
    plan = run.plan()
    return {
        "run_id": run.id,
        "status": state.get("status"),
        "step": state.get("step", 0),
        "max_steps": state.get("max_steps", 0),
        "metrics": last,
        "plan": plan.model_dump(mode="json"),
        "result": run.result(),
        **{k: state[k] for k in SHOWN if state.get(k)},
    }
