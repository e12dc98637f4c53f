"""Looking at data, proposing a plan, revising it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tools.arguments import Inspect, Nothing, PlanArguments
from tools.desk import Desk, ToolResult
from tools.laying import planned_later, waiting
from tools.orders import Order
from tools.plan_words import diff_words, plan_words
from tools.words import data_words
from trainer.base_models import resolve
from trainer.data.doctor.words import finding
from trainer.data.profile import Inspected
from trainer.data.sources import fingerprint
from trainer.errors import UserFacingError
from trainer.fields import diff
from trainer.proposal import Proposal, inspected_file, propose, propose_on, survey
from trainer.wishes import Wishes

MOST_ROWS = 10_000
"""Rows of one finding that programs are given."""
UNCLEAR_CHANGE = (
    "I see that something should change, but not what, or to which value. For instance: two epochs, "
    "learning rate 1e-4, smaller batch, use lora."
)


def inspect_data(args: Inspect, desk: Desk) -> ToolResult:
    """Report a data file's rows, columns, roles, lengths and faults. Changes nothing."""
    path = desk.data_file(args.dataset_path)
    model = resolve(args.unknown.get("base_model") or (desk.proposal.plan.base_model if desk.proposal else None))
    said = args.model_dump(exclude_none=True)
    wanted = {r: said[f"{r}_column"] for r in ("prompt", "completion", "label") if f"{r}_column" in said}
    inspected = inspected_file(path, wanted, model, watch=desk.watch)
    report = inspected.profile.model_dump(mode="json")
    say = data_words(inspected.profile, desk.voice, every=True)
    whole = report | {"findings": _with_rows(inspected), "seconds": inspected.seconds}
    return ToolResult(say, whole, [{"type": "data_report", "report": report}], file=str(path))


def _with_rows(inspected: Inspected) -> list[dict[str, Any]]:
    """The findings for programs: with all their rows, up to MOST_ROWS."""
    rows = {finding(found).advice: found.rows for found in inspected.diagnosis.found.values()}
    told = [f.model_dump(mode="json") for f in inspected.profile.findings]
    return [f | {"rows": [int(row) for row in rows[f["advice"]][:MOST_ROWS]]} for f in told]


def propose_plan(args: PlanArguments, desk: Desk) -> ToolResult:
    """Turn a goal into a training plan and lay it on the table. Starts nothing."""
    if waiting(desk) is not None and args.dataset_path is None:
        return planned_later(args, desk)
    wishes = args.wishes()
    path = desk.data_file(wishes.dataset_path)
    wishes = _placed(wishes.model_copy(update={"dataset_path": str(path)}), desk)
    ground = survey(path, wishes, desk.watch)
    profile = ground.inspected.profile
    report = {"type": "data_report", "report": profile.model_dump(mode="json")}
    try:
        proposal = propose_on(ground, wishes)
    except UserFacingError as error:
        return ToolResult(f"{data_words(profile, desk.voice)}\n{error.sentence()}", events=[report], file=str(path))
    say = f"{_unused(args)}{data_words(profile, desk.voice)}\n\n{plan_words(proposal, desk.voice)}"
    return _laid(proposal, say, path, shown=[report])


def revise_plan(args: PlanArguments, desk: Desk) -> ToolResult:
    """Change values of the plan on the table; everything not named stays. Starts nothing."""
    if waiting(desk) is not None:
        return planned_later(args, desk)
    old = desk.proposal
    if old is None:
        if desk.files or args.dataset_path:
            return propose_plan(args, desk)
        raise UserFacingError("there is no plan to change yet", "", "Say what you want to train, and on what.")
    change = args.wishes().model_copy(update={"goal": ""})
    steps = _stepped(args, old)
    if not change.said() and not steps and not args.unknown and _unchanged(old):
        return ToolResult(UNCLEAR_CHANGE, events=[{"type": "question", "missing": ["value"]}])
    wishes = _placed(old.wishes.merged(Wishes(**steps)).merged(change), desk)
    path = desk.data_file(wishes.dataset_path)
    new = propose(path, wishes)
    say = _unused(args) + diff_words(old, new, desk.voice) + (f"\n{desk.voice.say('stepped')}" if steps else "")
    return _laid(new, say, path, old)


def _placed(wishes: Wishes, desk: Desk) -> Wishes:
    """Files beside the data lie in the folders that may be read, like the data."""
    named = {name: getattr(wishes, name) for name in ("reward_file", "retention_path")}
    return wishes.model_copy(update={n: str(desk.data_file(v)) for n, v in named.items() if v})


def _unchanged(old: Proposal) -> bool:
    """Whether the plan's data are still the file that was read."""
    path = Path(old.plan.data.dataset_path)
    return path.exists() and fingerprint(path) == old.plan.data.fingerprint


def _stepped(args: PlanArguments, old: Proposal) -> dict[str, Any]:
    """'Smaller batch', 'more epochs': half or double what the plan has, since no number was said."""
    leaves, out = old.plan.leaves(), {}
    for name, way in args.directions.items():
        value = leaves.get(name)
        if name in Wishes.model_fields and isinstance(value, int | float) and not isinstance(value, bool):
            stepped = value * 2 if way == "up" else value / 2
            out[name] = max(1, round(stepped)) if isinstance(value, int) else stepped
    return out


def decline_plan(args: Nothing, desk: Desk) -> ToolResult:
    """The person declines or defers the plan on the table. Nothing starts."""
    if desk.order is None or desk.order_state != "proposed":
        return ToolResult(desk.voice.say("nothing_waits"))
    return ToolResult(
        desk.voice.say("declined"),
        events=[{"type": "declined", "hash": desk.order.hash}],
        dropped=True,
    )


def _laid(
    proposal: Proposal, say: str, path: Path, old: Proposal | None = None, shown: list[dict[str, Any]] | None = None
) -> ToolResult:
    order = Order(kind="train", proposal=proposal)
    changed = {k: list(v) for k, v in diff(old.plan, proposal.plan).items()} if old else {}
    event = {
        "type": "plan",
        "hash": order.hash,
        "diff": changed,
        "order": order.model_dump(mode="json"),
    }
    return ToolResult(say, {"hash": order.hash, "diff": changed}, [*(shown or []), event], order=order, file=str(path))


def _unused(args: PlanArguments) -> str:
    """Names what was understood but cannot be used yet, rather than dropping it silently."""
    dropped = args.unknown | ({"priority": args.priority} if args.priority else {})
    if not dropped:
        return ""
    named = ", ".join(f"{k} {v}" for k, v in dropped.items())
    return f"I understood {named}, but a plan can't hold that yet; it is left out.\n"
