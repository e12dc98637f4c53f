"""What a language model is asked for more rows: which rows it is shown, and what is made of its reply.

Only the columns that are trained on are shown, without personal data, inside a block they can't close.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
from random import Random
from typing import Any

from trainer.data.more.masks import Masks
from trainer.data.more.prompted import answered, asked, asking, labelled, placed, usable
from trainer.data.more.replies import objects
from trainer.data.more.request import Request
from trainer.data.more.shares import shares
from trainer.data.more.sieve import Made, introduced
from trainer.data.more.stock import Stock
from trainer.data.more.tokens import fixed_parts
from trainer.data.shape.columns import cell
from trainer.data.sources.source import Row

SHOTS = 6
"""Rows of the person's own that a model is shown as examples in one call."""
MOST_A_CALL = 10
"""Rows asked for in one call."""
LONGEST_REPLY = 4500
"""Characters of a reply that surely fit into the longest answer."""
PIVOT = {"en": "German"}
"""Language of the way there and back: English for all others."""
NAMES = {"en": "English", "de": "German", "es": "Spanish", "fr": "French", "it": "Italian", "pt": "Portuguese"}
Ask = Callable[..., str]
"""(name of a prompt, its variables) -> the model's reply. Raises Stopped."""


@dataclass(frozen=True)
class Task:
    """One thing to ask for: `rows` are shown and may be spoken of by number."""

    stock: Stock
    by: str
    """How the rows are marked."""
    rows: tuple[int, ...]
    wanted: int
    label: str = ""
    """Of the new rows, where it is fixed."""
    masks: Masks = field(default_factory=Masks)
    faults: Counter[str] = field(default_factory=Counter)
    """Reason -> replies that could not be used."""

    def text_of(self, reply: Any, key: str) -> str:
        """A text of a reply with the private values in their places again; '' where there is none."""
        value = reply.get(key)
        return self.masks.shown(value).strip() if isinstance(value, str) else ""

    def fault(self, reason: str) -> None:
        """One reply less."""
        self.faults[reason] += 1


def per_call(stock: Stock, rows: Iterable[int]) -> int:
    """Rows of these that surely fit into one answer."""
    lengths = [len(line(shown_row(stock.rows[n], stock))) for n in rows] or [400]
    return max(1, min(MOST_A_CALL, LONGEST_REPLY // max(1, round(sum(lengths) / len(lengths)))))


def line(value: dict[str, Any]) -> str:
    """JSON on one line that can't close the block it stands in; nothing in it is lost."""
    return json.dumps(value, ensure_ascii=False, default=str).replace("<", "\\u003c").replace(">", "\\u003e")


def shown_row(row: Row, stock: Stock) -> dict[str, Any]:
    """The columns of a row that are trained on."""
    return {column: cell(row, column) for column in dict.fromkeys(stock.shape.roles.values())}


def hidden(value: Any, masks: Masks) -> Any:
    """A value of JSON without personal data in its texts."""
    return _each(value, masks.hidden)


def _each(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_each(v, change) for v in value]
    return {k: _each(v, change) for k, v in value.items()} if isinstance(value, dict) else value


def paraphrased(task: Task, ask: Ask) -> list[Made]:
    """The same questions in other words."""
    return _asked_anew(task, ask("more_paraphrase", texts=_questions(task)))


def translated_back(task: Task, ask: Ask) -> list[Made]:
    """There and back: two calls."""
    there = PIVOT.get(task.stock.language, "English")
    back = NAMES.get(task.stock.language, f"the language with the code {task.stock.language or 'en'}")
    foreign = ask("more_translate", language=there, texts=_questions(task))
    texts = [{"row": r["row"], "text": r["text"]} for r in objects(foreign) if r and _speaks_of(r, task)]
    if not texts:
        task.fault("unreadable")
        return []
    return _asked_anew(task, ask("more_translate", language=back, texts="\n".join(map(line, texts))))


def _questions(task: Task) -> str:
    rows = ({"row": n, "text": task.masks.hidden(asked(task.stock.rows[n], task.stock.shape))} for n in task.rows)
    return "\n".join(map(line, rows))


def _speaks_of(reply: dict[str, Any], task: Task) -> bool:
    return reply.get("row") in task.rows and isinstance(reply.get("text"), str)


def _asked_anew(task: Task, reply: str) -> list[Made]:
    """Rows whose question came back in other words, with everything in it that may not change."""
    out, seen = [], set()
    for answer in objects(reply):
        if answer is None or not _speaks_of(answer, task) or answer["row"] in seen:
            task.fault("unreadable" if answer is None else "columns")
            continue
        seen.add(n := answer["row"])
        row, text = task.stock.rows[n], task.text_of(answer, "text")
        if Counter(fixed_parts(asked(row, task.stock.shape))) - Counter(fixed_parts(text)):
            task.fault("kept_part")
        else:
            out.append(Made(asking(row, task.stock.shape, text), text, (n,), task.by))
    return out


def new_rows(task: Task, ask: Ask) -> list[Made]:
    """New questions and answers of the same kind."""
    stock, roles = task.stock, task.stock.shape.roles
    examples = [shown_row(stock.rows[n], stock) for n in task.rows]
    columns = list(examples[0])
    labels = list(stock.labels) if len(stock.labels) <= 50 else []
    reply = ask(
        "more_new_rows",
        wanted=task.wanted,
        rows="\n".join(line(hidden(row, task.masks)) for row in examples),
        columns=json.dumps(columns, ensure_ascii=False),
        label=json.dumps(task.label, ensure_ascii=False) if task.label else "",
        label_column=roles.get("label", ""),
        labels=json.dumps(labels, ensure_ascii=False).replace("<", "\\u003c") if labels else "",
    )
    return [made for answer in objects(reply) if (made := _new_row(answer, examples[0], task)) is not None]


def _new_row(answer: dict[str, Any] | None, like: dict[str, Any], task: Task) -> Made | None:
    """A reply as a row, if it has the columns, their kinds and a known label."""
    if answer is None:
        task.fault("unreadable")
        return None
    stock = task.stock
    row: Row = {}
    for column in like:
        placed(row, column, _each(answer.get(column), lambda text: task.masks.shown(text).strip()))
    fits = answer.keys() == like.keys() and all(_alike(answer[c], like[c]) for c in like)
    if not fits or not usable(row, stock.shape):
        task.fault("columns")
        return None
    if reason := introduced(_texts(row), _texts([stock.rows[n] for n in task.rows])):
        task.fault(reason)
        return None
    label = labelled(row, stock.shape)
    if stock.labels and label not in ({task.label} if task.label else stock.labels):
        task.fault("label")
        return None
    return Made(row, asked(row, stock.shape), task.rows, task.by, variant=False)


def _texts(value: Any) -> str:
    """All texts in a value, one under another."""
    if isinstance(value, dict | list):
        return "\n".join(map(_texts, value.values() if isinstance(value, dict) else value))
    return value if isinstance(value, str) else ""


def _alike(value: Any, like: Any) -> bool:
    """Whether two values are of one kind; turns of a conversation must have the same keys."""
    if isinstance(value, bool) != isinstance(like, bool):
        return False
    if isinstance(like, list) and isinstance(value, list) and like and isinstance(like[0], dict):
        keys = {frozenset(turn) for turn in like if isinstance(turn, dict)}
        return all(isinstance(turn, dict) and frozenset(turn) in keys for turn in value)
    if like is None or value is None:
        return (like is None and value is None) or isinstance(value or like, str)
    return isinstance(value, type(like)) or (isinstance(value, int | float) and isinstance(like, int | float))


def answers(task: Task, ask: Ask) -> list[Made]:
    """Answers to questions without one, in the style of the others."""
    stock = task.stock
    examples, open_rows = [n for n in task.rows if n in stock.rows], [n for n in task.rows if n in stock.unanswered]
    told = [
        {"question": task.masks.hidden(asked(r, stock.shape)), "answer": task.masks.hidden(answered(r, stock.shape))}
        for r in (stock.rows[n] for n in examples)
    ]
    questions = [{"row": n, "question": task.masks.hidden(asked(stock.unanswered[n], stock.shape))} for n in open_rows]
    reply = ask("more_answers", examples="\n".join(map(line, told)), questions="\n".join(map(line, questions)))
    out, seen = [], set()
    for answer in objects(reply):
        text = task.text_of(answer or {}, "answer")
        if answer is None or answer.get("row") not in open_rows or answer["row"] in seen or not text:
            task.fault("unreadable" if answer is None else "columns")
            continue
        seen.add(n := answer["row"])
        if reason := introduced(text, _texts([stock.unanswered[n], *(stock.rows[e] for e in examples)])):
            task.fault(reason)
            continue
        row = dict(stock.unanswered[n])
        placed(row, stock.shape.roles["completion"], text)
        out.append(Made(row, text, (n, *examples), task.by, variant=True))
    return out


WAYS: dict[str, Callable[[Task, Ask], list[Made]]] = {
    "paraphrase": paraphrased,
    "back_translation": translated_back,
    "self_instruct": new_rows,
    "rare_classes": new_rows,
    "answers": answers,
}


def tasks(stock: Stock, request: Request, model: str) -> Iterator[Task]:
    """What to ask, in order; without an end where more can be asked for. The same request gives the same tasks."""
    rng = Random(request.seed)
    by = f"{request.how.replace('_', ' ')} by {model}"
    if request.how in ("paraphrase", "back_translation"):
        yield from _over_rows(stock, by, rng)
    elif request.how == "answers":
        yield from _over_questions(stock, by, rng)
    elif request.how == "rare_classes":
        yield from _over_classes(stock, request, by, rng)
    else:
        yield from _seeded(stock, by, rng)


def _over_rows(stock: Stock, by: str, rng: Random) -> Iterator[Task]:
    while True:
        order = list(stock.rows)
        rng.shuffle(order)
        for rows in _parts(order, per_call(stock, order[:50])):
            yield Task(stock, by, rows, len(rows))


def _over_questions(stock: Stock, by: str, rng: Random) -> Iterator[Task]:
    for rows in _parts(stock.unanswered, per_call(stock, islice(stock.rows, 50))):
        examples = diverse(stock, list(stock.rows), SHOTS, rng)
        yield Task(stock, by, (*examples, *rows), len(rows))


def _over_classes(stock: Stock, request: Request, by: str, rng: Random) -> Iterator[Task]:
    """Each class in turn, as often as its share needs calls."""
    wanted = shares(stock.labels, request.rows, request.fill_to)
    pools = {label: rows for label in wanted if (rows := stock.of(label))}
    for label in cycle(pools):
        count = min(per_call(stock, pools[label][:50]), wanted[label])
        yield Task(stock, by, tuple(diverse(stock, pools[label], SHOTS, rng)), count, label)


def _seeded(stock: Stock, by: str, rng: Random) -> Iterator[Task]:
    while True:
        rows = tuple(diverse(stock, list(stock.rows), SHOTS, rng))
        yield Task(stock, by, rows, per_call(stock, rows))


def _parts(rows: Iterable[int], size: int) -> Iterator[tuple[int, ...]]:
    left = iter(rows)
    while part := tuple(islice(left, size)):
        yield part


def diverse(stock: Stock, pool: list[int], count: int, rng: Random) -> list[int]:
    """Rows that have as few words in common as possible: each next one is the farthest from those taken."""
    drawn = rng.sample(pool, min(len(pool), 200))
    words = {n: frozenset(asked(stock.rows[n], stock.shape).lower().split()) for n in drawn}
    chosen = drawn[:1]
    near = dict.fromkeys(drawn[1:], 0.0)
    while near and len(chosen) < count:
        for n in near:
            near[n] = max(near[n], len(words[n] & words[chosen[-1]]) / max(1, len(words[n] | words[chosen[-1]])))
        chosen.append(min(near, key=lambda n: near[n]))
        near.pop(chosen[-1])
    return chosen
