"""JSON that holds a log: trainer_state.json, a list of rows, an object a row."""

from collections.abc import Mapping, Sequence
from typing import Any

from trainer.diagnosis.logs.rows import LogUnreadable, Row

METRICS = ("loss", "eval_loss", "grad_norm", "learning_rate", "reward", "train_runtime", "epoch")
_HOLDERS = ("log_history", "history", "logs", "rows", "data")


def from_parsed(parsed: Any) -> list[Row]:
    """Rows from a parsed JSON document: a list of rows, or an object that holds one."""
    if isinstance(parsed, Mapping):
        for name in _HOLDERS:
            if isinstance(parsed.get(name), list):
                return from_parsed(parsed[name])
        if any(name in parsed for name in METRICS):
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
