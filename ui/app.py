"""The page: chat on one side, the papers on the other. A fold over typed events; no logic."""

from __future__ import annotations

import os
import shutil
import socket
import uuid
from pathlib import Path
from typing import Any

import gradio as gr

from agent import commands
from agent.llm import BUILTIN, Door
from agent.session import Session
from trainer import planfile
from trainer.errors import UserFacingError
from trainer.fields import SECTION_OF
from trainer.machine import read_machine
from trainer.paths import SAMPLE_DATA, home
from ui import html, live
from ui.figures import loss_figure
from ui.fold import chat_messages, last_event, stage

HERE = Path(__file__).parent
CHIPS = ("Try the sample", "Why did loss spike?", "Should I fine-tune at all?")
SAMPLE_WISH = "teach a model to sort our support mails by topic"
PRIVATE: dict[str, Any] = {"api_visibility": "private"}
MAX_UPLOAD = "500mb"


def session_of(thread: str, brain: str) -> Session:
    """The conversation of this page. Opened for each event, so that nothing lives in the process."""
    return Session(thread, Door(brain or BUILTIN), roots=[home() / "uploads"])


def machine_words() -> str:
    """The computer in a few words."""
    machine = read_machine()
    gpu = machine.gpus[0].name if machine.gpus else "CPU"
    return f"{gpu}, {machine.cores} cores, {machine.memory_gb:.0f} GB"


class Page:
    """Builds the blocks and wires them."""

    def __init__(self) -> None:
        with gr.Blocks(title="Tunesmith", analytics_enabled=False, fill_width=True) as self.blocks:
            self.thread = gr.BrowserState("", storage_key="tunesmith-thread", secret="tunesmith-page")
            self.seen = gr.State("")
            self._head()
            with gr.Row(elem_id="ts-main"):
                with gr.Column(scale=5, min_width=320):
                    self._chat()
                with gr.Column(scale=6, min_width=320):
                    self._papers()
            self.timer = gr.Timer(1.0)
            self._wire()

    def _head(self) -> None:
        gr.HTML(html.header(Door().model, machine_words()))
        with gr.Row(elem_id="ts-bar"):
            self.steps = gr.HTML(html.stepper("data"))
            self.mode = gr.Radio(
                ["simple", "expert"], value="simple", show_label=False, container=False, elem_id="ts-mode"
            )

    def _chat(self) -> None:
        self.tour = gr.HTML(html.TOUR)
        self.chat = gr.Chatbot(
            show_label=False,
            height=400,
            elem_id="ts-chat",
            buttons=[],
            feedback_options=None,
            placeholder="Say what a language model should learn, and drop the file that shows it.",
        )
        with gr.Row(elem_id="ts-chips"):
            self.chips = [gr.Button(text, size="sm") for text in CHIPS]
        self.entry = gr.MultimodalTextbox(
            placeholder="Say what you want, or drop a file",
            show_label=False,
            elem_id="ts-entry",
            file_types=[".csv", ".tsv", ".json", ".jsonl", ".parquet", ".txt", ".md", ".gz"],
            max_lines=6,
        )
        with gr.Accordion("Brain", open=False, elem_id="ts-brain"):
            gr.Markdown(
                "The built-in brain needs no key and no network. A LiteLLM name (such as `ollama/qwen3`) "
                "sends your words, never your rows, to that model."
            )
            self.brain = gr.Textbox(Door().model, label="model", max_lines=1)

    def _papers(self) -> None:
        with gr.Tabs(elem_id="ts-tabs") as self.tabs:
            with gr.Tab("Plan", id="plan"):
                self._plan_tab()
            with gr.Tab("Data", id="data"):
                self.data = gr.HTML(html.data_report(None))
            with gr.Tab("Run", id="run"):
                self._run_tab()
            with gr.Tab("Results", id="results"):
                self.result = gr.HTML(html.empty("The verdict comes here when a run has ended."))
            with gr.Tab("All runs", id="runs"):
                self.runs = gr.HTML(html.runs_table([]))
                self.refresh = gr.Button("Refresh", size="sm")

    def _plan_tab(self) -> None:
        self.plan = gr.HTML(
            html.empty("Say what you want and give a file: the plan appears here, every value with its reason.")
        )
        self.hash = gr.State("")
        with gr.Row(visible=False, elem_id="ts-decide") as self.decide:
            self.approve = gr.Button("Approve and start", variant="primary", elem_id="ts-approve")
            self.change = gr.Button("Change", elem_id="ts-change")
            self.decline = gr.Button("Decline", elem_id="ts-decline")
        with gr.Row(visible=False, elem_id="ts-edit") as self.edit:
            self.field = gr.Dropdown(
                sorted(SECTION_OF), value="num_train_epochs", label="change this value", elem_id="ts-field"
            )
            self.value = gr.Textbox(label="to", max_lines=1, elem_id="ts-value")
            self.set = gr.Button("Show the changed plan", elem_id="ts-set")
        with gr.Accordion("YAML", open=False, visible=False) as self.yaml_box:
            self.yaml = gr.Code(language="yaml", interactive=False, max_lines=30, show_label=False)
            gr.Markdown("The same plan as a file: `tunesmith train plan.yaml` repeats it without this page.")

    def _run_tab(self) -> None:
        self.run = gr.HTML(html.empty("No run in this conversation yet. Approve a plan and watch it here."))
        self.plot = gr.Plot(show_label=False, visible=False, elem_id="ts-plot")
        self.more = gr.Checkbox(False, label="learning rate and gradient norm", visible=False)
        with gr.Row(visible=False) as self.control:
            self.stop = gr.Button("Stop (saves first)", elem_id="ts-stop")
            self.resume = gr.Button("Resume", elem_id="ts-resume")

    def _wire(self) -> None:
        shown = [
            self.chat,
            self.steps,
            self.plan,
            self.hash,
            self.decide,
            self.edit,
            self.yaml_box,
            self.yaml,
            self.data,
            self.tabs,
            self.tour,
        ]
        watched = [
            self.seen,
            self.run,
            self.plot,
            self.more,
            self.control,
            self.result,
            self.runs,
            self.chat,
            self.steps,
        ]
        who = [self.thread, self.brain, self.mode]
        live_in = [self.thread, self.brain, self.seen, self.more]
        self.blocks.load(open_page, [self.thread], [self.thread], **PRIVATE).then(show, who, shown, **PRIVATE)
        sent = self.entry.submit(echo, [self.entry, self.chat], [self.chat, self.entry, self.data_box()], **PRIVATE)
        sent.then(say, [*who, self.data_box()], shown, **PRIVATE)
        for button, text in zip(self.chips, CHIPS, strict=True):
            pressed = button.click(
                lambda chat, t=text: [*chat, {"role": "user", "content": t}], [self.chat], [self.chat], **PRIVATE
            )
            pressed.then(chip(text), who, shown, **PRIVATE)
        self.approve.click(approve, [*who, self.hash], shown, **PRIVATE)
        self.decline.click(decline, who, shown, **PRIVATE)
        self.change.click(lambda: gr.Row(visible=True), None, [self.edit], **PRIVATE)
        gr.on([self.set.click, self.value.submit], change, [*who, self.field, self.value], shown, **PRIVATE)
        self.mode.change(show, who, shown, **PRIVATE)
        self.timer.tick(watch, live_in, watched, show_progress="hidden", **PRIVATE)
        self.more.change(lambda *a: watch(a[0], a[1], "", a[3]), live_in, watched, **PRIVATE)
        self.stop.click(lambda t, b: act(t, b, "stop"), [self.thread, self.brain], [self.chat], **PRIVATE)
        self.resume.click(lambda t, b: act(t, b, "resume"), [self.thread, self.brain], [self.chat], **PRIVATE)
        self.refresh.click(lambda: html.runs_table(commands.runs()), None, [self.runs], **PRIVATE)

    def data_box(self) -> gr.State:
        """What was typed and dropped, kept between the echo and the answer."""
        if not hasattr(self, "_box"):
            self._box = gr.State({})
        return self._box


def open_page(thread: str) -> str:
    """The conversation this browser had, or a new one."""
    return thread or uuid.uuid4().hex[:12]


def echo(entry: dict[str, Any], chat: list[Any]) -> tuple[list[Any], Any, dict[str, Any]]:
    """Show the person's words at once; the answer follows."""
    names = ", ".join(Path(f).name for f in entry.get("files", []))
    text = " ".join(filter(None, [entry.get("text", ""), f"[{names}]" if names else ""]))
    return [*chat, {"role": "user", "content": html.esc(text)}], gr.MultimodalTextbox(value=None), entry


def say(thread: str, brain: str, mode: str, entry: dict[str, Any]) -> Any:
    """A typed message, with the files dropped beside it."""
    session = session_of(thread, brain)
    try:
        for file in entry.get("files", []):
            session.give_file(keep_upload(Path(file)))
        text = (entry.get("text") or "").strip() or ("what is in this file?" if entry.get("files") else "")
        if text:
            session.ask(text)
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


def change(thread: str, brain: str, mode: str, field: str, value: str) -> Any:
    """One value changed on the card."""
    import yaml

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
    plan = last_event(events, "plan")
    card = html.empty("Say what you want and give a file: the plan appears here, every value with its reason.")
    text = ""
    if plan:
        proposal = html.Proposal.model_validate(plan["order"]["proposal"])
        search = commands.search_line(plan["order"])
        card = html.plan_card(proposal, plan["hash"], mode == "expert", search, plan.get("diff"))
        text = planfile.dump(proposal)
    waiting = order is not None
    run = live.find(run_id)
    report = last_event(events, "data_report")
    return (
        chat_messages(events),
        html.stepper(stage(events, waiting, run and run.status())),
        card,
        order.hash if order else "",
        gr.Row(visible=waiting),
        gr.Row(visible=False),
        gr.Accordion(visible=bool(plan) and mode == "expert"),
        text,
        html.data_report(report["report"] if report else None),
        gr.Tabs(selected=_tab(events, waiting)),
        gr.HTML(visible=not events),
    )


def _tab(events: list[dict[str, Any]], waiting: bool) -> Any:
    """The paper that the last event is about."""
    for e in reversed(events[-4:]):
        if e["type"] in ("run_started", "resumed"):
            return "run"
        if e["type"] == "plan":
            return "plan"
        if e["type"] == "data_report" and not waiting:
            return "data"
    return None


def watch(thread: str, brain: str, seen: str, more: bool) -> tuple[Any, ...]:
    """The run as the store has it now; nothing is sent while nothing has changed."""
    nothing = (gr.skip(),) * 9
    if not thread:
        return nothing
    events = _events(thread, brain)
    started = last_event(events, "run_started")
    run = live.find(started["run_id"] if started else None)
    now = f"{live.signature(run)} {more}"
    if run is None or now == seen:
        return nothing
    state, history = run.status(), run.history()
    result = run.result()
    findings = commands.explain(run.id, "", None)["findings"] if result else []
    chat: Any = gr.skip()
    if state.get("status") in ("finished", "failed", "died", "stopped"):
        session = session_of(thread, brain)
        session.report(run.id)
        session.close()
        chat = chat_messages(_events(thread, brain))
    return (
        now,
        html.run_panel(run.id, state, live.latest(history)),
        gr.Plot(value=loss_figure(history, findings, more), visible=bool(history)),
        gr.Checkbox(visible=bool(history)),
        gr.Row(visible=True),
        html.result_panel(run.id, result, [f for f in findings if f["label"] != "healthy"]),
        html.runs_table(commands.runs()),
        chat,
        html.stepper(stage(events, False, state)),
    )


def serve(host: str, port: int) -> None:
    """Start the page. Raises UserFacingError when the port is taken."""
    os.environ.setdefault("GRADIO_TEMP_DIR", str(home() / "gradio"))
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    _free(host, port)
    page = Page()
    page.blocks.launch(
        server_name=host,
        server_port=port,
        share=False,
        quiet=True,
        show_error=False,
        allowed_paths=[],
        max_file_size=MAX_UPLOAD,
        css_paths=HERE / "page.css",
        theme=theme(),
        footer_links=[],
        ssr_mode=False,
        inbrowser=False,
        enable_monitoring=False,
        prevent_thread_lock=True,
    )
    print(f"Tunesmith is at http://{host}:{port}  (Ctrl-C ends the page; runs go on)", flush=True)
    page.blocks.block_thread()


def theme() -> Any:
    """Quiet, with fonts of this computer: nothing is fetched."""
    fonts = ["system-ui", "-apple-system", "Segoe UI", "sans-serif"]
    return gr.themes.Base(
        primary_hue="blue", neutral_hue="slate", font=fonts, font_mono=["ui-monospace", "monospace"], radius_size="md"
    )


def _free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UserFacingError(
                f"port {port} on {host} can't be used ({error.strerror})", "", f"Try: tunesmith ui --port {port + 1}"
            ) from None
