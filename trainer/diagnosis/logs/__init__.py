"""Reading a training log in whatever form a person has it at hand.

Accepted: `trainer_state.json` (its `log_history`), a JSON list of rows, JSON lines (LLaMA-Factory's
trainer_log.jsonl), console text of transformers, TRL, axolotl, LLaMA-Factory and unsloth with progress bars around
the printed rows, lines of torchtune, MLX and Megatron, the table a notebook shows, CSV (W&B's exports of runs and of
charts, Lightning), TensorBoard event files, trackio's data bases and Parquet. Metrics come under the names that
transformers gives them.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trainer.diagnosis.logs.files import PARQUET, SQLITE, event_rows, is_event_file, parquet_rows, trackio_rows
from trainer.diagnosis.logs.names import known
from trainer.diagnosis.logs.parsed import from_parsed
from trainer.diagnosis.logs.printed import is_cut_document, lines_of_pairs, printed_rows, quote
from trainer.diagnosis.logs.rows import LogUnreadable, Row, has_metric, rows_with_metrics
from trainer.diagnosis.logs.tables import table_rows

__all__ = ["LogUnreadable", "read_history", "read_log"]


def read_log(path: Path) -> list[Row]:
    """Rows of a log file of any kind.

    Raises:
        LogUnreadable: if no row with a metric can be found.
    """
    with path.open("rb") as file:
        head = file.read(64)
    if is_event_file(path, head):
        rows = event_rows(path)
    elif head.startswith(SQLITE):
        rows = trackio_rows(path)
    elif head.startswith(PARQUET):
        rows = parquet_rows(path)
    else:
        return read_history(path.read_bytes())
    return rows_with_metrics(_by_step([known(row) for row in rows]))


def read_history(source: str | bytes | Sequence[Any] | Mapping[str, Any]) -> list[Row]:
    """Rows of a training log, from text or from JSON that was already parsed.

    Raises:
        LogUnreadable: if no row with a metric can be found.
    """
    if isinstance(source, bytes):
        source = source.decode("utf-8", errors="replace")
    rows = _from_text(source) if isinstance(source, str) else from_parsed(source)
    return rows_with_metrics([known(row) for row in rows])


def _by_step(rows: list[Row]) -> list[Row]:
    """Metrics that were logged one by one, joined: training and evaluation of a step stay apart."""
    joined: defaultdict[tuple[Any, bool], Row] = defaultdict(dict)
    for row in rows:
        shared = {name: row[name] for name in ("step", "epoch") if name in row}
        for evaluation in (False, True):
            part = {n: v for n, v in row.items() if n.startswith("eval_") == evaluation and n not in shared}
            if part:
                joined[(row.get("step"), evaluation)].update(shared | part)
    return list(joined.values())


def _from_text(text: str) -> list[Row]:
    stripped = text.strip().lstrip("\ufeff").strip()
    if not stripped:
        raise LogUnreadable("The log is empty", "whole file", "give a file with log rows")
    try:
        return from_parsed(json.loads(stripped))
    except json.JSONDecodeError as error:
        fault = error
    rows = [] if is_cut_document(stripped) else printed_rows(stripped)
    if any(has_metric(known(row)) for row in rows):
        return rows
    for way in (table_rows, lines_of_pairs):
        if not is_cut_document(stripped) and (found := way(stripped)):
            return _by_step([known(row) for row in found])
    raise LogUnreadable(
        "The log is neither JSON nor printed training rows",
        f"line {fault.lineno}, column {fault.colno}: {quote(stripped, fault.pos)}",
        "check that the file was saved completely, or paste the printed {'loss': ...} lines",
    ) from fault
