"""What the page's buttons and boxes do: call the session, then show the conversation as it is."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path
from typing import Any

import gradio as gr
import yaml

from agent import commands, data, evaluating, proving
from agent.model.door import BUILTIN, Door
from agent.session import Session
from trainer import planfile
from trainer.errors import UserFacingError
from trainer.paths import SAMPLE_DATA, home
from trainer.runs import Run
from ui import data_tab, html, live, papers
from ui.figures import loss_figure, replay_figure
from ui.fold import chat_messages, last_event, stage
from ui.search_figures import coordinates_figure, search_figure
from ui.search_html import study_panel

CHIPS = ("Try the sample", "Why did loss spike?", "Should I fine-tune at all?")
APPROVE = {
    "train": "Approve and start",
    "search": "Approve and start",
    "prepare": "Approve and write the new file",
    "augment": "Approve and write the new rows",
    "replay": "Approve and replay",
    "extent": "Approve and train",
}
SAMPLE_WISH = "teach a model to sort our support mails by topic"


def session_of(thread: str, brain: str) -> Session:
    """The conversation of this page. Opened for each event, so that nothing lives in the process."""
    return Session(thread, Door(brain or BUILTIN), roots=[home() / "uploads"])


def open_page(thread: str) -> str:
    """The conversation this browser had, or a new one."""
    return thread or uuid.uuid4().hex[:12]


def echo(entry: dict[str, Any], chat: list[Any]) -> tuple[list[Any], Any, dict[str, Any]]:
    """Show the person's words at once; the answer follows."""
    names = ", ".join(Path(f).name for f in entry.get("files", []))
    text = " ".join(filter(None, [entry.get("text", ""), f"[{names}]" if names else ""]))
    return [*chat, {"role": "user", "content": text}], gr.MultimodalTextbox(value=None), entry


def say(thread: str, brain: str, mode: str, entry: dict[str, Any], shown: str) -> Any:
    """A typed message, with the files dropped beside it."""
    session = session_of(thread, brain)
    try:
        for file in entry.get("files", []):
            session.give_file(keep_upload(Path(file)))
        text = (entry.get("text") or "").strip() or ("what is in this file?" if entry.get("files") else "")
        if text:
            session.ask(text, shown)
    except UserFacingError as error:
        gr.Warning(html.esc(error.sentence()))
    finally:
        session.close()
    return show(thread, brain, mode)


def keep_upload(file: Path) -> Path:
    """A dropped file, moved out of the browser's temporary folder under a harmless name."""
    folder = home() / "uploads" / uuid.uuid4().hex[:8]
    folder.mkdir(parents=True)
    name = "".join(c if c.isalnum() or c in "._-" else "_" for c in file.name)[-80:].lstrip(".") or "data.csv"
    return Path(shutil.move(file, folder / name))


def chip(text: str) -> Any:
    """What an example button does."""

    def pressed(thread: str, brain: str, mode: str) -> Any:
        session = session_of(thread, brain)
        try:
            if text == CHIPS[0]:
                session.give_file(SAMPLE_DATA)
                session.ask(SAMPLE_WISH)
            else:
                session.ask(text)
        finally:
            session.close()
        return show(thread, brain, mode)

    return pressed


def approve(thread: str, brain: str, mode: str, shown_hash: str) -> Any:
    """The person's yes to the plan with this hash."""
    return _answered(thread, brain, mode, lambda s: s.approve(shown_hash))


def decline(thread: str, brain: str, mode: str) -> Any:
    """The person's no."""
    return _answered(thread, brain, mode, lambda s: s.decline())


def measure(thread: str, brain: str, mode: str) -> Any:
    """A few real steps of the plan on the table, for closer estimates. Starts nothing."""
    return _answered(thread, brain, mode, lambda s: s.measure())


def change(thread: str, brain: str, mode: str, field: str, value: str) -> Any:
    """One value changed on the card."""
    try:
        loaded = planfile.numbers(yaml.safe_load(value))
    except yaml.YAMLError:
        loaded = value
    return _answered(thread, brain, mode, lambda s: s.change({field: loaded}))


def _answered(thread: str, brain: str, mode: str, step: Any) -> Any:
    session = session_of(thread, brain)
    try:
        step(session)
    except UserFacingError as error:
        gr.Warning(html.esc(error.sentence()))
    finally:
        session.close()
    return show(thread, brain, mode)


REVIEWED = "These are your decisions as a repair: a new file without the rows left out, with your changes in it."


def decide_rows(thread: str, brain: str, mode: str, about: dict[str, Any]) -> Any:
    """The decisions about single rows, laid on the table as a repair; new rows that were accepted, as a file."""

    def decided(session: Session) -> None:
        path = Path(about["path"])
        accepted = data.accepted(path)
        if accepted is None:
            session.lay(data.reviewed(path), REVIEWED)
            return
        session.give_file(accepted)
        session.ask(f"what is in {accepted.name}?")

    return _answered(thread, brain, mode, decided)


def act(thread: str, brain: str, what: str) -> list[dict[str, str]]:
    """Stop or resume this conversation's run."""
    session = session_of(thread, brain)
    try:
        run_id = session.state.get("run_id")
        if run_id:
            result = commands.stop(run_id) if what == "stop" else commands.resume(run_id)
            gr.Info(html.esc(result.say))
    except UserFacingError as error:
        gr.Warning(html.esc(error.sentence()))
    finally:
        session.close()
    return chat_messages(_events(thread, brain))


def _events(thread: str, brain: str) -> list[dict[str, Any]]:
    session = session_of(thread, brain)
    try:
        return session.events()
    finally:
        session.close()


def show(thread: str, brain: str, mode: str) -> tuple[Any, ...]:
    """The whole page from the conversation's events: the fold."""
    session = session_of(thread, brain)
    try:
        events, order, run_id = session.events(), session.pending, session.state.get("run_id")
    finally:
        session.close()
    card, text = papers.shown(events, mode == "expert")
    waiting = order is not None
    run = live.find(run_id)
    started = next((e for e in reversed(events) if e["type"] in ("run_started", "search_started")), {})
    report = last_event(events, "data_report")
    return (
        chat_messages(events),
        html.stepper(stage(events, waiting, run and run.status())),
        card,
        order.hash if order else "",
        gr.Row(visible=waiting),
        gr.Button(value=APPROVE[order.kind if order else "train"]),
        gr.Button(visible=order is None or order.kind in ("train", "search")),
        gr.Button(visible=order is None or order.kind in ("train", "search")),
        gr.Row(visible=False),
        gr.Accordion(visible=bool(text) and mode == "expert"),
        text,
        *data_tab.fill(report["report"] if report else None),
        gr.Tabs(selected=_tab(events, waiting)),
        gr.HTML(visible=not events),
        started.get("run_id") or started.get("study") or "",
    )


def _tab(events: list[dict[str, Any]], waiting: bool) -> Any:
    """The paper that the last event is about."""
    for e in reversed(events[-4:]):
        if e["type"] in ("run_started", "search_started"):
            return "run"
        if e["type"] in papers.PAPERS:
            return "run" if e["type"] == "replayed" else "plan"
        if e["type"] == "data_report" and not waiting:
            return "data"
    return None


def watch(thread: str, brain: str, job: str, seen: str, more: bool) -> tuple[Any, ...]:
    """The run or search as the store has it now; nothing is sent while nothing has changed."""
    if job.startswith("study-"):
        return _watch_search(thread, brain, job, seen)
    run = live.find(job)
    now = f"{live.signature(run)} {more}"
    if run is None or now == seen:
        return NOTHING
    state, history, result, runs = run.status(), run.history(), run.result(), commands.runs()
    ended = state.get("status") in ENDED
    odd = commands.readings(run.id) if history and (ended or commands.alerts(run.id)) else []
    return (
        now,
        html.alerts(commands.alerts(run.id)) + html.run_panel(run.id, state, live.latest(history), runs),
        gr.Plot(value=loss_figure(history, odd, more), visible=bool(history)),
        html.why(odd),
        _replay_plot(run.id),
        gr.Checkbox(visible=bool(history)),
        gr.Row(visible=True),
        html.result_panel(run.id, result, odd) + html.examination_panel(evaluating.shown(run.id)),
        html.runs_table(runs),
        _heard(thread, brain, run, ended),
        html.stepper(stage([], False, state)),
        gr.skip(),
    )


def _heard(thread: str, brain: str, run: Run, ended: bool) -> Any:
    """What the chat is told of a run: alerts while it goes, its end."""
    if not ended and not commands.alerts(run.id):
        return gr.skip()

    def tell(session: Session) -> None:
        session.warn(run.id)
        if ended:
            session.report(run.id)
            session.compared(run.id)

    return _told(thread, brain, tell)


NOTHING = (gr.skip(),) * 12


def _replay_plot(run_id: str) -> Any:
    """The last replay's curves over each other."""
    outcomes = proving.outcomes(run_id)
    return gr.Plot(value=replay_figure(outcomes[-1]), visible=True) if outcomes else gr.Plot(visible=False)


ENDED = ("finished", "failed", "died", "stopped")


def _watch_search(thread: str, brain: str, study_id: str, seen: str) -> tuple[Any, ...]:
    state = commands.study_state(study_id)
    panel = study_panel(study_id, state)
    if panel == seen:
        return NOTHING
    charts = [
        gr.Plot(value=figure, visible=True) if figure else gr.Plot(visible=False)
        for figure in (search_figure(state), coordinates_figure(state))
    ]
    ended = state.get("status") not in commands.SEARCHING
    chat = _told(thread, brain, lambda s: s.conclude(study_id)) if ended else gr.skip()
    concluded = study_id if ended else gr.skip()
    hidden = gr.Row(visible=False)
    return (
        panel,
        panel,
        charts[0],
        "",
        charts[1],
        gr.Checkbox(visible=False),
        hidden,
        *(gr.skip(),) * 2,
        chat,
        gr.skip(),
        concluded,
    )


def _told(thread: str, brain: str, tell: Any) -> list[dict[str, str]]:
    """Let the conversation tell how something ended, and show it."""
    session = session_of(thread, brain)
    try:
        tell(session)
        return chat_messages(session.events())
    finally:
        session.close()
