"""What is said when a log can't be read."""

from typing import Any

Row = dict[str, Any]

NAMED_KEYS = ("loss", "eval", "reward", "grad", "kl")


class LogUnreadable(ValueError):
    """The log can't be read; the message is one sentence: what, where, how to mend it."""

    def __init__(self, problem: str, where: str, fix: str) -> None:
        super().__init__(f"{problem} ({where}): {fix}.")
        self.problem = problem
        self.where = where
        self.fix = fix


def has_metric(row: Row) -> bool:
    """Whether a row names anything that a training measures."""
    return any(mark in str(name) for name in row for mark in NAMED_KEYS)


def rows_with_metrics(rows: list[Row]) -> list[Row]:
    """The rows, if any of them has a metric. Raises LogUnreadable."""
    if not any(has_metric(row) for row in rows):
        raise LogUnreadable(
            "No training metrics in the log",
            f"{len(rows)} rows, none with a loss",
            "give trainer_state.json, a JSON list of log rows, or the printed {'loss': ...} lines",
        )
    return rows
