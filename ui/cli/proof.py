"""Commands about why: a cause proved by experiment, and the report of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.cli.output import Json, command, emit, note, progress, terminal

Minutes = Annotated[
    float | None, typer.Option("--within", min=0.01, max=100_000, help="Minutes it may take (replay 10, curve 60).")
]


@command
def replay(
    run: Annotated[str, typer.Argument(help="A run.")],
    step: Annotated[
        int | None, typer.Option("--step", help="The moment; without it, what the diagnosis found.")
    ] = None,
    rows: Annotated[str, typer.Option("--rows", help="Suspect rows to leave out: 17 or 3,4,12")] = "",
    set_: Annotated[list[str] | None, typer.Option("--set", help="Suspect setting with its other value.")] = None,
    pairs: Annotated[int | None, typer.Option("--pairs", min=2, max=20, help="How often each side is trained.")] = None,
    within: Minutes = None,
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


@command
def curve(
    run: Annotated[str, typer.Argument(help="A run.")],
    within: Minutes = None,
    yes: Annotated[bool, typer.Option("--yes", help="I approve exactly this.")] = False,
    as_json: Json = False,
) -> None:
    """Train a run again on shares of its rows and with another seed: would more rows help, and was it chance?"""
    from agent import proving

    offered = proving.extent_offered(run, within)
    if not as_json:
        note(proving.extent_said(offered))
    if not yes and not (not as_json and terminal() and typer.confirm(f"Train it ({offered.hash[:8]})?")):
        document = {"trained": False, "hash": offered.hash, "extent": offered.model_dump(mode="json")}
        emit(as_json, document, "Nothing was trained. Add --yes to train it.")
        return
    with progress() as watch:
        outcome = proving.extent_done(offered, watch)
    emit(as_json, {"trained": True, **outcome.model_dump(mode="json")}, proving.extent_verdict(outcome))


@command
def report(
    run: Annotated[str, typer.Argument(help="A run.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write it as one HTML file with its charts.")
    ] = None,
    redact: Annotated[bool, typer.Option("--redact", help="Hide personal data in the rows shown.")] = False,
    next_: Annotated[Path | None, typer.Option("--next", help="Write the plan to try next, as YAML.")] = None,
    as_json: Json = False,
) -> None:
    """What happened in a run: a story of five sentences, whether the epochs were right, what to try next."""
    from agent import reporting

    found = reporting.report(run, redact)
    if output is not None:
        from ui.report import page

        output.write_text(page(found), "utf-8")
        note(f"Written: {output}")
    if next_ is not None:
        reporting.write_next(found, next_)
        note(f"Written: {next_}; approve it with: tunesmith train {next_}")
    emit(as_json, found.document(), reporting.words(found))
