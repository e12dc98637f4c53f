"""Reading a training log in whatever form a person has it at hand.

Accepted: `trainer_state.json` (its `log_history`), a JSON list of rows, JSON lines, and console
text of transformers and TRL with progress bars around the printed rows.
"""

import ast
import json
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

Row = dict[str, Any]

_BRACES = re.compile(r"\{[^{}]*\}")
_BARE_NUMBER = re.compile(r"(?<=[:\s,\[])(nan|inf|-inf|NaN|Infinity|-Infinity)(?=\s*[,}\]])")
_PROGRESS = re.compile(r"(\d+)/(\d+) \[")
_METRICS = ("loss", "eval_loss", "grad_norm", "learning_rate", "reward", "train_runtime", "epoch")
_HOLDERS = ("log_history", "history", "logs", "rows")
_NAMED_KEYS = ("loss", "eval", "reward", "grad", "kl")
_LONGEST_QUOTE = 60  # characters of a faulty line shown to the person


class LogUnreadable(ValueError):
    """The log can't be read; the message is one sentence: what, where, how to mend it."""

    def __init__(self, problem: str, where: str, fix: str) -> None:
        super().__init__(f"{problem} ({where}): {fix}.")
        self.problem = problem
        self.where = where
        self.fix = fix


def read_history(source: str | bytes | Sequence[Any] | Mapping[str, Any]) -> list[Row]:
    """Rows of a training log, from text or from JSON that was already parsed.

    Raises:
        LogUnreadable: if no row with a metric can be found.
    """
    if isinstance(source, bytes):
        source = source.decode("utf-8", errors="replace")
    rows = _from_text(source) if isinstance(source, str) else _from_parsed(source)
    if not any(_has_metric(row) for row in rows):
        raise LogUnreadable(
            "No training metrics in the log",
            f"{len(rows)} rows, none with a loss",
            "give trainer_state.json, a JSON list of log rows, or the printed {'loss': ...} lines",
        )
    return rows


def _has_metric(row: Row) -> bool:
    return any(mark in str(name) for name in row for mark in _NAMED_KEYS)


def _from_parsed(parsed: Any) -> list[Row]:
    """Rows from a parsed JSON document: a list of rows, or an object that holds one."""
    if isinstance(parsed, Mapping):
        for name in _HOLDERS:
            if isinstance(parsed.get(name), list):
                return _from_parsed(parsed[name])
        if any(name in parsed for name in _METRICS):
            return [dict(parsed)]
        raise LogUnreadable(
            "This JSON object holds no log",
            "top level, keys " + ", ".join(sorted(map(str, parsed))[:6]),
            "give a trainer_state.json with log_history, or a list of rows",
        )
    if not isinstance(parsed, Sequence) or isinstance(parsed, str | bytes):
        raise LogUnreadable(
            "This JSON is not a list of rows",
            f"top level is {type(parsed).__name__}",
            "give a list of objects such as {'step': 10, 'loss': 1.2}",
        )
    rows: list[Row] = []
    for index, row in enumerate(parsed):
        if not isinstance(row, Mapping):
            raise LogUnreadable(
                "An entry of the log is not an object",
                f"row {index + 1} is {type(row).__name__}",
                "remove it, or give the file as the trainer wrote it",
            )
        rows.append({str(name): value for name, value in row.items()})
    return rows


def _from_text(text: str) -> list[Row]:
    stripped = text.strip().lstrip("\ufeff").strip()
    if not stripped:
        raise LogUnreadable("The log is empty", "whole file", "give a file with log rows")
    try:
        return _from_parsed(json.loads(stripped))
    except json.JSONDecodeError as error:
        fault = error
    rows = [] if _is_cut_document(stripped) else _printed_rows(stripped)
    if rows:
        return rows
    raise LogUnreadable(
        "The log is neither JSON nor printed training rows",
        f"line {fault.lineno}, column {fault.colno}: {_quote(stripped, fault.pos)}",
        "check that the file was saved completely, or paste the printed {'loss': ...} lines",
    ) from fault


def _is_cut_document(text: str) -> bool:
    """Whether the text is one JSON document that breaks off, rather than printed rows."""
    return bool(re.match(r'\[\s*\{\s*"', text)) or (text[0] == "{" and '"log_history"' in text)


def _quote(text: str, position: int) -> str:
    start = max(0, position - _LONGEST_QUOTE // 2)
    return repr(text[start : start + _LONGEST_QUOTE])


def _printed_rows(text: str) -> list[Row]:
    """Every {...} in the text that reads as a row, with the step of the progress bar before it."""
    rows: list[Row] = []
    bars: list[int | None] = []
    end, step = 0, None
    for found in _BRACES.finditer(text):
        for bar in _PROGRESS.finditer(text, end, found.start()):
            step = int(bar[1])
        end = found.end()
        row = _parse_row(found[0])
        if row is None:
            _refuse_broken_line(text, found)
        elif any(name in row for name in _METRICS) or _has_metric(row):
            rows.append(row)
            bars.append(step)
    _refuse_cut_end(text[end:], text.count("\n", 0, end) + 1)
    return _with_bar_steps(rows, bars)


def _refuse_broken_line(text: str, found: re.Match[str]) -> None:
    """A row that names a metric but can't be read must not vanish silently."""
    if any(f"{mark}loss{mark}" in found[0] for mark in ("'", '"')):
        raise LogUnreadable(
            "A row of the log is damaged",
            f"line {text.count(chr(10), 0, found.start()) + 1}: {_quote(found[0], 0)}",
            "mend or remove that line",
        )


def _refuse_cut_end(rest: str, line: int) -> None:
    """A last row that breaks off means that the file was not saved completely."""
    if re.search(r"\{\s*['\"]", rest):
        raise LogUnreadable(
            "The last row of the log breaks off",
            f"line {line + rest[: rest.index('{')].count(chr(10))}: {_quote(rest.strip(), 0)}",
            "remove that line, or save the log again",
        )


def _with_bar_steps(rows: list[Row], bars: list[int | None]) -> list[Row]:
    """Steps from the progress bar, if every training row has one and they only rise.

    A bar is redrawn at most ten times a second, so on fast runs it lags and is no use.
    """
    train = [(row, bar) for row, bar in zip(rows, bars, strict=True) if "loss" in row]
    if any("step" in row for row in rows):
        return rows
    steps = [bar or 0 for _, bar in train]
    if not steps or steps[0] < 1 or any(b <= a for a, b in pairwise(steps)):
        return rows
    return [
        {**row, "step": bar} if bar and "train_runtime" not in row else row for row, bar in zip(rows, bars, strict=True)
    ]


def _parse_row(text: str) -> Row | None:
    """One printed row: JSON or a Python dict, NaN and inf allowed without quotes."""
    for read in (json.loads, _literal):
        try:
            row = read(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(row, dict):
            return {str(name): value for name, value in row.items()}
    return None


def _literal(text: str) -> Any:
    return ast.literal_eval(_BARE_NUMBER.sub(r"'\1'", text))
