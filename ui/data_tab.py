"""The data tab: the report, a review of single rows, the data sheet. Handlers call agent.data; no logic here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr

from agent import data
from agent.progress import ProgressFile
from trainer.errors import UserFacingError
from trainer.paths import home
from ui import data_html
from ui.html import esc

PRIVATE: dict[str, Any] = {"api_visibility": "private"}
WORDS = {"accept": "accepted", "reject": "left out", "edited": "edited"}


class DataTab:
    """Builds the tab. `report` is what the page's fold fills."""

    def __init__(self) -> None:
        self.report = gr.HTML(data_html.data_report(None))
        self.progress = gr.HTML(visible=False)
        self.cancel = gr.Button("Stop looking", visible=False, elem_id="ts-cancel-look")
        self.about = gr.State({})
        self.at = gr.State(0)
        self.number = gr.State(0)
        with gr.Accordion(
            "Look through the rows, one by one", open=False, visible=False, elem_id="ts-review"
        ) as self.box:
            self._review()
        with gr.Row(visible=False) as self.sheets:
            self.sheet = gr.DownloadButton("Data sheet (HTML)", elem_id="ts-sheet-html", size="sm")
            self.sheet_md = gr.DownloadButton("Data sheet (Markdown)", elem_id="ts-sheet-md", size="sm")

    def _review(self) -> None:
        self.rule = gr.Dropdown([], label="rows that this finding points at", elem_id="ts-review-rule")
        self.row = gr.HTML()
        with gr.Row():
            self.back = gr.Button("Back", size="sm", min_width=70)
            self.keep = gr.Button("Keep", size="sm", elem_id="ts-review-keep", min_width=70)
            self.drop = gr.Button("Leave out", size="sm", elem_id="ts-review-drop", min_width=70)
            self.next = gr.Button("Next", size="sm", elem_id="ts-review-next", min_width=70)
        with gr.Row():
            self.column = gr.Dropdown([], label="change this cell", elem_id="ts-review-column", min_width=120)
            self.text = gr.Textbox(label="to", lines=2, elem_id="ts-review-text", scale=3)
            self.edit = gr.Button("Keep the change", size="sm", elem_id="ts-review-edit")
        self.told = gr.HTML()
        self.apply = gr.Button("Use these decisions", elem_id="ts-review-apply", variant="primary")

    def wire(self, thread: gr.BrowserState) -> None:
        """Connect the tab's own buttons; `apply` is connected by the page, which shows the repair."""
        shown = [self.row, self.number, self.at, self.column, self.text]
        where = [self.about, self.rule]
        self.rule.change(lambda about, rule: show_row(about, rule, 0), where, shown, **PRIVATE)
        for button, step in ((self.next, 1), (self.back, -1)):
            button.click(lambda a, r, at, s=step: show_row(a, r, at + s), [*where, self.at], shown, **PRIVATE)
        for button, decision in ((self.keep, "accept"), (self.drop, "reject")):
            decided = button.click(
                lambda about, number, d=decision: decide(about, number, d),
                [self.about, self.number],
                [self.told],
                **PRIVATE,
            )
            decided.then(lambda a, r, at: show_row(a, r, at + 1), [*where, self.at], shown, **PRIVATE)
        self.column.change(cell, [self.about, self.number, self.column], [self.text], **PRIVATE)
        changed = [self.about, self.number, self.column, self.text]
        self.edit.click(edit, changed, [self.told], **PRIVATE)
        self.cancel.click(lambda t: ProgressFile(home(), t).cancel(), [thread], None, **PRIVATE)

    def filled(self) -> list[Any]:
        """What `fill` gives values for, in its order."""
        return [self.report, self.about, self.box, self.rule, self.sheets, self.sheet_md, self.sheet]

    def looking(self) -> list[Any]:
        """What `looking` gives values for, in its order."""
        return [self.progress, self.cancel]


def fill(report: dict[str, Any] | None) -> tuple[Any, ...]:
    """The tab for a report."""
    rules = [(f["advice"][:90], f["rule"]) for f in (report or {}).get("findings", ()) if f["rows"]]
    about = {"path": report["path"]} if report else {}
    made = data.sheets(report) if report else [None, None]
    return (
        data_html.data_report(report),
        about,
        gr.Accordion(visible=bool(rules)),
        gr.Dropdown(choices=rules, value=rules[0][1] if rules else None),
        gr.Row(visible=bool(report)),
        *(gr.DownloadButton(value=path) for path in made),
    )


def looking(thread: str) -> tuple[Any, ...]:
    """A long look at data while it lasts."""
    state = ProgressFile(home(), thread).read() if thread else {}
    return gr.HTML(data_html.progress(state) if state else "", visible=bool(state)), gr.Button(visible=bool(state))


def show_row(about: dict[str, Any], rule: str | None, at: int) -> tuple[Any, ...]:
    """One row of a finding: its cells, the decision so far."""
    none = ("", 0, 0, gr.Dropdown(choices=[], value=None), "")
    if not about or not rule:
        return none
    try:
        found, count = data.review(Path(about["path"]), rule, at)
    except UserFacingError as error:
        gr.Warning(esc(error.sentence()))
        return none
    if found is None:
        return none
    columns = [name for name, value in found.row.items() if isinstance(value, str)]
    return (
        _card(found, at % count, count),
        found.number,
        at % count,
        gr.Dropdown(choices=columns, value=columns[0] if columns else None),
        str(found.row[columns[0]]) if columns else "",
    )


def _card(found: data.Reviewed, at: int, count: int) -> str:
    decision = found.decision if isinstance(found.decision, str) else "edited" if found.decision else ""
    mark = f' <span class="ts-chip">{WORDS[decision]}</span>' if decision else ""
    edited = found.decision if isinstance(found.decision, dict) else {}
    cells = "".join(
        f"<dt>{esc(name)}</dt><dd>{esc(_cut(value))}{_after(edited.get(name))}</dd>"
        for name, value in found.row.items()
    )
    return (
        f'<h3>Row {found.number:,} <small>({at + 1:,} of {count:,})</small>{mark}</h3><dl class="ts-lines">{cells}</dl>'
    )


def _after(value: Any) -> str:
    return "" if value is None else f"<br>→ <b>{esc(_cut(value))}</b>"


def _cut(value: Any, most: int = 1200) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= most else f"{text[:most]} ... ({len(text):,} characters)"


def cell(about: dict[str, Any], number: int, column: str | None) -> str:
    """The text of the cell to be changed."""
    row = data.rows(Path(about["path"]), [number]).get(number, {}) if about and number else {}
    return str(row.get(column, "")) if column else ""


def decide(about: dict[str, Any], number: int, decision: Any) -> str:
    """Keep a decision; says how many there are."""
    if not about or not number:
        return ""
    counts = data.decide(Path(about["path"]), number, decision)
    told = ", ".join(f"{n} {WORDS[kind]}" for kind, n in counts.items() if n)
    return f"<p>{esc(told or 'no decisions yet')}. They are kept for this file.</p>"


def edit(about: dict[str, Any], number: int, column: str | None, text: str) -> str:
    """Keep a changed cell."""
    return decide(about, number, {column: text}) if column else ""
