"""The part of a row that may be varied: what is asked. What is answered, and the label, stay as they are."""

from __future__ import annotations

import copy
from typing import Any

from trainer.data.convert import as_text, examples
from trainer.data.formats import Shape
from trainer.data.shape.columns import cell
from trainer.data.sources.source import Row
from trainer.errors import UserFacingError

FORMATS = ("prompt_completion", "alpaca", "text_label", "messages", "sharegpt", "preference", "kto")
"""Formats whose rows ask something."""
_USERS = ("user", "human", "customer", "prompter")


def checked(shape: Shape, name: str) -> Shape:
    """The shape of a file that has something to vary. Raises UserFacingError."""
    if shape.format in FORMATS and {"prompt", "messages"} & shape.roles.keys():
        return shape
    what = "plain text has no question that could be varied" if shape.format == "text" else shape.question
    raise UserFacingError(
        f"I can't make more rows of it ({what or f'its format is {shape.format}'})",
        name,
        "Name the columns of question and answer, or of text and label.",
    )


def asked(row: Row, shape: Shape) -> str:
    """What a row asks; '' where it asks nothing."""
    value = cell(row, _asking_column(shape))
    if isinstance(value, str):
        return value
    turn = _last_question(value)
    return as_text(turn[_content(turn)]) if turn else ""


def answered(row: Row, shape: Shape) -> str:
    """What a row answers, as it is trained on; of two answers the better one."""
    return next(iter(examples([row], shape))).answer


def labelled(row: Row, shape: Shape) -> str:
    """The row's label; '' where the file has none."""
    return as_text(cell(row, shape.roles["label"])) if "label" in shape.roles else ""


def asking(row: Row, shape: Shape, text: str) -> Row:
    """The row with another question in it, all else as it is. An id it had is left out: it belongs to the old row."""
    out = copy.deepcopy(row)
    turn = _last_question(cell(out, _asking_column(shape)))
    if turn is not None:
        turn[_content(turn)] = text
    else:
        placed(out, _asking_column(shape), text)
    if (column := shape.extras.get("id")) and cell(out, column) is not None:
        placed(out, column, None)
    return out


def placed(row: Row, column: str, value: Any) -> None:
    """Set a value under a column's name as read or as flattened, in place."""
    if column not in row and "." in column:
        for at, letter in enumerate(column):
            if letter == "." and isinstance(inner := row.get(column[:at]), dict):
                inner[column[at + 1 :]] = value
                return
        head, _, rest = column.partition(".")
        row[head] = {rest: value}
        return
    row[column] = value


def _asking_column(shape: Shape) -> str:
    return shape.roles.get("prompt") or shape.roles["messages"]


def _last_question(turns: Any) -> dict[str, Any] | None:
    """The last turn of a person; None where the value is no list of turns."""
    found = None
    for turn in turns if isinstance(turns, list) else []:
        if isinstance(turn, dict) and str(turn.get("from", turn.get("role", ""))).lower() in _USERS:
            found = turn
    return found


def _content(turn: dict[str, Any]) -> str:
    return "value" if "value" in turn else "content"


def usable(row: Row, shape: Shape) -> bool:
    """Whether a row can be trained on as it is."""
    return not next(iter(examples([row], shape))).fault
