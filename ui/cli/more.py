"""Commands that make more rows, and take those a person accepts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.cli.output import WHERE, Json, command, emit, note, progress, terminal

HOW = "noise | rare_classes (no model needed), paraphrase | self_instruct | back_translation | answers (by a model)"
SET = "fill_to=60 (rare classes: rows each), judge=yes, max_usd=0.5, label=COLUMN, seed=7"


@command
def more(
    where: Annotated[str, typer.Argument(metavar="PATH", help=WHERE)],
    how: Annotated[str, typer.Option("--how", help=HOW)] = "noise",
    rows: Annotated[int, typer.Option("--rows", help="New rows in all.")] = 100,
    model: Annotated[str | None, typer.Option("--model", help="LiteLLM name of the model that writes.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help=SET)] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The new file, .jsonl.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="I approve exactly this.")] = False,
    as_json: Json = False,
) -> None:
    """Make more rows from your own; shows what would be made, sent and spent first. Never touches the source."""
    from agent import more as room

    offer = room.offer(where, room.Wanted(how, rows, model, tuple(set_ or ()), output))
    if not as_json:
        note("\n".join(room.words(offer)))
    if not yes and not (not as_json and terminal() and typer.confirm(f"Make them (new rows {offer.hash[:8]})?")):
        emit(as_json, room.document(offer), "Nothing was made or sent. Add --yes to make them.")
        return
    with progress() as watch:
        made = room.make(offer, watch)
    emit(as_json, room.document(offer, made), "\n".join(room.told(made)))


@command
def accept(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="New rows: NAME.more.jsonl")],
    rows: Annotated[str, typer.Option("--rows", help="all, or numbers: 1,2,5-9")],
    as_json: Json = False,
) -> None:
    """Take new rows you have looked at: writes a file of your own rows and these, to train on."""
    from agent import more as room

    written = room.accepted(path, rows)
    emit(as_json, {"output": str(written)}, f"Written: {written}: your own rows and the accepted ones, to train on.")
