"""Commands about data and plans."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.cli.output import Json, command, emit

Model = Annotated[
    str | None,
    typer.Option("--model", help="Base model: a hub id, an alias, or a local folder."),
]


@command
def inspect(path: Path, model: Model = None, as_json: Json = False) -> None:
    """Look at a data file: rows, columns, roles, lengths, faults. Changes nothing."""
    from agent import commands

    result = commands.inspect(path, model)
    emit(as_json, result.data, result.say)


@command
def plan(
    words: Annotated[str, typer.Argument(help="The goal, in your words.")],
    data: Annotated[Path, typer.Option("--data", help="The file to learn from.")],
    model: Model = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="Fix a value: learning_rate=1e-4")] = None,
    brain: Annotated[
        str | None,
        typer.Option("--brain", help="LiteLLM name of the model that reads the words."),
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write the plan as YAML.")] = None,
    as_json: Json = False,
) -> None:
    """Write a training plan, every value with its reason. Starts nothing."""
    from agent import commands
    from agent.model.door import Door
    from trainer import planfile
    from ui.cli.cards import plan_card

    proposal = commands.plan(words, data, Door(brain), model, set_)
    if output:
        output.write_text(planfile.dump(proposal), "utf-8")
    document = proposal.model_dump(mode="json", exclude={"wishes"})
    where = f"\nWritten to {output}. Train it with: tunesmith train {output}" if output else ""
    emit(as_json, document, plan_card(proposal) + where)


@command
def doctor(as_json: Json = False) -> None:
    """What is installed, what this machine can do, which brain is in use, what is missing."""
    from agent.doctor import examine
    from ui.cli.cards import doctor_card

    found = examine()
    emit(as_json, found, doctor_card(found))
