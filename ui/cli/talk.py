"""Commands that hold a conversation."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from trainer.errors import UserFacingError
from ui.cli.output import WHERE, Json, command, emit, note, terminal
from ui.cli.runs import json_lines

Brain = Annotated[
    str | None,
    typer.Option("--model", help="LiteLLM name of a language model; without it the built-in brain."),
]


@command
def ui(
    host: Annotated[str, typer.Option("--host")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port")] = 7860,
) -> None:
    """Open the page."""
    from ui.app import serve

    serve(host, port)


@command
def chat(
    message: Annotated[str | None, typer.Argument(help="One message; without it a conversation.")] = None,
    data: Annotated[str | None, typer.Option("--data", help=WHERE)] = None,
    thread: Annotated[str | None, typer.Option("--thread", help="Go on with this conversation.")] = None,
    model: Brain = None,
    as_json: Json = False,
) -> None:
    """Talk: say what you want, approve, ask why."""
    from agent.model.door import Door
    from agent.session import Session
    from trainer.data.sources.address import local
    from trainer.paths import home

    session = Session(thread, Door(model), roots=[Path.cwd()])
    if data is not None:
        session.give_file(local(data, home()))
    if message is not None:
        _one(session, message, as_json)
    elif terminal() and not as_json:
        _converse(session)
    else:
        raise UserFacingError("there is no message and no terminal", "chat", 'Write: tunesmith chat "what you want"')


def _one(session: Any, message: str, as_json: bool) -> None:
    events = session.ask(message)
    reply = _reply(events)
    pending = session.pending
    document = {
        "thread": session.thread,
        "events": events,
        "reply": reply,
        "pending": pending and _pending(pending),
    }
    emit(
        as_json,
        document,
        f'{reply}\n\n(go on with: tunesmith chat --thread {session.thread} "...")',
    )


def _pending(order: Any) -> dict[str, Any]:
    """What waits for a person's yes, for programs."""
    if order.preparation is not None:
        return {"kind": order.kind, "hash": order.hash, "preparation": order.preparation.model_dump(mode="json")}
    if (experiment := order.replay or order.extent) is not None:
        return {"kind": order.kind, "hash": order.hash, order.kind: experiment.model_dump(mode="json")}
    if order.augmentation is not None:
        return {"kind": order.kind, "hash": order.hash, "augmentation": order.augmentation.model_dump(mode="json")}
    return {
        "kind": order.kind,
        "hash": order.hash,
        "plan": order.planned.plan.model_dump(mode="json"),
        "search": order.search and order.search.model_dump(mode="json"),
    }


def _reply(events: list[dict[str, Any]]) -> str:
    return "\n".join(e["text"] for e in events if e["type"] == "message" and e.get("role") == "assistant")


def _converse(session: Any) -> None:
    """A conversation in the terminal, until 'bye'."""
    note("Say what a language model should learn. 'bye' ends this; runs go on.")
    while (text := typer.prompt("you", prompt_suffix=" > ")).strip().lower() not in (
        "bye",
        "exit",
        "quit",
    ):
        events = session.ask(text)
        note(_reply(events))
        _show_cards(session, events)


def _show_cards(session: Any, events: list[dict[str, Any]]) -> None:
    from agent import commands
    from ui.cli.cards import plan_card, preparation_card

    order = session.pending
    if order and any(e["type"] == "plan" for e in events):
        note(plan_card(order.planned))
    elif order and any(e["type"] == "preparation" for e in events):
        note(preparation_card(order.preparation))
    for e in events:
        if e["type"] == "run_started":
            note("Following it; Ctrl-C leaves it running.")
            note(finished_words(commands.store().get(e["run_id"])))


def finished_words(run: Any) -> str:
    """Wait for a run and tell how it ended."""
    from agent import commands
    from agent.account import account

    for _ in commands.follow(run):
        pass
    return account(run)


@command
def understand(
    path: Annotated[Path, typer.Argument(help="Conversations, one JSON object a line.")],
) -> None:
    """Intent and slots of each conversation's last turn, read as chat reads it. Carries nothing out."""
    from agent.model.door import Door
    from agent.replay import replay
    from agent.understanding import read

    brain = Door()
    for item in json_lines(path):
        if not isinstance(item, dict) or not isinstance(item.get("turns"), list):
            raise UserFacingError("a line has no turns", path.name, "Each line is {id, turns: [{user, context?}]}.")
        found = replay(item, lambda text, situation: read(brain, text, situation))
        typer.echo(
            json.dumps(
                {"id": item.get("id"), "intent": found.intent, "slots": found.slots},
                ensure_ascii=False,
            )
        )


DEMO = "teach a model to answer customers the way our team does, finish in 2 minutes"


@command
def demo() -> None:
    """The whole conversation on the sample data, without asking anything."""
    from agent import commands
    from agent.session import Session
    from trainer.paths import SAMPLE_DATA
    from ui.cli.cards import curve_card, plan_card

    started = time.monotonic()
    session = Session(f"demo-{int(time.time())}", roots=[SAMPLE_DATA.parent])
    session.give_file(SAMPLE_DATA)
    for words in ("what is in this file?", DEMO):
        note(f"\nyou > {words}")
        note(_reply(session.ask(words)))
    order = session.pending
    if order is None:
        raise UserFacingError("the demo's plan was not made", "demo", "Run `tunesmith doctor`.")
    note("\n" + plan_card(order.planned))
    note(f"\nyou > yes, go   (this demo approves plan {order.hash[:8]} for you)")
    events = session.ask("yes, go")
    note(_reply(events))
    run = commands.store().get(next(e["run_id"] for e in events if e["type"] == "run_started"))
    told = finished_words(run)
    note("\n" + curve_card(run.history()))
    note("\nyou > did it work?")
    note(told)
    note("\nyou > why did the loss move like that?")
    note(_reply(session.ask("why did the loss move like that?")))
    note(f"\n{time.monotonic() - started:.0f} s in all. Now open the page: make run")
    if run.status().get("status") != "finished":
        raise typer.Exit(1)
