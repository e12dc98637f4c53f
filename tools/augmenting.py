"""More rows: by rules, or written by the chosen language model; laid on the table, made once approved."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from prompts import render
from tools.arguments import Augment, Prepare
from tools.augmenting_words import augmentation_words, done_words, offer_words
from tools.desk import Desk, ToolResult
from tools.orders import Order
from tools.words import in_english
from trainer.data.more.augmentation import Augmentation, augmentation, carried_out
from trainer.data.more.request import WRITTEN, Request
from trainer.errors import UserFacingError

ROWS = 100
"""New rows when no number was said."""


def augment_data(args: Augment, desk: Desk) -> ToolResult:
    """Lay new rows made from the person's own on the table. Makes and sends nothing before approval."""
    old = waiting(desk)
    path = Path(old.dataset_path) if old and args.dataset_path is None else desk.data_file(args.dataset_path)
    request, notes = _request(args, old, desk)
    roles = {"label": args.label_column} if args.label_column else (old.roles if old else {})
    writer = desk.writer("") if desk.writer and request.by_model else None
    if request.how == "answers" and writer is None:
        return ToolResult("\n".join(in_english(notes, desk.voice)), file=str(path))
    most = args.max_usd or _usd(args.question)
    new = augmentation(path, request, desk.home / "prepared", roles, writer, most)
    return _laid(new, desk, notes)


def more_rows(args: Prepare) -> Augment | None:
    """A preparation that is only the wish for new rows ('200 examples' is their number, no sample of the old)."""
    ops = set(args.prep_ops)
    only = "generate_synthetic" in ops and ops <= {"generate_synthetic", "sample", "balance_classes"}
    named = not ops and not args.without and named_way(args.question) is not None
    if not (only or named):
        return None
    return Augment(
        rows=args.max_samples,
        label_column=args.label_column,
        seed=args.seed,
        dataset_path=args.dataset_path,
        question=args.question,
    )


def waiting(desk: Desk) -> Augmentation | None:
    """The new rows that wait for a person, if any."""
    return desk.order.augmentation if desk.order is not None and desk.order_state == "proposed" else None


def _request(args: Augment, old: Augmentation | None, desk: Desk) -> tuple[Request, list[str]]:
    """What was asked for, in fields or in words, with what there is to say about it."""
    text = args.question.lower()
    base = old.request if old else Request()
    how = args.how or _how(text) or (base.how if old else ("self_instruct" if desk.writer else "noise"))
    by_model = _by_model(how, text, base.by_model if old and how == base.how else None)
    asked = by_model
    if by_model and desk.writer is None:
        how, by_model = ("noise" if how not in ("rare_classes", "answers") else how), False
    fill_to = args.fill_to or (_number("fill_to", text) if how == "rare_classes" else None)
    rows = args.rows or _number("rows", text, but=fill_to) or (base.rows if old else 0)
    request = Request(
        how=how,
        by_model=by_model,
        rows=rows or (10_000 if fill_to else ROWS),
        fill_to=fill_to or (base.fill_to if old and not rows else None),
        ways=() if by_model else _ways(text) or base.ways,
        judge=by_model and _judged(args, text, base.judge),
        seed=args.seed if args.seed is not None else base.seed,
    )
    if old and asked == by_model and by_model == base.by_model:
        return request, []
    wish = args.how or _how(text) or ""
    return request, offer_words(request, wish, asked and not by_model, desk.writer is not None)


def _by_model(how: str, text: str, before: bool | None) -> bool:
    if how in WRITTEN:
        return True
    if how == "noise":
        return False
    if says("by_rules", text):
        return False
    return says("by_model", text) or bool(before)


def _judged(args: Augment, text: str, before: bool) -> bool:
    if args.judge is not None:
        return args.judge
    return not says("no_judge", text) and (says("judge", text) or before)


@cache
def _table() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "augmenting.yaml").read_text("utf-8"))
    return loaded


def _found(pattern: str, text: str) -> re.Match[str] | None:
    return re.search(rf"(?<!\w)(?:{pattern.strip()})(?!\w)", text)


def says(entry: str, text: str) -> bool:
    """Whether words of an entry of the table stand in a text."""
    return _found(_table()[entry], text.lower()) is not None


def _how(text: str) -> Any:
    """The way that words ask for; None for no particular one."""
    return next((how for how, pattern in _table()["how"].items() if _found(pattern, text)), None)


def _ways(text: str) -> tuple[str, ...]:
    """Rules that words name one by one."""
    return tuple(way for way, pattern in _table()["ways"].items() if _found(pattern, text))


def named_way(text: str) -> str | None:
    """The way of making rows that a person's words name, if any but the general wish for more."""
    how: str | None = _how(text.lower())
    return how


def _number(entry: str, text: str, but: int | None = None) -> int | None:
    """The first number said of a kind, other than one known already."""
    for match in re.finditer(_table()[entry].strip(), text):
        value = int(re.sub(r"\D", "", next(g for g in match.groups() if g)))
        if value and value != but:
            return value
    return None


def _usd(text: str) -> float | None:
    found = _found(_table()["usd"], text.lower()) or re.search(_table()["usd"].strip(), text.lower())
    return float(next(g for g in found.groups() if g)) if found else None


def changes(text: str) -> bool:
    """Whether words can change what is shown: a number, a way, a judge, a model."""
    low = text.lower()
    return bool(_how(low) or _number("rows", low)) or any(
        says(entry, low) for entry in ("by_model", "by_rules", "judge", "no_judge", "usd")
    )


def _laid(new: Augmentation, desk: Desk, notes: list[str]) -> ToolResult:
    order = Order(kind="augment", augmentation=new)
    say = "\n".join(in_english([*notes, *augmentation_words(new)], desk.voice))
    return ToolResult(say, {"hash": order.hash}, [order.paper()], order=order, file=new.dataset_path)


def carry_out_augmentation(order: Order, approval: str, desk: Desk) -> ToolResult:
    """Make the approved rows, once. The file they came from stays the one that is worked on."""
    new = order.augmentation
    if new is None:
        raise UserFacingError("no new rows are on the table", "", "Ask for them again.")
    writer = desk.writer(approval) if desk.writer and new.request.by_model else None
    made = carried_out(new, approval, writer, lambda name, **values: render(name, **values).text, desk.watch)
    say = "\n".join(in_english(done_words(made), desk.voice))
    event = {"type": "augmented", "path": str(made.path), "hash": order.hash, "record": made.record}
    return ToolResult(say, {"path": str(made.path), "record": made.record}, [event])
