"""What the page and the command line may do with a data file besides talking about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agent.commands import desk
from tools import arguments as a
from tools.desk import ToolResult
from tools.orders import Order
from tools.planning import inspect_data
from trainer.base_models import resolve
from trainer.data.doctor import sheet
from trainer.data.doctor.watch import Watch
from trainer.data.more.review import accept
from trainer.data.profile import Inspected
from trainer.data.repair.steps import Recipe
from trainer.data.review import Decision, Decisions
from trainer.data.sources.address import local
from trainer.data.sources.source import Row
from trainer.errors import UserFacingError
from trainer.facts import DataProfile
from trainer.paths import home
from trainer.preparing import looked_at as patient_at
from trainer.preparing import output_for, prepared
from trainer.proposal import inspected_file

SHEETS = {".md": sheet.markdown, ".html": sheet.html}


def inspect(where: str, model: str | None = None, watch: Watch | None = None) -> ToolResult:
    """Look at a file, a folder, a table or a Hub data set. `watch` is told of progress."""
    full = str(local(where, home()))
    at = replace(desk([full]), watch=watch)
    return inspect_data(a.Inspect.model_validate({"dataset_path": full, "base_model": model}), at)


def looked_at(path: Path) -> Inspected:
    """The file as it was looked at last; looks again when it has changed."""
    return inspected_file(path, {}, resolve(None))


def write_sheet(path: Path, target: Path) -> Path:
    """The data sheet as Markdown or HTML, by the target's ending. Never over an existing file."""
    make = SHEETS.get(target.suffix.lower())
    if make is None:
        raise UserFacingError("a data sheet is .md or .html", str(target), "Give the file one of these endings.")
    if target.exists():
        raise UserFacingError("exists already", str(target), "Name another file.")
    target.write_text(make(looked_at(path).profile), "utf-8", errors="backslashreplace")
    return target


def sheets(report: dict[str, Any]) -> list[str]:
    """The data sheet of a report in every form, ready to be fetched."""
    profile = DataProfile.model_validate(report)
    folder = home() / "sheets" / profile.fingerprint[:12]
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for ending, make in SHEETS.items():
        target = folder / f"data-sheet-{Path(profile.path).stem[:40]}{ending}"
        target.write_text(make(profile), "utf-8", errors="backslashreplace")
        made.append(str(target))
    return made


@dataclass(frozen=True)
class Reviewed:
    """One row under review."""

    number: int
    row: Row
    decision: Decision | None


def rows(path: Path, wanted: Sequence[int]) -> dict[int, Row]:
    """Some rows by number."""
    left = set(wanted)
    out: dict[int, Row] = {}
    for chunk in looked_at(path).source.chunks():
        out |= {n: chunk.rows[n - chunk.first] for n in left if chunk.first <= n < chunk.first + len(chunk.rows)}
        if len(out) == len(left):
            break
    return out


def review(path: Path, rule: str, position: int) -> tuple[Reviewed | None, int]:
    """The row at a position (from 0) among those a rule points at, and how many there are."""
    found = looked_at(path).diagnosis.found.get(rule)
    numbers = list(found.rows) if found else []
    if not numbers:
        return None, 0
    number = int(numbers[position % len(numbers)])
    row = rows(path, [number]).get(number)
    kept = Decisions(home(), looked_at(path).profile.fingerprint).all()
    return (Reviewed(number, row, kept.get(number)) if row is not None else None), len(numbers)


def decide(path: Path, number: int, decision: Decision | None) -> dict[str, int]:
    """Keep a decision about a row; how many there are now, by kind."""
    decisions = Decisions(home(), looked_at(path).profile.fingerprint)
    decisions.decide(number, decision)
    return decisions.counts()


def reviewed(path: Path) -> Order:
    """All decisions about a file as a preparation to approve. Raises UserFacingError when there are none."""
    step = Decisions(home(), looked_at(path).profile.fingerprint).step()
    if step is None:
        raise UserFacingError("no row was decided on yet", path.name, "Keep, leave out or change a row first.")
    recipe = Recipe.checked({"steps": [step]})
    output = output_for(path, home() / "prepared")
    return Order(kind="prepare", preparation=prepared(patient_at(path), recipe, output))


def accepted(path: Path) -> Path | None:
    """New rows that waited for a person: the file of those accepted. None for a file that holds no such rows."""
    if "unreviewed_rows" not in looked_at(path).diagnosis.found:
        return None
    decisions = Decisions(home(), looked_at(path).profile.fingerprint).all()
    edited = rows(path, [n for n, decision in decisions.items() if isinstance(decision, dict)])
    whole = {n: {**edited[n], **d} if isinstance(d, dict) else d for n, d in decisions.items()}
    return accept(path, whole)
