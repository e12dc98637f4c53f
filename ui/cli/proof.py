"""The command that proves a cause by experiment."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.cli.output import Json, command, emit, note, progress, terminal


@command
def replay(
    run: Annotated[str, typer.Argument(help="A run.")],
    step: Annotated[
        int | None, typer.Option("--step", help="The moment; without it, what the diagnosis found.")
    ] = None,
    rows: Annotated[str, typer.Option("--rows", help="Suspect rows to leave out: 17 or 3,4,12")] = "",
    set_: Annotated[list[str] | None, typer.Option("--set", help="Suspect setting with its other value.")] = None,
    pairs: Annotated[int | None, typer.Option("--pairs", min=2, max=20, help="How often each side is trained.")] = None,
    within: Annotated[float | None, typer.Option("--within", help="Minutes it may take (10).")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="I approve exactly this.")] = False,
    as_json: Json = False,
) -> None:
    """Train a moment of a run again, with and without the suspect: confirmed, not confirmed, or cannot tell."""
    from agent import proving

    offered = proving.offered(run, step, rows, set_ or [], pairs, within)
    if not as_json:
        note(proving.words(offered))
    if not yes and not (not as_json and terminal() and typer.confirm(f"Replay it ({offered.hash[:8]})?")):
        document = {"replayed": False, "hash": offered.hash, "replay": offered.model_dump(mode="json")}
        emit(as_json, document, "Nothing was trained. Add --yes to replay it.")
        return
    with progress() as watch:
        outcome = proving.done(offered, watch)
    emit(as_json, {"replayed": True, **outcome.model_dump(mode="json")}, proving.verdict(outcome))
