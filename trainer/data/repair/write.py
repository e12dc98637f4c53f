"""Repaired rows as a new file, with the record of where they come from. The source is never touched."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import platform
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

from trainer.data.doctor.watch import Watch
from trainer.data.reading import Row
from trainer.data.repair.items import cell_bytes
from trainer.data.repair.patient import Patient
from trainer.data.repair.pipeline import Outcome
from trainer.data.repair.steps import Recipe
from trainer.data.sources.numbers import json_text
from trainer.data.sources.source import Source
from trainer.errors import UserFacingError
from trainer.records import write_atomic

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First characters that make a spreadsheet run a cell (OWASP, CSV injection)."""
FORMATS = (".jsonl", ".csv")
LIBRARIES = ("tunesmith", "polars", "pyarrow", "ftfy", "numpy", "phonenumbers", "py3langid")


class Written:
    """A written file: where it lies, its hash, its record."""

    def __init__(self, path: Path, outcome: Outcome, record: dict[str, Any]) -> None:
        self.path, self.outcome, self.record = path, outcome, record
        self.provenance = provenance_of(path)
        self.recipe = recipe_of(path)


def provenance_of(path: Path) -> Path:
    """Where the record of a file lies."""
    return path.with_name(f"{path.name}.provenance.json")


def recipe_of(path: Path) -> Path:
    """Where the recipe of a file lies, to be applied to the next one."""
    return path.with_name(f"{path.name}.recipe.yaml")


class Writer(Protocol):
    """Takes rows, gives a digest of what it took, and of what a reader finds in the file."""

    formulas: int

    def put(self, row: Row) -> None:
        """One row more."""

    def close(self) -> None:
        """All of it on the disk."""


def is_formula(value: Any) -> bool:
    """Whether a spreadsheet would run a cell. Numbers such as -3.5 are none."""
    if not isinstance(value, str) or not value.startswith(FORMULA):
        return False
    try:
        float(value)
    except ValueError:
        return True
    return False


class JsonLines:
    """One object a line, texts as they are. Half characters are written as escapes: UTF-8 has none."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self.formulas = 0
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self.digest = hashlib.sha256()

    def put(self, row: Row) -> None:
        """One row more."""
        line = json_text(row)
        if any("\ud800" <= c <= "\udfff" for c in line):
            line = json.dumps(row, ensure_ascii=True, default=str)
        self._file.write(line + "\n")
        self.digest.update(cell_bytes(row))

    def close(self) -> None:
        """All of it on the disk."""
        _flushed(self._file)

    @staticmethod
    def read(path: Path) -> Iterator[bytes]:
        """The rows as a reader finds them."""
        with path.open(encoding="utf-8") as file:
            for line in file:
                yield cell_bytes(json.loads(line))


class Csv:
    """Commas and quotes. Cells that a spreadsheet would run get a leading apostrophe and are counted."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self.formulas = 0
        self.columns = columns
        self._file = path.open("w", encoding="utf-8", newline="", errors="strict")
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow([self._cell(name) for name in columns])
        self.digest = hashlib.sha256()

    def put(self, row: Row) -> None:
        """One row more. Raises UserFacingError for half characters, which CSV can't hold."""
        cells = [self._cell(row.get(name)) for name in self.columns]
        try:
            self._writer.writerow(cells)
        except UnicodeEncodeError:
            raise UserFacingError(
                "a row holds half a character, which CSV can't", "", "Write .jsonl instead."
            ) from None
        self.digest.update(cell_bytes(cells))

    def _cell(self, value: Any) -> str:
        text = (
            ""
            if value is None
            else value
            if isinstance(value, str)
            else json.dumps(value, ensure_ascii=False, default=str)
        )
        if is_formula(value):
            self.formulas += 1
            return "'" + text
        return text

    def close(self) -> None:
        """All of it on the disk."""
        _flushed(self._file)

    @staticmethod
    def read(path: Path) -> Iterator[bytes]:
        """The rows as a reader finds them."""
        csv.field_size_limit(1_000_000_000)
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            next(reader, None)
            for cells in reader:
                yield cell_bytes(cells)


WRITERS: dict[str, type[JsonLines] | type[Csv]] = {".jsonl": JsonLines, ".csv": Csv}


def _flushed(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()


def checked_target(target: Path, sources: list[Path]) -> Path:
    """A place where nothing lies yet. Raises UserFacingError for the source, an existing file, another ending."""
    if target.suffix.lower() not in FORMATS:
        raise UserFacingError(f"I write {' or '.join(FORMATS)}", str(target), "Give the new file one of these endings.")
    if any(target.resolve() == source.resolve() for source in sources):
        raise UserFacingError("is the source itself, which I never change", str(target), "Name another file.")
    if target.exists():
        raise UserFacingError("exists already", str(target), f"Name another file, such as {free_name(target).name}.")
    if not target.parent.is_dir():
        raise UserFacingError("there is no such folder", str(target.parent), "Make it, or name another one.")
    return target


def free_name(target: Path) -> Path:
    """The name itself, or the first of name-2, name-3, ... where nothing lies yet."""
    if not target.exists():
        return target
    numbered = (target.with_name(f"{target.stem}-{n}{target.suffix}") for n in range(2, 10_000))
    return next(path for path in numbered if not path.exists())


def write(
    patient: Patient,
    recipe: Recipe,
    target: Path,
    watch: Watch | None = None,
    shown: Outcome | None = None,
    approval: str = "",
) -> Written:
    """Apply a recipe and write what comes out. The file is there whole, with its record, or not at all.

    `shown` is what a person has seen and approved: anything else is not written. Raises UserFacingError.
    """
    checked_target(target, [patient.source.path, *map(Path, recipe.merged_paths)])
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    os.close(handle)
    part = Path(name)
    columns = (shown or patient.apply(recipe)).columns if target.suffix.lower() == ".csv" else ()
    try:
        writer = WRITERS[target.suffix.lower()](part, columns)
        outcome = patient.apply(recipe, writer.put, watch)
        writer.close()
        _proved(outcome, writer, part, target)
        if shown is not None and outcome != shown:
            raise UserFacingError(
                "came out otherwise than it was shown; nothing was written", target.name, "Ask again."
            )
        record = _record(patient, recipe, outcome, part, writer.formulas, target) | {"approval": approval}
        target.open("x").close()  # fails where a file has come to lie there meanwhile: nothing is overwritten
        part.chmod(0o644)
        part.replace(target)
        recipe_of(target).write_text(_headed(recipe, patient.source), "utf-8")
        write_atomic(provenance_of(target), record)
    except FileExistsError:
        raise UserFacingError(
            "exists already", str(target), f"Name another file, such as {free_name(target).name}."
        ) from None
    finally:
        part.unlink(missing_ok=True)
    return Written(target, outcome, record)


def _proved(outcome: Outcome, writer: JsonLines | Csv, part: Path, target: Path) -> None:
    """The file is read back: what stands in it must be what came out of the steps."""
    back = hashlib.sha256()
    for row in writer.read(part):
        back.update(row)
    if back.digest() != writer.digest.digest() or not outcome.conserved:
        raise UserFacingError("could not be written without changing a value; nothing was written", target.name)
    if not outcome.rows_out:
        raise UserFacingError("no row would be left; nothing was written", target.name, "Take a step out.")


def _record(
    patient: Patient, recipe: Recipe, outcome: Outcome, part: Path, formulas: int, target: Path
) -> dict[str, Any]:
    source = patient.source
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "output": {"name": target.name, "sha256": digest, "rows": outcome.rows_out, "columns": list(outcome.columns)},
        "source": {
            "path": str(source.path),
            "sha256": patient.fingerprint,
            "rows": outcome.rows_in,
            "encoding": source.encoding,
        },
        "merged": list(recipe.merged_paths),
        "unreadable_lines": outcome.unreadable,
        "recipe": recipe.model_dump(mode="json", exclude_none=True),
        "recipe_sha256": recipe.digest(),
        "steps": [step.model_dump(mode="json", exclude={"diffs"}) for step in outcome.steps],
        "untouched_cells": {"sha256": outcome.digest, "conserved": outcome.conserved},
        "formula_cells_prefixed": formulas,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {"python": platform.python_version(), **{n: v for n in LIBRARIES if (v := _version(n))}},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _headed(recipe: Recipe, source: Source) -> str:
    head = f"# Applied to {source.path.name}. For another file: tunesmith prepare FILE --recipe THIS_FILE\n"
    return head + recipe.to_yaml()
