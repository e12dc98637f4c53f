"""The tables as a page: python -m trainer.recipes.tell > docs/recipes.md."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from trainer.recipes import domains, rates, settings

_HEAD = """# Recipes: every value, why, and where it is from

Made from the tables in `trainer/recipes` by `python -m trainer.recipes.tell > docs/recipes.md`; a test keeps it so.
How far to trust them: [knowledge.md](knowledge.md).
"""


def markdown() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *_rates(), *_settings(), *_domains()]) + "\n"


def _rates() -> Iterable[str]:
    yield "## Learning rates\n"
    yield "For models of about that size; the nearest row counts, and beyond four times the size the reason says so.\n"
    yield from _table(
        ("method", "adapter", "size", "rate", "why", "source"),
        ([r.method, r.tuning, rates.told(r.size_b), f"{r.learning_rate:g}", r.why, r.source] for r in rates.table()),
    )


def _settings() -> Iterable[str]:
    yield "\n## Other values\n"
    yield "The first row that fits counts.\n"
    rows = ((name, row) for name, rows in settings.table().items() for row in rows)
    yield from _table(
        ("value of", "when", "value", "why", "source"),
        ([f"`{name}`", _when(row), f"`{row['value']}`", row["why"], row["source"]] for name, row in rows),
    )


def _when(row: dict[str, Any]) -> str:
    told = [" or ".join(settings.listed(row[key])) for key in ("method", "tuning", "loss") if key in row]
    told += [f"under {row['rows_below']:,} rows"] if "rows_below" in row else []
    told += [f"under {rates.told(row['params_below'] / 1e9)}"] if "params_below" in row else []
    told += [f"over {rates.told(row['params_above'] / 1e9)}"] if "params_above" in row else []
    return ", ".join(told) or "else"


def _domains() -> Iterable[str]:
    yield "\n## Fields of use\n"
    rows: list[list[str]] = []
    for name, row in domains.table().items():
        for part in ("method", "metric", "caution", "check"):
            entries = row[part] if isinstance(row[part], list) else [row[part]]
            rows += [[name, part, entry["say"], entry["source"]] for entry in entries]
    yield from _table(("field", "part", "what", "source"), rows)


def _table(head: tuple[str, ...], rows: Iterable[list[str]]) -> Iterable[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


if __name__ == "__main__":
    sys.stdout.write(markdown())
