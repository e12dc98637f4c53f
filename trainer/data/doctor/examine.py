"""The second look: every rule of the doctor over every row, under the roles that were found."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from trainer.data.doctor.amounts import too_little
from trainer.data.doctor.batch import Batch, Rule
from trainer.data.doctor.boilerplate import Boilerplate
from trainer.data.doctor.diagnosis import Diagnosis, Found
from trainer.data.doctor.faults import Faults
from trainer.data.doctor.first import FirstLook, first_look
from trainer.data.doctor.labels import Labels
from trainer.data.doctor.languages import Languages
from trainer.data.doctor.layout import Layout
from trainer.data.doctor.leaks import Parts
from trainer.data.doctor.lengths import RowLengths
from trainer.data.doctor.origin import origin
from trainer.data.doctor.preferences import Preferences
from trainer.data.doctor.repeats import Contradictions, Repeats
from trainer.data.doctor.texts import Texts
from trainer.data.doctor.watch import Reporter, Watch
from trainer.data.formats import Shape
from trainer.data.sources.source import Source
from trainer.data.tokenizer import ChatTokenizer


@dataclass
class Examination:
    """The rules of one look, and what each cost."""

    faults: Faults
    repeats: Repeats
    contradictions: Contradictions
    labels: Labels
    lengths: RowLengths
    languages: Languages
    texts: Texts
    boilerplate: Boilerplate
    preferences: Preferences
    layout: Layout
    parts: Parts
    seconds: dict[str, float] = field(default_factory=dict)
    """CPU seconds by rule."""

    def rules(self) -> dict[str, Rule]:
        """By name; `repeats` and `parts` tell their findings when all rows were compared."""
        return {k: v for k, v in vars(self).items() if k not in ("seconds",)}

    def see(self, batch: Batch) -> None:
        """Show a batch to every rule."""
        _timed(self.seconds, "examples", lambda: (batch.examples, batch.texts, batch.learned))
        for name, rule in self.rules().items():
            _timed(self.seconds, name, lambda rule=rule: rule.see(batch))


def _timed(seconds: dict[str, float], name: str, work: Any) -> None:
    began = time.process_time()
    work()
    seconds[name] = seconds.get(name, 0.0) + time.process_time() - began


def begin(source: Source, shape: Shape, rows: int, tokenizer: ChatTokenizer | None, context: int | None) -> Examination:
    """A fresh examination of a source with that many rows."""
    return Examination(
        faults=Faults(),
        repeats=Repeats(),
        contradictions=Contradictions(),
        labels=Labels(),
        lengths=RowLengths(tokenizer, rows, context),
        languages=Languages(tokenizer, rows),
        texts=Texts(tokenizer.special if tokenizer else ()),
        boilerplate=Boilerplate(),
        preferences=Preferences(),
        layout=Layout(source.kind),
        parts=Parts(shape),
    )


def look(source: Source, shape: Shape, examination: Examination, report: Reporter) -> None:
    """Show every row to the examination, then compare all rows."""
    done = 0
    for chunk in source.chunks():
        examination.see(Batch.of(chunk, shape))
        done = chunk.done
        report("looking at every row", done, source.size)
    report("comparing rows", done, source.size)
    _timed(examination.seconds, "near", lambda: examination.repeats.group(lambda rows: texts_of(source, shape, rows)))


def texts_of(source: Source, shape: Shape, wanted: Sequence[int]) -> Iterator[tuple[list[int], list[str]]]:
    """The compared texts of some rows, read again: (row numbers, texts) chunk by chunk."""
    left = set(wanted)
    for chunk in source.chunks():
        here = [n for n in range(chunk.first, chunk.first + len(chunk.rows)) if n in left]
        if here:
            yield here, Batch(here[0], [chunk.rows[n - chunk.first] for n in here], shape).compared
            left.difference_update(here)
        if not left:
            return


def diagnosis(examination: Examination, first: FirstLook, source: Source, shape: Shape) -> Diagnosis:
    """All findings of both looks."""
    repeats = examination.repeats
    found = first.found()
    for name, rule in examination.rules().items():
        if name not in ("parts", "repeats"):
            found += rule.found()
    found += repeats.found()
    found += examination.parts.found([*repeats.exact, *repeats.near])
    found += too_little(shape.format, first.rows, found)
    found += origin(source.path)
    by_rule: dict[str, Found] = {}
    for one in found:
        key = one.rule if one.rule not in by_rule else f"{one.rule}:{one.facts.get('column', len(by_rule))}"
        by_rule[key] = one
    groups = {"exact_duplicates": repeats.exact, "near_duplicates": repeats.near}
    return Diagnosis(by_rule, groups, float(source.notes.get("sampled_share", 1.0)))


def examine(
    source: Source, shape: Shape, tokenizer: ChatTokenizer | None = None, watch: Watch | None = None
) -> Diagnosis:
    """Both looks at a source whose roles are known: what repairs are based on."""
    report = Reporter(watch)
    first = first_look(source, report)
    examination = begin(source, shape, first.rows, tokenizer, None)
    look(source, shape, examination, report)
    return diagnosis(examination, first, source, shape)
