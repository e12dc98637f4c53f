"""A data file looked at: columns, roles, lengths, labels, and what is odd about it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from trainer.data.convert import TRAINABLE, Example, as_text, examples
from trainer.data.encode import encode
from trainer.data.formats import Shape, columns_of, flattened, shape_of
from trainer.data.reading import Table, read
from trainer.data.tokenizer import ChatTokenizer
from trainer.errors import UserFacingError
from trainer.facts import DataFinding, DataProfile, Lengths
from trainer.fields import nearest

SAMPLE = 2000
"""Rows whose length is measured in tokens, spread evenly over the file."""
ROWS_SHOWN = 10
MANY_LABELS = 0.2
"""Over this share of distinct values the 'labels' are structures to extract, not classes."""


@dataclass(frozen=True)
class Inspected:
    """A file's profile together with its rows as examples."""

    profile: DataProfile
    examples: list[Example]
    table: Table
    shape: Shape


def inspect(
    path: Path, wanted: dict[str, str], tokenizer: ChatTokenizer | None, prefer: str | None = None
) -> Inspected:
    """Read and profile a file. `wanted` maps roles to columns the person named."""
    table = read(path)
    rows = [flattened(row) for row in table.rows]
    columns = columns_of(rows)
    _known_columns(wanted, [c.name for c in columns], path)
    shape = _preferred(shape_of(columns, rows, wanted), prefer)
    built = list(examples(table.rows, shape)) if shape.format in TRAINABLE else []
    profile = DataProfile(
        path=str(path),
        fingerprint=table.fingerprint,
        bytes=table.bytes,
        rows=len(rows),
        format=shape.format,
        encoding=table.encoding,
        columns=tuple(columns),
        roles=shape.roles,
        label_counts=_labels(rows, shape),
        question=shape.question,
        lengths=_lengths(built, tokenizer),
        findings=tuple(_findings(table, built, shape) + _tools_told(built, tokenizer)),
    )
    return Inspected(profile, built, table, shape)


def _preferred(shape: Shape, prefer: str | None) -> Shape:
    """Learn the label instead of the reply (or the text) when the task says so."""
    roles = dict(shape.roles)
    if prefer == "label" and shape.format == "prompt_completion" and "label" in roles:
        roles.pop("completion")
        return Shape("text_label", roles, shape.question)
    return shape


def _known_columns(wanted: dict[str, str], names: list[str], path: Path) -> None:
    for role, column in wanted.items():
        if column not in names:
            raise UserFacingError(f"has no column {column} (asked for as {role})", path.name, nearest(column, names))


def _labels(rows: list[dict[str, object]], shape: Shape) -> dict[str, int]:
    if shape.format != "text_label" and "label" not in shape.roles:
        return {}
    counts = Counter(as_text(row.get(shape.roles["label"])) for row in rows)
    few = len(counts) <= max(2, len(rows) * MANY_LABELS)
    return dict(counts.most_common(500)) if few else {}


def spread(items: list[Example], most: int) -> list[Example]:
    """At most `most` items, evenly over the list."""
    step = max(1, -(-len(items) // most))
    return items[::step]


def _lengths(built: list[Example], tokenizer: ChatTokenizer | None) -> Lengths | None:
    usable = [e for e in built if not e.fault]
    if not usable or tokenizer is None:
        return None
    sampled = spread(usable, SAMPLE)
    sizes, answers = zip(*(_size(e, tokenizer) for e in sampled), strict=True)
    ordered, said = sorted(sizes), sorted(answers)
    return Lengths(
        tokenizer=tokenizer.name,
        basis="measured",
        sampled=len(sampled),
        mean=round(sum(sizes) / len(sizes), 2),
        p50=_quantile(ordered, 0.5),
        p95=_quantile(ordered, 0.95),
        p99=_quantile(ordered, 0.99),
        max=ordered[-1],
        answer_p95=_quantile(said, 0.95),
        answer_max=said[-1],
    )


def _size(example: Example, tokenizer: ChatTokenizer) -> tuple[int, int]:
    if not example.messages:
        size = len(tokenizer.encode(example.text).ids)
        return size, size
    encoded = encode(example, tokenizer, max_length=1_000_000)
    return len(encoded.input_ids), encoded.trained


def _quantile(ordered: list[int], q: float) -> int:
    return ordered[min(len(ordered) - 1, round(q * (len(ordered) - 1)))]


def _findings(table: Table, built: list[Example], shape: Shape) -> list[DataFinding]:
    found = [_unreadable(table), *_faulty(built), _repeats(built), *_balance(built, shape)]
    return [f for f in found if f]


def _unreadable(table: Table) -> DataFinding | None:
    if not table.problems:
        return None
    first = table.problems[0]
    return DataFinding(
        rule="unreadable_lines",
        severity="warn",
        count=len(table.problems),
        rows=tuple(p.line for p in table.problems[:ROWS_SHOWN]),
        advice=f"Line {first.line} {first.what}. The {len(table.rows)} good rows can be used; "
        "mend the file to use the rest.",
    )


_FAULTS = {
    "empty": "have an empty question or answer; they are left out.",
    "unknown_role": "have a turn by someone who is neither user nor assistant; they are left out.",
    "broken_text": "hold half a character (a lone surrogate), which no tokenizer reads; they are left out.",
    "no_answer": "have no answer to learn from; they are left out.",
}


def _faulty(built: list[Example]) -> list[DataFinding]:
    out = []
    for fault, words in _FAULTS.items():
        rows = [e.row for e in built if e.fault == fault]
        if rows:
            out.append(
                DataFinding(
                    rule=f"rows_{fault}",
                    severity="warn",
                    count=len(rows),
                    rows=tuple(rows[:ROWS_SHOWN]),
                    advice=f"{len(rows)} rows {words}",
                )
            )
    return out


def _tools_told(built: list[Example], tokenizer: ChatTokenizer | None) -> list[DataFinding]:
    rows = [e.row for e in built if any(role == "tool" for role, _ in e.messages)]
    if not rows or tokenizer is None or tokenizer.knows_tools:
        return []
    words = (
        f"{len(rows)} rows hold what a tool returned; {tokenizer.name}'s template has no role for that, "
        "so it is told as a user's turn."
    )
    return [
        DataFinding(
            rule="tool_turns_as_user", severity="info", count=len(rows), rows=tuple(rows[:ROWS_SHOWN]), advice=words
        )
    ]


def repeated_rows(built: list[Example]) -> list[int]:
    """Row numbers of exact repeats, the first of each left out."""
    seen: set[tuple[object, str]] = set()
    repeats = []
    for example in built:
        key = (example.messages, example.text)
        if not example.fault and key in seen:
            repeats.append(example.row)
        seen.add(key)
    return repeats


def _repeats(built: list[Example]) -> DataFinding | None:
    rows = repeated_rows(built)
    if not rows:
        return None
    return DataFinding(
        rule="exact_duplicates",
        severity="warn",
        count=len(rows),
        rows=tuple(rows[:ROWS_SHOWN]),
        advice=f"{len(rows)} rows repeat an earlier row word for word; one of each is enough.",
    )


def _balance(built: list[Example], shape: Shape) -> list[DataFinding]:
    counts = Counter(e.answer for e in built if not e.fault)
    if shape.format != "text_label" or len(counts) > len(built) * MANY_LABELS:
        return []
    if len(counts) < 2:
        return [
            DataFinding(
                rule="one_label",
                severity="blocker",
                count=len(counts),
                advice="Every row has the same label: there is nothing to tell apart.",
            )
        ]
    most, least = counts.most_common(1)[0], counts.most_common()[-1]
    if most[1] < 5 * least[1]:
        return []
    return [
        DataFinding(
            rule="label_imbalance",
            severity="info",
            count=len(counts),
            advice=f"{len(counts)} labels from {least[1]} rows ({least[0][:40]}) to {most[1]} "
            f"({most[0][:40]}): rare ones will be learned less well; macro-F1 shows it.",
        )
    ]
