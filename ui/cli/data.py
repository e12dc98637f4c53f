"""Commands about data and plans."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.cli.output import WHERE, Json, command, emit, note, progress, terminal

Model = Annotated[
    str | None,
    typer.Option("--model", help="Base model: a hub id, an alias, or a local folder."),
]


@command
def inspect(
    where: Annotated[str, typer.Argument(metavar="PATH", help=WHERE)],
    model: Model = None,
    sheet: Annotated[Path | None, typer.Option("--sheet", help="Write a data sheet: FILE.md or FILE.html.")] = None,
    as_json: Json = False,
) -> None:
    """Look at data: rows, columns, roles, lengths, faults, personal data. Changes nothing."""
    from agent import data

    with progress() as watch:
        result = data.inspect(where, model, watch)
    told = f"\nData sheet: {data.write_sheet(Path(str(result.file)), sheet)}" if sheet else ""
    emit(as_json, result.data, result.say + told)


@command
def plan(
    words: Annotated[str, typer.Argument(help="The goal, in your words.")],
    data: Annotated[str, typer.Option("--data", help=WHERE)],
    model: Model = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="Fix a value: learning_rate=1e-4")] = None,
    brain: Annotated[
        str | None,
        typer.Option("--brain", help="LiteLLM name of the model that reads the words."),
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write the plan as YAML.")] = None,
    probe: Annotated[
        bool, typer.Option("--probe", help="Measure a few real steps first (a minute): closer estimates.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write a training plan, every value with its reason. Starts nothing."""
    from agent import commands
    from agent.model.door import Door
    from trainer import planfile, probing
    from ui.cli.cards import plan_card

    proposal = commands.plan(words, data, Door(brain), model, set_)
    if probe:
        note(f"Measuring a few real steps of this plan: at most {probing.LIMIT:.0f} s ...")
        proposal = probing.probed(proposal)
    if output:
        output.write_text(planfile.dump(proposal), "utf-8")
    document = proposal.model_dump(mode="json", exclude={"wishes"})
    where = f"\nWritten to {output}. Train it with: tunesmith train {output}" if output else ""
    emit(as_json, document, plan_card(proposal) + where)


@command
def prepare(
    where: Annotated[str, typer.Argument(metavar="PATH", help=WHERE)],
    recipe: Annotated[Path | None, typer.Option("--recipe", help="Steps written before: NAME.recipe.yaml")] = None,
    step: Annotated[
        list[str] | None, typer.Option("--step", help="'deduplicate how=near', 'redact kinds=email'")
    ] = None,
    words: Annotated[str, typer.Option("--words", help="What shall be done, in your words.")] = "",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The new file, .jsonl or .csv.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="I approve exactly these steps.")] = False,
    model: Model = None,
    as_json: Json = False,
) -> None:
    """Write a repaired copy of data; shows the steps, counts and samples first. Never touches the source."""
    from agent import preparations
    from agent.model.door import Door
    from ui.cli.cards import preparation_card

    with progress() as watch:
        wanted = preparations.Wanted(recipe, tuple(step or ()), words, output, model)
        found = preparations.prepare(where, wanted, Door(), watch)
    if not as_json:
        note(preparation_card(found))
    if not yes and not (not as_json and terminal() and typer.confirm(f"Write it (preparation {found.hash[:8]})?")):
        again = "Nothing was written. Add --yes to write it."
        emit(as_json, preparations.document(found), again)
        return
    with progress() as watch:
        written = preparations.write(found, watch)
    emit(as_json, preparations.document(found, written), "\n".join(preparations.told(written)))


@command
def doctor(as_json: Json = False) -> None:
    """What is installed, what this machine can do, which brain is in use, what is missing."""
    from agent.doctor import examine
    from ui.cli.cards import doctor_card

    found = examine()
    emit(as_json, found, doctor_card(found))
