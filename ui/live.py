"""The run store as the page reads it: never the agent, so a busy agent can't stop the curve."""

from __future__ import annotations

from typing import Any

from trainer.errors import UserFacingError
from trainer.paths import home
from trainer.runs import Run, RunStore


def find(run_id: str | None) -> Run | None:
    """The run, if it is there."""
    if not run_id:
        return None
    try:
        return RunStore(home()).get(run_id)
    except UserFacingError:
        return None


def latest(history: list[dict[str, Any]]) -> dict[str, Any]:
    """The last value of every logged column."""
    last: dict[str, Any] = {}
    for row in history:
        last |= row
    return last


def signature(run: Run | None) -> str:
    """Changes when anything about the run that the page shows has changed."""
    if run is None:
        return ""
    state = run.status()
    files = (run.folder / name for name in ("metrics.jsonl", "replays.jsonl", "events.jsonl", "examination.json"))
    size = sum(file.stat().st_size for file in files if file.is_file())
    line = [state.get("place"), state.get("of"), state.get("waits_for"), round((state.get("wait_seconds") or 0) / 60)]
    return f"{run.id} {state.get('status')} {state.get('step')} {state.get('phase')} {size} {bool(run.result())} {line}"
