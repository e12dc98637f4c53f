"""A finished run with written answers, made without training: for blind comparisons."""

from __future__ import annotations

from pathlib import Path

from trainer.paths import home
from trainer.proposal import propose
from trainer.records import append, write_atomic
from trainer.runs import Run, RunStore
from trainer.wishes import Wishes


def answered(path: Path, count: int = 12, words: str = "good") -> Run:
    """Its own answers say `words`, the untrained model's say bad; every sixth is the same."""
    proposal = propose(path, Wishes(goal="answer", dataset_path=str(path)))
    run, _ = RunStore(home()).create(proposal, f"yes {words} {len(RunStore(home()).all())}")
    rows = range(1, count + 1)
    run.sealed.parent.mkdir(exist_ok=True)
    for i in rows:
        turns = [{"role": "user", "content": f"question {i}?"}, {"role": "assistant", "content": f"right {i}"}]
        append(run.sealed, {"row": i, "messages": turns})
    said = {
        "tuned": [f"{words} answer {i}" for i in rows],
        "base": [f"{words if i % 6 == 0 else 'bad'} answer {i}" for i in rows],
    }
    write_atomic(run.folder / "answers.json", {"rows": list(rows), "said": said})
    run.set_status("finished")
    return run
