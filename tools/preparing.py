"""Rewriting data: a recipe laid on the table, and the new file that an approval of it gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tools.arguments import PlanArguments, Prepare
from tools.augmenting import augment_data, more_rows
from tools.desk import Desk, ToolResult
from tools.laying import laid, waiting
from tools.orders import Order
from tools.planning import propose_plan
from tools.preparing_words import done_words
from tools.recipes import PARTS, added, checked, meant_whole, recipe_of, says, steps_for, table, taken_out, without
from tools.words import in_english
from trainer.data.repair.patient import Patient
from trainer.data.repair.steps import Recipe
from trainer.data.repair.write import Written
from trainer.errors import UserFacingError
from trainer.preparing import Preparation, carried_out, looked_at, output_for, output_in, prepared
from trainer.wishes import Wishes

NOTHING_FOUND = "I find nothing in {name} that I would repair. Say what shall be changed, and I show it first."


def prepare_data(args: Prepare, desk: Desk) -> ToolResult:
    """Lay a changed copy of a data file on the table; without prep_ops the repairs that the data need. Writes nothing.

    To one that is shown, prep_ops are added and `without` is taken out.
    """
    if (new := more_rows(args)) is not None:
        return augment_data(new, desk)
    old = waiting(desk)
    if old is not None and not _another_file(args, old, desk):
        return _revised(args, old, desk)
    args = _merging(args, desk)
    path = desk.data_file(args.dataset_path)
    patient = looked_at(path, tuple(args.input_paths[1:]), args.roles, _model(desk), desk.watch)
    recipe, left = recipe_for(args, patient)
    then = _then(args, desk)
    if not recipe.steps and then is not None and not left:
        return propose_plan(PlanArguments(**{**then, "dataset_path": str(path)}), desk)
    if not recipe.steps:
        say = "\n".join(left) or NOTHING_FOUND.format(name=path.name)
        return ToolResult("\n".join(in_english([say], desk.voice)), file=str(path))
    output = output_for(path, output_in(args.output_dir, desk.roots, desk.home))
    more = {"roles": args.roles, "base_model": _model(desk), "then": then}
    return laid(prepared(patient, recipe, output, desk.watch, **more), desk, [*left, *_unused(args, output)])


def _another_file(args: Prepare, old: Preparation, desk: Desk) -> bool:
    if args.dataset_path is None and not args.input_paths:
        return False
    return bool(args.input_paths) or str(desk.data_file(args.dataset_path)) != old.dataset_path


def _merging(args: Prepare, desk: Desk) -> Prepare:
    """Merged files by their full paths, each inside the folders that may be read."""
    if "merge_files" not in args.prep_ops:
        return args.model_copy(update={"input_paths": []})
    full = [str(desk.data_file(name)) for name in args.input_paths or desk.files]
    if not any(Path(name).name.lower() in args.question.lower() for name in full):
        full.sort(key=lambda name: desk.files.index(name) if name in desk.files else len(desk.files))
    return args.model_copy(update={"input_paths": full, "dataset_path": full[0] if full else None})


def recipe_for(args: Prepare, patient: Patient) -> tuple[Recipe, list[str]]:
    """What was asked for, or the doctor's own recipe; with what is left open."""
    if meant_whole(args):
        return without(patient.advice.recipe, _parts(args)), []
    steps, left = steps_for(args, patient)
    return without(recipe_of(steps), _parts(args)), left


def _parts(args: Prepare) -> list[str]:
    return [PARTS.get(part, part) for part in dict.fromkeys([*args.without, *taken_out(args.question)])]


def _model(desk: Desk) -> str | None:
    return desk.proposal.plan.base_model if desk.proposal else None


def _then(args: Prepare, desk: Desk) -> dict[str, Any] | None:
    """Wishes of the plan that follows: said in the same breath, or pushed from the table by this preparation."""
    if says(table()["and_train"], args.question):
        wishes = {k: v for k, v in args.unknown.items() if k in Wishes.model_fields}
        return {"goal": args.question[:2000], **wishes}
    if desk.order_state != "proposed" or desk.order is None:
        return None
    return desk.order.proposal.wishes.said() if desk.order.proposal else None


def _unused(args: Prepare, output: Path) -> list[str]:
    """Names what was understood but has no place here, rather than dropping it silently."""
    unknown = {} if says(table()["and_train"], args.question) else args.unknown
    out = [f"I understood {k.replace('_', ' ')} {v}; that belongs to a training plan." for k, v in unknown.items()]
    if args.output_dir and Path(args.output_dir).resolve() != output.parent.resolve():
        out.append(f"I can't write into {args.output_dir}; the new file will be {output}.")
    return out


def _revised(args: Prepare, old: Preparation, desk: Desk) -> ToolResult:
    """The shown recipe with steps added or taken out."""
    parts = _parts(args)
    patient = looked_at(Path(old.dataset_path), old.recipe.merged_paths, old.roles, old.base_model, desk.watch)
    steps, left = ([], []) if parts and not args.prep_ops else _asked(args, patient)
    steps = [step for step in steps if step.op not in parts]
    recipe = checked(added(without(old.recipe, parts), [s for step in steps if (s := _spared(step, parts))]))
    if recipe == old.recipe:
        left.append("That changes nothing in the preparation shown.")
    new = prepared(patient, recipe, Path(old.output), desk.watch, **_kept(old, args))
    return laid(new, desk, left)


def _asked(args: Prepare, patient: Patient) -> tuple[list[Any], list[str]]:
    return (list(patient.advice.recipe.steps), []) if meant_whole(args) else steps_for(args, patient)


def _spared(step: Any, parts: list[str]) -> Any | None:
    """A step that was asked for, less what was to be left alone in the same breath."""
    left = without(Recipe(steps=(step,)), parts).steps
    if step.op == "drop" and left != (step,):
        return None  # 'don't drop the empty rows' asks for no other rows to go
    return left[0] if left else None


def _kept(old: Preparation, args: Prepare) -> dict[str, Any]:
    return {"roles": old.roles | args.roles, "base_model": old.base_model, "then": old.then}


def carry_out_preparation(order: Order, approval: str, desk: Desk) -> ToolResult:
    """Write the approved file, once; the training plan that waited for it is laid on the table again."""
    preparation = order.preparation
    if preparation is None:
        raise UserFacingError("no preparation is on the table", "", "Ask for it again.")
    written = carried_out(preparation, approval, desk.watch)
    say = "\n".join(in_english(done_words(written), desk.voice))
    event = {"type": "prepared", "path": str(written.path), "hash": order.hash, "record": written.record}
    result = ToolResult(say, {"path": str(written.path)}, [event], file=str(written.path))
    return _planned(result, preparation, written, desk) if preparation.then is not None else result


def _planned(result: ToolResult, preparation: Preparation, written: Written, desk: Desk) -> ToolResult:
    """The same wishes, on the new file; columns that it no longer has are forgotten."""
    columns = written.outcome.columns
    kept = {k: v for k, v in (preparation.then or {}).items() if not k.endswith("_column") or v in columns}
    if any(step.op == "balance" and step.how == "upsample" for step in preparation.recipe.steps):
        kept["skip_rows"] = ["empty"]  # the repeats were wanted
    try:
        plan = propose_plan(
            PlanArguments(**(kept | {"dataset_path": str(written.path)})), _with_file(desk, written.path)
        )
    except UserFacingError as error:
        return ToolResult(f"{result.say}\n{error.sentence()}", result.data, result.events, file=result.file)
    return ToolResult(
        f"{result.say}\n\n{plan.say}",
        result.data | plan.data,
        [*result.events, *plan.events],
        plan.order,
        file=plan.file,
    )


def _with_file(desk: Desk, path: Path) -> Desk:
    desk.files = [*desk.files, str(path)]
    return desk
