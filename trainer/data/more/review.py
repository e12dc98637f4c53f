"""New rows wait for a person: what was accepted goes to a file of its own, which is what training uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trainer.data.more.file import free_for, written_file
from trainer.data.more.marks import ACCEPTED, origins, remarked, unmarked
from trainer.data.repair.write import provenance_of
from trainer.data.sources import fingerprint, open_source
from trainer.data.sources.source import Row
from trainer.errors import UserFacingError
from trainer.records import read_json

ENDING = ".accepted.jsonl"
Decision = str | dict[str, Any]
"""accept, reject, or the edited row."""


def accept(path: Path, decisions: dict[int, Decision], with_originals: bool = True) -> Path:
    """A new file with the person's own rows first, then the accepted ones. Raises UserFacingError.

    New rows and the rows they were made from are marked to train (column `split`): on both sides of a split
    one would give the other away. Apart from that mark the person's rows are unchanged.
    `decisions` are by row number (from 1) of the file of new rows; a row without one stays out.
    """
    new = {n: row for chunk in open_source(path).chunks() for n, row in enumerate(chunk.rows, start=chunk.first)}
    _known(decisions, new, path)
    decided = (_decided(row, decisions.get(n, "reject")) for n, row in new.items())
    chosen = [row for row in decided if row is not None]
    if not chosen:
        raise UserFacingError("no row is accepted", path.name, "Accept at least one.")
    record = read_json(provenance_of(path))
    target = free_for(Path(path.name.replace(".more", "")), path.parent, ENDING)
    parents = {n for row in chosen for n in origins(row)}
    own = _originals(record, path) if with_originals else iter(())
    own = (_training(row) if n in parents else row for n, row in enumerate(own, start=1))
    chosen = [_training(row) for row in chosen]
    counts = Counter("edited" if isinstance(d, dict) else d for d in decisions.values())
    facts = {
        "source": record.get("source", {}),
        "new_rows": {"path": str(path), "sha256": fingerprint(path), "rows": len(new)},
        "decisions": {**counts, "undecided": len(new) - len(decisions)},
        "with_originals": with_originals,
    }
    written_file(target, (*own, *chosen), facts)
    return target


def _training(row: Row) -> Row:
    """The row with a mark that it trains, unless the file has a split of its own."""
    return row if "split" in row else {**row, "split": "train"}


def _known(decisions: dict[int, Decision], new: dict[int, Row], path: Path) -> None:
    if unknown := [n for n in decisions if n not in new]:
        raise UserFacingError(f"has no row {unknown[0]}", path.name, f"Its rows are 1 to {len(new)}.")
    odd = [d for d in decisions.values() if not isinstance(d, dict) and d not in ("accept", "reject")]
    if odd:
        raise UserFacingError(f"I know no decision {odd[0]!r}", "", "accept, reject, or the row as it shall be.")


def _decided(row: Row, decision: Decision) -> Row | None:
    """The accepted row, as edited; its marks stay and say that it was accepted."""
    if decision == "reject":
        return None
    if isinstance(decision, dict):
        kept = {k: v for k, v in row.items() if k not in unmarked(row)}
        row = {**unmarked(decision), **kept}
    return remarked(row, "review", ACCEPTED)


def _originals(record: dict[str, Any], path: Path) -> Iterator[Row]:
    """The person's own rows, all of them and in their order, so that `made_from` points at them."""
    source = record.get("source", {})
    own = Path(str(source.get("path", "")))
    if not own.exists() or fingerprint(own) != source.get("sha256"):
        raise UserFacingError(
            "the file these rows were made from is gone or has changed",
            own.name or path.name,
            "Accept without the originals, and merge the files yourself.",
        )
    for chunk in open_source(own).chunks():
        yield from chunk.rows
