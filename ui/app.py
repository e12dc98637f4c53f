"""The page: chat on one side, the papers on the other. A fold over typed events; no logic."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path
from typing import Any

import gradio as gr

from agent import commands
from agent.model.door import Door
from trainer.data.sources.looks import ENDINGS
from trainer.errors import UserFacingError
from trainer.fields import SECTION_OF
from trainer.machine import read_machine
from trainer.paths import home
from trainer.wishes import Wishes
from ui import html
from ui.blind_tab import KEYS, BlindTab
from ui.data_tab import DataTab, looking
from ui.handlers import (
    CHIPS,
    act,
    approve,
    change,
    chip,
    decide_rows,
    decline,
    echo,
    measure,
    open_page,
    say,
    show,
    watch,
)

HERE = Path(__file__).parent
EDITABLE = sorted(set(SECTION_OF) & set(Wishes.model_fields) - {"goal", "dataset_path"})
PRIVATE: dict[str, Any] = {"api_visibility": "private"}
MAX_UPLOAD = "500mb"


def machine_words() -> str:
    """The computer in a few words."""
    machine = read_machine(measure=False)
    gpu = machine.gpus[0].name if machine.gpus else "CPU"
    return f"{gpu}, {machine.cores} cores, {machine.memory_gb:.0f} GB"


class Page:
    """Builds the blocks and wires them."""

    def __init__(self) -> None:
        with gr.Blocks(title="Tunesmith", analytics_enabled=False, fill_width=True) as self.blocks:
            self.thread = gr.BrowserState("", storage_key="tunesmith-thread", secret="tunesmith-page")
            self.seen = gr.State("")
            self.job = gr.State("")
            self.concluded = gr.State("")
            self._head()
            with gr.Row(elem_id="ts-main"):
                with gr.Column(scale=5, min_width=320):
                    self._chat()
                with gr.Column(scale=6, min_width=320):
                    self._papers()
            self.timer = gr.Timer(1.0)
            self._wire()

    def _head(self) -> None:
        self.header = gr.HTML(html.header(Door().model, machine_words()))
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
            render_markdown=False,
            feedback_options=None,
            placeholder="Say what a language model should learn, and drop the file that shows it.",
        )
        with gr.Row(elem_id="ts-chips"):
            self.chips = [gr.Button(text, size="sm") for text in CHIPS]
        self.entry = gr.MultimodalTextbox(
            placeholder="Say what you want, or drop a file",
            show_label=False,
            elem_id="ts-entry",
            file_types=[*ENDINGS, ".gz", ".bz2", ".xz"],
            max_lines=6,
        )
        with gr.Accordion("Brain", open=False, elem_id="ts-brain"):
            gr.Markdown(
                "The built-in brain needs no key and no network. A LiteLLM name (such as `ollama/qwen3`) "
                "sends your words and the names of columns, never your rows, to that model."
            )
            self.brain = gr.Textbox(Door().model, label="model", max_lines=1)

    def _papers(self) -> None:
        with gr.Tabs(elem_id="ts-tabs") as self.tabs:
            with gr.Tab("Plan", id="plan"):
                self._plan_tab()
            with gr.Tab("Data", id="data"):
                self.data = DataTab()
            with gr.Tab("Run", id="run"):
                self._run_tab()
            with gr.Tab("Results", id="results"):
                self.result = gr.HTML(html.empty("The verdict comes here when a run has ended."))
                self.blind = BlindTab()
            with gr.Tab("All runs", id="runs") as self.all_runs:
                self.runs = gr.HTML(html.runs_table([]))
                self.refresh = gr.Button("Refresh", size="sm")

    def _plan_tab(self) -> None:
        self.plan = gr.HTML(
            html.empty("Say what you want and give a file: the plan appears here, every value with its reason.")
        )
        self.hash = gr.State("")
        with gr.Row(visible=False, elem_id="ts-decide") as self.decide:
            self.approve = gr.Button("Approve and start", variant="primary", elem_id="ts-approve")
            self.measure = gr.Button("Measure first", elem_id="ts-measure")
            self.change = gr.Button("Change", elem_id="ts-change")
            self.decline = gr.Button("Decline", elem_id="ts-decline")
        with gr.Row(visible=False, elem_id="ts-edit") as self.edit:
            self.field = gr.Dropdown(EDITABLE, value="num_train_epochs", label="change this value", elem_id="ts-field")
            self.value = gr.Textbox(label="to", max_lines=1, elem_id="ts-value")
            self.set = gr.Button("Show the changed plan", elem_id="ts-set")
        with gr.Accordion("YAML", open=False, visible=False) as self.yaml_box:
            self.yaml = gr.Code(language="yaml", interactive=False, max_lines=30, show_label=False)
            gr.Markdown("The same plan as a file: `tunesmith train plan.yaml` repeats it without this page.")

    def _run_tab(self) -> None:
        self.run = gr.HTML(html.empty("No run in this conversation yet. Approve a plan and watch it here."))
        self.plot = gr.Plot(show_label=False, visible=False, elem_id="ts-plot")
        self.why = gr.HTML("")
        self.replay = gr.Plot(show_label=False, visible=False, elem_id="ts-replay")
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
            self.approve,
            self.measure,
            self.change,
            self.edit,
            self.yaml_box,
            self.yaml,
            *self.data.filled(),
            self.tabs,
            self.tour,
            self.job,
        ]
        watched = [
            self.seen,
            self.run,
            self.plot,
            self.why,
            self.replay,
            self.more,
            self.control,
            self.result,
            self.runs,
            self.chat,
            self.steps,
            self.concluded,
        ]
        who = [self.thread, self.brain, self.mode]
        live_in = [self.thread, self.brain, self.job, self.seen, self.more]
        self.blocks.load(open_page, [self.thread], [self.thread], **PRIVATE).then(show, who, shown, **PRIVATE)
        sent = self.entry.submit(echo, [self.entry, self.chat], [self.chat, self.entry, self.data_box()], **PRIVATE)
        sent.then(say, [*who, self.data_box(), self.hash], shown, **PRIVATE)
        for button, text in zip(self.chips, CHIPS, strict=True):
            pressed = button.click(
                lambda chat, t=text: [*chat, {"role": "user", "content": t}], [self.chat], [self.chat], **PRIVATE
            )
            pressed.then(chip(text), who, shown, **PRIVATE)
        self.approve.click(approve, [*who, self.hash], shown, **PRIVATE)
        self.decline.click(decline, who, shown, **PRIVATE)
        self.measure.click(measure, who, shown, **PRIVATE)
        self.change.click(lambda: gr.Row(visible=True), None, [self.edit], **PRIVATE)
        gr.on([self.set.click, self.value.submit], change, [*who, self.field, self.value], shown, **PRIVATE)
        self.brain.change(lambda name: html.header(name, machine_words()), [self.brain], [self.header], **PRIVATE)
        self.mode.change(show, who, shown, **PRIVATE)
        self.timer.tick(watch, live_in, watched, show_progress="hidden", **PRIVATE)
        self.timer.tick(looking, [self.thread], self.data.looking(), show_progress="hidden", **PRIVATE)
        self.data.wire(self.thread)
        self.blind.wire()
        self.data.apply.click(decide_rows, [*who, self.data.about], shown, **PRIVATE)
        self.concluded.change(show, who, shown, **PRIVATE)  # a search has laid its best plan on the table
        self.more.change(lambda *a: watch(a[0], a[1], a[2], "", a[4]), live_in, watched, **PRIVATE)
        self.stop.click(lambda t, b: act(t, b, "stop"), [self.thread, self.brain], [self.chat], **PRIVATE)
        self.resume.click(lambda t, b: act(t, b, "resume"), [self.thread, self.brain], [self.chat], **PRIVATE)
        again = [self.refresh.click, self.all_runs.select]
        gr.on(again, lambda: html.runs_table(commands.runs()), None, [self.runs], **PRIVATE)

    def data_box(self) -> gr.State:
        """What was typed and dropped, kept between the echo and the answer."""
        if not hasattr(self, "_box"):
            self._box = gr.State({})
        return self._box


def serve(host: str, port: int) -> None:
    """Start the page. Raises UserFacingError when the port is taken."""
    os.environ.setdefault("GRADIO_TEMP_DIR", str(home() / "gradio"))
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    _free(host, port)
    threading.Thread(target=read_machine, daemon=True).start()  # measures the speed while the page opens
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
        js=KEYS,
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
        except (OSError, OverflowError) as error:
            raise UserFacingError(
                f"port {port} on {host} can't be used ({getattr(error, 'strerror', None) or error})",
                "",
                f"Try: tunesmith ui --port {port + 1}",
            ) from None
