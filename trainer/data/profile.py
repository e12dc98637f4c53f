"""A data file looked at: columns, roles, lengths, labels, and what is odd about it."""

from __future__ import annotations

import gc
import time
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from trainer.data.content.secrets import masked
from trainer.data.convert import BUILDABLE, Example, as_text, examples
from trainer.data.doctor import examine as doctor
from trainer.data.doctor.diagnosis import Diagnosis
from trainer.data.doctor.first import FirstLook, first_look
from trainer.data.doctor.summary import fix_first, quality
from trainer.data.doctor.watch import Reporter, Watch
from trainer.data.doctor.words import findings
from trainer.data.encode import encode
from trainer.data.formats import Shape, columns_of, flattened, shape_of
from trainer.data.more.marks import unmarked
from trainer.data.proof import pieces
from trainer.data.reading import nothing
from trainer.data.sources import fingerprint, open_source
from trainer.data.sources.source import Chunk, Source
from trainer.data.tokenizer import ChatTokenizer
from trainer.errors import UserFacingError
from trainer.facts import Column, DataProfile, Shown
from trainer.fields import nearest

KEPT_BYTES = 64_000_000
"""A file up to this size is read once and kept in memory while it is looked at."""
SHOWN_TOKENS = 400


@dataclass(frozen=True)
class Inspected:
    """A file's profile together with what stands behind it."""

    profile: DataProfile
    source: Source
    shape: Shape
    diagnosis: Diagnosis = field(default_factory=Diagnosis)
    seconds: dict[str, float] = field(default_factory=dict)
    """CPU seconds by part; `first` counts to the first findings, `all` to the last."""

    @cached_property
    def examples(self) -> list[Example]:
        """Every row as an example. Holds all rows in memory."""
        if self.shape.format not in BUILDABLE:
            return []
        rows = [row for chunk in self.source.chunks() for row in chunk.rows]
        own = self.shape.extras.get("split")
        if own is None:
            return list(examples(rows, self.shape))
        return [
            replace(e, side=str(row.get(own) or "")) for e, row in zip(examples(rows, self.shape), rows, strict=True)
        ]

    def with_columns(self, wanted: Container[str] | None = None) -> list[Example]:
        """The examples with columns that play no part in training, as text: rewards and tests of code read them.

        wanted: their names; all of them where None.
        """
        used = {*self.shape.roles.values(), *self.shape.extras.values()}
        if wanted is not None and not any(
            column.name in wanted and column.name not in used for column in self.profile.columns
        ):
            return self.examples
        rows = (row for chunk in self.source.chunks() for row in chunk.rows)
        return [
            replace(
                e,
                columns=tuple(
                    (k, as_text(v)) for k, v in row.items() if k not in used and (wanted is None or k in wanted)
                ),
            )
            for e, row in zip(self.examples, rows, strict=True)
        ]


class Kept:
    """A source whose chunks are in memory after the first reading."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._chunks: list[Chunk] | None = None
        self.path, self.kind, self.encoding, self.size = source.path, source.kind, source.encoding, source.size
        self.notes: dict[str, Any] = source.notes

    def chunks(self, rows: int = 0) -> Iterator[Chunk]:
        """The rows in order, in chunks of the first reading."""
        if self._chunks is None:
            self._chunks = list(self._source.chunks())
        return iter(self._chunks)


def opened(path: Path, sample: bool = False) -> Source:
    """The source, kept in memory when it is small. With `sample` a file of gigabytes gives evenly spread parts."""
    source = open_source(path, sample)
    return Kept(source) if source.size <= KEPT_BYTES else source


def inspect(
    path: Path,
    wanted: dict[str, str],
    tokenizer: ChatTokenizer | None,
    prefer: str | None = None,
    *,
    context: int | None = None,
    watch: Watch | None = None,
) -> Inspected:
    """Read a file and look at every row of it. `wanted` maps roles to columns the person named.

    `context` is the model's window in tokens. Raises UserFacingError when the file can't be read.
    """
    with _uncollected():
        return _inspected(path, wanted, tokenizer, prefer, context, watch)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Looking at rows makes millions of objects and no cycles: the cyclic collector would only search them."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _inspected(
    path: Path,
    wanted: dict[str, str],
    tokenizer: ChatTokenizer | None,
    prefer: str | None,
    context: int | None,
    watch: Watch | None,
) -> Inspected:
    began, report, source = time.process_time(), Reporter(watch), opened(path, sample=True)
    first, shape = _read(source, wanted, prefer, report)
    report.found(findings(first.found()))
    seconds = {"first": time.process_time() - began}
    profile = _profile(source, first, shape)
    examination = doctor.begin(source, shape, first.rows, tokenizer, context)
    doctor.look(source, shape, examination, report)
    diagnosis = doctor.diagnosis(examination, first, source, shape)
    told = findings(diagnosis.found.values())
    seconds |= {**examination.seconds, "all": time.process_time() - began}
    whole = profile.model_copy(
        update={
            "findings": told,
            "label_counts": examination.labels.shown(),
            "lengths": examination.lengths.lengths(),
            "histogram": tuple(examination.lengths.histogram()),
            "languages": dict(examination.languages.counts.most_common()),
            "quality": quality(told, first.rows),
            "fix_first": tuple(f.rule for f in fix_first(told, first.rows)),
            "shown": _shown(source, shape, tokenizer, context, diagnosis.rows("secrets")),
        }
    )
    return Inspected(whole, source, shape, diagnosis, seconds)


def rows_only(path: Path, wanted: dict[str, str], prefer: str | None = None) -> Inspected:
    """Read a file and find its roles, without looking for faults: what a training needs."""
    source = opened(path)
    first, shape = _read(source, wanted, prefer, Reporter(None))
    return Inspected(_profile(source, first, shape), source, shape)


def _read(source: Source, wanted: dict[str, str], prefer: str | None, report: Reporter) -> tuple[FirstLook, Shape]:
    first = first_look(source, report)
    if not first.rows:
        raise nothing(source.path, list(first.problems.values()))
    sample = [flattened(unmarked(row)) for row in first.sample.items]
    columns = columns_of(sample)
    _known_columns(wanted, [*first.columns.facts], source.path)
    return first, _preferred(shape_of(columns, sample, wanted), prefer)


def _profile(source: Source, first: FirstLook, shape: Shape) -> DataProfile:
    return DataProfile(
        path=str(source.path),
        fingerprint=fingerprint(source.path),
        bytes=source.size,
        rows=first.rows,
        format=shape.format,
        encoding=source.encoding,
        columns=tuple(_without_keys(c) for c in first.columns.columns()),
        roles=shape.roles,
        question=shape.question,
        extras=shape.extras,
        confidence=shape.confidence,
        evidence=shape.evidence,
        notes=source.notes,
    )


def _without_keys(column: Column) -> Column:
    """Keys and passwords are shown nowhere, not even as examples of a column."""
    return column.model_copy(update={"examples": tuple(masked(text, "[key]") for text in column.examples)})


def _preferred(shape: Shape, prefer: str | None) -> Shape:
    """Learn the label instead of the reply (or the text) when the task says so."""
    roles = dict(shape.roles)
    if prefer == "label" and shape.format == "prompt_completion" and "label" in roles:
        roles.pop("completion")
        return replace(shape, format="text_label", roles=roles)
    return shape


def _known_columns(wanted: dict[str, str], names: list[str], path: Path) -> None:
    for role, column in wanted.items():
        if column not in names:
            raise UserFacingError(f"has no column {column} (asked for as {role})", path.name, nearest(column, names))


def _shown(
    source: Source, shape: Shape, tokenizer: ChatTokenizer | None, context: int | None, without: frozenset[int]
) -> Shown | None:
    """The first usable row as the model will see it; none of those `without`."""
    if tokenizer is None or shape.format not in BUILDABLE:
        return None
    for chunk in source.chunks():
        for example in examples(chunk.rows, shape):
            if not example.fault and example.messages and chunk.first + example.row - 1 not in without:
                encoded = encode(example, tokenizer, context or 1_000_000)
                return Shown(row=chunk.first + example.row - 1, pieces=pieces(encoded, tokenizer, SHOWN_TOKENS))
        return None
    return None


def repeated_rows(built: list[Example]) -> list[int]:
    """Row numbers of exact repeats, the first of each left out."""
    seen: set[tuple[object, ...]] = set()
    repeats = []
    for example in built:
        key = (example.messages, example.text, example.rejected, example.good)
        if not example.fault and key in seen:
            repeats.append(example.row)
        seen.add(key)
    return repeats
