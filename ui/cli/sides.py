"""Commands that set two runs' answers side by side for people, and for a language model as the judge."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trainer.errors import UserFacingError
from ui.cli.output import Json, command, emit, note, terminal

Against = Annotated[str, typer.Option("--against", help="base (the untrained model) or another run.")]


@command
def blind(
    run: Annotated[str, typer.Argument(help="A run.")],
    against: Against = "base",
    rater: Annotated[str, typer.Option("--rater", help="Your name: judge pairs here, one after another.")] = "",
    preferences: Annotated[
        Path | None, typer.Option("--preferences", help="Write decided pairs as preference rows.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Judge two models' answers without knowing which is which; without --rater, what came out so far."""
    from agent import blind as sides
    from agent import judging

    if rater:
        _judged(run, against, sides.rater_name(rater), as_json)
    found = sides.outcome(run, against)
    if preferences is not None:
        origin = judging.written_preferences(run, against, preferences)
        note(
            f"{origin['rows']} preference rows are in {preferences}. They come from {run}'s sealed rows: "
            "what learns from them can't be tested on those rows any more."
        )
    emit(as_json, found, str(found["text"]))


def _judged(run: str, against: str, rater: str, as_json: bool) -> None:
    from agent import blind as sides

    if as_json or not terminal():
        raise UserFacingError("judging needs a terminal", "--rater", "Or open the page: Results, Compare blind.")
    while (shown := sides.next_pair(run, against, rater)) is not None:
        note(f"\n{shown.number + 1} of {shown.of}  {shown.question}\n\nLEFT   {shown.left}\n\nRIGHT  {shown.right}\n")
        said = typer.prompt("better (l, r, t for a tie, u to take the last back, q)", err=True).strip().lower()[:1]
        if said == "q":
            return
        if said == "u":
            sides.take_back(run, against, rater)
        elif said in ("l", "r", "t"):
            sides.choose(run, against, rater, shown.number, {"l": "left", "r": "right", "t": "tie"}[said])


@command
def judge(
    run: Annotated[str, typer.Argument(help="A run.")],
    model: Annotated[str, typer.Option("--model", help="The judge by its LiteLLM name, such as ollama/qwen3.")],
    against: Against = "base",
    rubric: Annotated[str, typer.Option("--rubric", help="What makes an answer better.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="I approve exactly this.")] = False,
    as_json: Json = False,
) -> None:
    """Let a language model judge pairs of answers in both orders, at a cost that is told before."""
    from agent import judging

    offered = judging.offered(run, against, model, rubric or judging.RUBRIC)
    if not as_json:
        note(judging.offer_words(offered))
    if not yes and not (not as_json and terminal() and typer.confirm(f"Ask the judge ({offered.hash[:8]})?")):
        document = {"judged": False, "hash": offered.hash, "judging": offered.model_dump(mode="json")}
        emit(as_json, document, "Nobody was asked. Add --yes to ask the judge.")
        return
    found = judging.carried_out(offered)
    emit(as_json, {"judged": True, **found.model_dump(mode="json")}, found.text)
