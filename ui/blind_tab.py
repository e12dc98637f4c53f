"""Blind comparison under Results: two answers, one key. Handlers call agent.blind; no logic here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from agent import blind
from trainer.errors import UserFacingError
from ui.blind_html import blind_card, blind_outcome
from ui.html import esc

PRIVATE: dict[str, Any] = {"api_visibility": "private"}
UNTRAINED = "untrained model"
PAIRS, SCALE = "which is better", "rate each, 1 to 5"
KEYS = """() => { document.addEventListener('keydown', event => {
  if (event.target.closest('input, textarea, [contenteditable]')) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const names = {ArrowLeft: 'left', ArrowRight: 'right', ArrowDown: 'tie', Backspace: 'undo'};
  const name = names[event.key] || (/^[1-5]$/.test(event.key) ? event.key : '');
  const button = name && document.getElementById('ts-blind-' + name);
  if (button && button.offsetParent) { event.preventDefault(); button.click(); }
}); }"""
"""Arrow keys and digits press the buttons that are on the screen; typing in a field is left alone."""
SEEN = "(at, seen) => [at, document.querySelector('#ts-blind [data-number]')?.dataset.number ?? '']"
"""What was on the screen when a button was pressed goes with it."""
VOTE: dict[str, Any] = {**PRIVATE, "js": SEEN, "trigger_mode": "multiple", "concurrency_id": "blind"}
"""Every press counts, also one that comes before the page has settled; one after the other."""


class BlindTab:
    """Builds the part of the tab."""

    def __init__(self) -> None:
        with gr.Accordion("Compare blind: which answers are better?", open=False, elem_id="ts-blind") as self.box:
            gr.Markdown(
                "You see two answers to a question that no training saw, and not who wrote them. "
                "Arrow keys: left, right, down for a tie; backspace takes the last one back. On a scale: 1 to 5."
            )
            with gr.Row():
                self.run = gr.Dropdown([], label="run", elem_id="ts-blind-run", min_width=120)
                self.other = gr.Dropdown([], label="against", elem_id="ts-blind-other", min_width=120)
                self.rater = gr.Textbox("", label="your name", max_lines=1, elem_id="ts-blind-rater", min_width=120)
            with gr.Row():
                self.how = gr.Radio([PAIRS, SCALE], value=PAIRS, show_label=False, container=False)
                self.begin = gr.Button("Begin", elem_id="ts-blind-begin", variant="primary")
            self.at = gr.State({})
            self.seen = gr.Textbox("", visible=False)
            self.card = gr.HTML("")
            with gr.Row(visible=False) as self.sides:
                self.left = gr.Button("← Left", elem_id="ts-blind-left")
                self.tie = gr.Button("↓ Tie", elem_id="ts-blind-tie")
                self.right = gr.Button("Right →", elem_id="ts-blind-right")
            with gr.Row(visible=False) as self.scale:
                self.rates = [gr.Button(str(n), elem_id=f"ts-blind-{n}", min_width=40) for n in range(1, 6)]
            with gr.Row(visible=False) as self.undo_row:
                self.undo = gr.Button("Take the last back", elem_id="ts-blind-undo", size="sm")
                self.end = gr.Button("Show what came out", elem_id="ts-blind-end", size="sm")

    def wire(self) -> None:
        """Connect the buttons."""
        who = [self.run, self.other, self.rater, self.how]
        shown = [self.card, self.at, self.sides, self.scale, self.undo_row]
        self.box.expand(_runs, [self.run], [self.run], **PRIVATE)
        self.run.change(_others, [self.run], [self.other], **PRIVATE)
        self.begin.click(_begun, who, shown, **PRIVATE)
        for button, choice in ((self.left, "left"), (self.tie, "tie"), (self.right, "right")):
            button.click(_voted(blind.choose, choice), [self.at, self.seen], shown, **VOTE)
        for rating, button in enumerate(self.rates, 1):
            button.click(_voted(blind.rate, rating), [self.at, self.seen], shown, **VOTE)
        self.undo.click(_taken_back, [self.at], shown, **PRIVATE)
        self.end.click(lambda at: _ended(at["run"], at["other"]), [self.at], shown, **PRIVATE)


def _runs(now: str | None) -> Any:
    found = blind.comparable()
    return gr.Dropdown(choices=found, value=now if now in found else (found[0] if found else None))


def _others(run: str | None) -> Any:
    found = blind.candidates(run) if run in blind.comparable() else []
    choices = [(UNTRAINED if name == blind.UNTRAINED else blind.in_words(run, name), name) for name in found]
    return gr.Dropdown(choices=choices, value=found[0] if found else None)


def _begun(run: str | None, other: str | None, rater: str, how: str) -> Iterator[tuple[Any, ...]]:
    """A checkpoint that has not answered the sealed rows does it first, and the page says how far it is."""
    try:
        if run and other:
            for words in blind.answering(run, other):
                yield f'<p class="ts-note">{esc(words)}</p>', {}, *_rows(False, False, False)
    except UserFacingError as error:
        yield _fault(error)
        return
    yield _next(run, other, rater, how)


def _fault(error: UserFacingError) -> tuple[Any, ...]:
    return f'<p class="ts-note" role="alert">{esc(error.sentence())}</p>', {}, *_rows(False, False, False)


def _next(run: str | None, other: str | None, rater: str, how: str) -> tuple[Any, ...]:
    """The next one for this rater, or what came out. Votes go by what is shown, however the fields change after."""
    try:
        if not run or not other:
            raise UserFacingError(
                "no run has answers to compare yet", "", "Train one first; they come with its result."
            )
        name = blind.rater_name(rater)
        shown = (blind.next_pair if how == PAIRS else blind.next_answer)(run, other, name)
    except UserFacingError as error:
        return _fault(error)
    if shown is None:
        return _ended(run, other)
    at = {"run": run, "other": other, "rater": name, "how": how, "number": shown.number}
    return blind_card(shown), at, *_rows(how == PAIRS, how != PAIRS, True)


def _rows(sides: bool, scale: bool, more: bool) -> tuple[Any, ...]:
    return gr.Row(visible=sides), gr.Row(visible=scale), gr.Row(visible=more)


def _after(at: dict[str, Any]) -> tuple[Any, ...]:
    if not at:  # the last vote was given a moment ago
        return tuple(gr.skip() for _ in range(5))
    return _next(at["run"], at["other"], at["rater"], at["how"])


def _voted(vote: Callable[..., Any], value: str | int) -> Callable[[dict[str, Any], str], tuple[Any, ...]]:
    """A vote for what was on the screen; pressed twice, the second is not a vote for an item nobody has seen."""

    def handle(at: dict[str, Any], seen: str) -> tuple[Any, ...]:
        if at and seen == str(at["number"]):
            vote(at["run"], at["other"], at["rater"], at["number"], value)
        return _after(at)

    return handle


def _taken_back(at: dict[str, Any]) -> tuple[Any, ...]:
    blind.take_back(at["run"], at["other"], at["rater"])
    return _after(at)


def _ended(run: str, other: str) -> tuple[Any, ...]:
    return blind_outcome(blind.outcome(run, other)), {}, *_rows(False, False, False)
