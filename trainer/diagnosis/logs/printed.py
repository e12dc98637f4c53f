"""Console text: printed rows of transformers and TRL between progress bars, and the lines other trainers print."""

import ast
import json
import re
from itertools import pairwise
from typing import Any

from trainer.diagnosis.logs.parsed import METRICS
from trainer.diagnosis.logs.rows import LogUnreadable, Row, has_metric

_BRACES = re.compile(r"\{[^{}]*\}")
_BARE_NUMBER = re.compile(r"(?<=[:\s,\[])(nan|inf|-inf|NaN|Infinity|-Infinity)(?=\s*[,}\]])")
_PROGRESS = re.compile(r"(\d+)/(\d+) \[")
_LONGEST_QUOTE = 60  # characters of a faulty line shown to the person
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_NUMBER = r"([-+]?(?:\d[\d,]*\.?\d*(?:[eE][-+]?\d+)?|nan|inf))"
_STEP = re.compile(r"\b(?:step|iter(?:ation)?)s?[ :=#]*(\d+)", re.IGNORECASE)
_PAIR = re.compile(rf"([A-Za-z][A-Za-z_/ .-]*?)\s*[:=]?\s*{_NUMBER}(?![\w.])", re.IGNORECASE)


def is_cut_document(text: str) -> bool:
    """Whether the text is one JSON document that breaks off, rather than printed rows."""
    return bool(re.match(r'\[\s*\{\s*"', text)) or (text[0] == "{" and '"log_history"' in text)


def quote(text: str, position: int) -> str:
    """A few characters around a place, as shown to a person."""
    start = max(0, position - _LONGEST_QUOTE // 2)
    return repr(text[start : start + _LONGEST_QUOTE])


def printed_rows(text: str) -> list[Row]:
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
        elif any(name in row for name in METRICS) or has_metric(row):
            rows.append(row)
            bars.append(step)
    _refuse_cut_end(text[end:], text.count("\n", 0, end) + 1)
    return _with_bar_steps(rows, bars)


def _refuse_broken_line(text: str, found: re.Match[str]) -> None:
    """A row that names a metric but can't be read must not vanish silently."""
    if any(f"{mark}loss{mark}" in found[0] for mark in ("'", '"')):
        raise LogUnreadable(
            "A row of the log is damaged",
            f"line {text.count(chr(10), 0, found.start()) + 1}: {quote(found[0], 0)}",
            "mend or remove that line",
        )


def _refuse_cut_end(rest: str, line: int) -> None:
    """A last row that breaks off means that the file was not saved completely."""
    if re.search(r"\{\s*['\"]", rest):
        raise LogUnreadable(
            "The last row of the log breaks off",
            f"line {line + rest[: rest.index('{')].count(chr(10))}: {quote(rest.strip(), 0)}",
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


def lines_of_pairs(text: str) -> list[Row]:
    """Lines such as `Step 10 | loss:1.23 lr:2e-05` (torchtune), `Iter 10: Train loss 2.3, Learning Rate 1e-05` (MLX)

    and `iteration 10/ 500 | lm loss: 1.2E+00 | grad norm: 0.9` (Megatron): a step and named numbers.
    """
    rows = []
    for line in _COLOURS.sub("", text).splitlines():
        step = _STEP.search(line)
        if step is None:
            continue
        rest = re.sub(r"^\s*/\s*\d+", "", line[step.end() :])
        found = {name.strip(" |,;:-"): value for name, value in _PAIR.findall(rest)}
        if any("loss" in name.lower() for name in found):
            rows.append({"step": int(step[1]), **{n: v.replace(",", "") for n, v in found.items()}})
    return rows
