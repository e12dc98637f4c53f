"""Two runs against each other: what differed in plan and rows, what came out, and the likely reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tools.arguments import Compare
from tools.beside import Beside, beside
from tools.desk import Desk, ToolResult
from tools.words import number
from trainer.data.stored import examples_in
from trainer.diagnosis import diagnose
from trainer.diagnosis.catalogue import entry
from trainer.diagnosis.record import record_of
from trainer.errors import UserFacingError
from trainer.evaluation.examination import WRITTEN
from trainer.evaluation.sides import AT, UNTRAINED, Side, same_test, shared, side
from trainer.fields import diff
from trainer.runs import Run

ASIDE = ("goal", "fingerprint", "model_fingerprint", "eval_steps", "generate_rows", "max_new_tokens")
"""Values whose difference explains no result."""


MOST_SHARED = 0.9
"""Part of the rows that two runs must both have answered, to be weighed row by row."""


@dataclass(frozen=True)
class Rows:
    """Training rows of two runs, word for word."""

    both: int
    only_a: int
    only_b: int


def compare_runs(args: Compare, desk: Desk) -> ToolResult:
    """Two runs against each other: plans, rows, what came out."""
    names = args.runs if isinstance(args.runs, list) else []
    if len(names) > 1 and any(AT in n or n == UNTRAINED for n in names):
        first = next((n for n in names if n != UNTRAINED), names[0]).partition(AT)[0]
        return beside(*(side(desk.store.get(first), n) for n in (names[0], names[-1])))
    runs = [desk.store.get(n) for n in names] or desk.store.all()[-2:]
    if len(runs) < 2:
        raise UserFacingError("two runs are needed to compare", "", "Train a second one, or name two runs.")
    return _runs(runs[0], runs[-1])


def _runs(a: Run, b: Run) -> ToolResult:
    changed = {n: v for n, v in diff(a.plan(), b.plan()).items() if n != "goal"}
    parts = [f"{n} {number(x)} against {number(y)}" for n, (x, y) in changed.items()]
    rows = rows_of(a, b)
    pair = _pair(a, b)
    lines = [f"{a.id} against {b.id}: {', '.join(parts) or 'the same plan'}.", *_told(rows), *_outcomes(a, b, pair)]
    lines += reasons(a, b, changed, rows, pair)
    data = {"runs": [a.id, b.id], "diff": changed, "rows": rows and vars(rows)}
    return ToolResult("\n".join(lines), data | {"results": {r.id: r.result() for r in (a, b)}})


def rows_of(a: Run, b: Run) -> Rows | None:
    """What both trained on; None where one has no rows any more."""
    files = [run.folder / "data" / "train.jsonl" for run in (a, b)]
    if not all(file.is_file() for file in files):
        return None
    ours, theirs = ({_text(e) for e in examples_in(file)} for file in files)
    return Rows(len(ours & theirs), len(ours - theirs), len(theirs - ours))


def _text(row: Any) -> str:
    return "\n".join([*(content for _, content in row.messages), row.text, row.rejected])


def _told(rows: Rows | None) -> list[str]:
    if rows is None:
        return []
    if not rows.only_a and not rows.only_b:
        return [f"Both trained on the same {rows.both:,} rows."]
    return [f"{rows.both:,} rows are the same, {rows.only_a:,} only the first had, {rows.only_b:,} only the second."]


def _outcomes(a: Run, b: Run, pair: Beside | None) -> list[str]:
    ra, rb = a.result(), b.result()
    if not ra or not rb:
        missing = ", ".join(r.id for r, x in ((a, ra), (b, rb)) if not x)
        return [f"{missing} has no result on the hold-out yet, so which is better is not known."]
    if not _same_test(a, b):
        return ["They were tested on different rows (data, seed or split differ): their figures can't be weighed."]
    if ra["metric"] != rb["metric"]:
        return [f"They were judged by different metrics ({ra['metric']}, {rb['metric']}): not comparable."]
    if pair:
        return [pair.words()]
    ta, tb = ra["tuned"], rb["tuned"]
    sure = "the intervals are apart" if _apart(ta, tb) else "the intervals overlap: it may be chance"
    return [
        f"{ra['metric']}: {ta['value']:.3g} ({ta['low']:.3g} to {ta['high']:.3g}) against "
        f"{tb['value']:.3g} ({tb['low']:.3g} to {tb['high']:.3g}); {sure}."
    ]


def _pair(a: Run, b: Run) -> Beside | None:
    """Their answers to the same rows, where both were kept: a paired gap tells more than two intervals do."""
    asked = a.plan().evaluation.metric in WRITTEN and all((run.folder / "answers.json").is_file() for run in (a, b))
    if not asked or a.id == b.id or not same_test(a, b):
        return None
    one, two = Side(a), Side(b)
    fewest = min(len(one.answers()), len(two.answers()))
    return Beside(one, two) if len(shared(one, two)) >= MOST_SHARED * fewest else None


def _differ(a: Run, b: Run, pair: Beside | None) -> bool:
    """Whether their results differ beyond chance."""
    return _apart(a.result()["tuned"], b.result()["tuned"]) if pair is None else pair.gap.sure is not None


def _same_test(a: Run, b: Run) -> bool:
    """Whether the sealed rows are the same, by what they were drawn from."""
    da, db = a.plan().data, b.plan().data
    drawn = [(d.fingerprint, d.holdout_split, p.plan().schedule.seed) for d, p in ((da, a), (db, b))]
    return drawn[0] == drawn[1]


def _apart(one: dict[str, float], other: dict[str, float]) -> bool:
    return one["low"] > other["high"] or other["low"] > one["high"]


def reasons(a: Run, b: Run, changed: dict[str, Any], rows: Rows | None, pair: Beside | None = None) -> list[str]:
    """What the difference is likely due to: said only where figures differ beyond chance, and as sure as it can be."""
    found = [_seen(run) for run in (a, b)]
    lines = [f"In {run.id} I found {', '.join(names)}; not in the other." for run, names in _only(a, b, found)]
    ra, rb = a.result(), b.result()
    if not ra or not rb or ra["metric"] != rb["metric"] or not _same_test(a, b):
        return lines
    causes = [name for name in changed if name not in ASIDE]
    if rows and (rows.only_a or rows.only_b):
        causes.append("the rows")
    if not _differ(a, b, pair):
        return [*lines, "No reason is needed for a difference that may be chance; two seeds each would tell."]
    if len(causes) == 1:
        return [*lines, f"Only {causes[0]} differs, so the difference is likely due to it."]
    if not causes:
        return [*lines, "Nothing differs that could explain it, so it is chance in training: another seed would tell."]
    return [*lines, f"{len(causes)} things differ at once ({', '.join(causes[:6])}): which one did it can't be told."]


def _seen(run: Run) -> list[str]:
    labels = [f.label for f in diagnose(record_of(run)) if f.severity != "info"] if run.history() else []
    return [entry(label).name for label in labels]


def _only(a: Run, b: Run, found: list[list[str]]) -> list[tuple[Run, list[str]]]:
    one, other = found
    sides = [(a, [n for n in one if n not in other]), (b, [n for n in other if n not in one])]
    return [(run, names) for run, names in sides if names]
