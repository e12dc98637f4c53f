"""The report command: what happened, in words; the next plan as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent.commands import store
from tools.report import Report, next_plan, report_of
from trainer import planfile
from trainer.diagnosis.catalogue import entry


def report(run_id: str, redact: bool = False) -> Report:
    """The report of a run."""
    return report_of(store().get(run_id), redact)


def history(run_id: str) -> list[dict[str, Any]]:
    """The run's logged rows."""
    return store().get(run_id).history()


def write_next(found: Report, target: Path) -> None:
    """The next plan as a file, to be approved with `tunesmith train`."""
    proposal = next_plan(store().get(found.run_id), found.next_changes)
    target.write_text(planfile.dump(proposal), "utf-8")


def words(found: Report) -> str:
    """The whole report as text."""
    parts = [" ".join(found.story), found.epochs]
    parts += [f"- {entry(f.label).name}: {f.advice}" for f in found.findings]
    return "\n".join([*parts, found.rows_words])
