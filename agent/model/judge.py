"""The door as a judge of written answers, for a run's reward: a process that reads and answers JSON lines.

`trainer/rewards/judge.py` has the other end and the form of the lines. Its command stands in the environment
(`offer.py`), which a run's processes inherit; so the trainer need not know that there is an agent.
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any, TextIO

from agent.model.door import BUILTIN, Brain, Door
from agent.model.ledger import Ceilings, Ledger
from agent.model.paid import Paid
from agent.model.troubles import DoorError
from agent.model.untrusted import marked, redacted, shortened
from prompts import render
from trainer.data.more.replies import objects

SIDE_BY_SIDE = 4
"""Questions asked at the same time."""
LONGEST = 12_000
"""Characters of a prompt, an answer or a reference that a judge is shown: their two ends."""
HIGHEST = 10
"""Top of the scale in the prompt."""
MOST_CALLS, MOST_TOKENS = 50_000.0, 50_000_000.0
"""Of a run, where the person has set nothing: the dollars are what is meant to end it, but a price may be unknown."""
Row = dict[str, Any]


def ceilings() -> Ceilings:
    """A run's limits: what TUNESMITH_LLM_MAX_* sets for a conversation, wider where nothing is set; no turns."""
    chosen, none = Ceilings.chosen(), float("inf")
    calls = chosen.calls if "TUNESMITH_LLM_MAX_CALLS" in os.environ else MOST_CALLS
    tokens = chosen.tokens if "TUNESMITH_LLM_MAX_TOKENS" in os.environ else MOST_TOKENS
    return replace(chosen, calls_a_turn=none, tokens_a_turn=none, usd_a_turn=none, calls=calls, tokens=tokens)


class Judge:
    """One model with its account. The same question is paid for once."""

    def __init__(self, brain: Brain, ledger: Ledger) -> None:
        self.brain, self._paid = brain, Paid(brain, ledger)
        self._known: dict[str, float] = {}

    def score(self, row: Row) -> float:
        """0 to 1 for one answer. Raises DoorError when the model can't be asked or gives no score."""
        prompt = asked(row)
        if prompt not in self._known:
            self._known[prompt] = self._scored(prompt)
        return self._known[prompt]

    def _scored(self, prompt: str) -> float:
        score = read(self._paid.text(prompt))
        if score is None:
            raise DoorError(f"{self.brain.model} gave no score from 0 to {HIGHEST}")
        return score


def asked(row: Row) -> str:
    """What the judge is told: the rubric as the person wrote it, everything else marked as data, keys masked."""
    parts = {"question": row.get("prompt"), "reference": row.get("reference"), "answer": row.get("completion")}
    blocks = {name: marked(redacted(shortened(str(text or ""), LONGEST)), name) for name, text in parts.items()}
    if not parts["reference"]:
        blocks["reference"] = ""
    return render("judge_reward", rubric=redacted(str(row.get("rubric") or "")), **blocks).text


def read(text: str) -> float | None:
    """The score in a reply, 0 to 1; None where there is none, or one off the scale."""
    found = [o["score"] for o in objects(text) if o and "score" in o]
    try:
        score = float(found[-1]) if found and not isinstance(found[-1], bool) else None
    except (TypeError, ValueError):
        return None
    return score / HIGHEST if score is not None and 0 <= score <= HIGHEST else None


class Judges:
    """A judge for each model that is asked for, on one account."""

    def __init__(self, ledger: Path) -> None:
        ledger.parent.mkdir(parents=True, exist_ok=True)
        self._ledger, self._made, self._lock = Ledger(ledger, ceilings()), dict[str, Judge](), Lock()

    def answer(self, row: Row) -> Row:
        """The line that answers a line."""
        try:
            return {"id": row.get("id"), "score": self._of(str(row.get("model") or BUILTIN)).score(row)}
        except DoorError as error:
            return {"id": row.get("id"), "fault": str(error)}
        except Exception as error:  # noqa: BLE001  (the process boundary: a line without an answer would be waited for)
            return {"id": row.get("id"), "fault": f"the judge broke: {type(error).__name__}: {str(error)[:200]}"}

    def _of(self, model: str) -> Judge:
        if model == BUILTIN:
            raise DoorError("the built-in brain is no language model and can't judge; name one")
        with self._lock:
            if model not in self._made:
                base = os.environ.get("TUNESMITH_JUDGE_API_BASE")
                self._made[model] = Judge(Door(model, base), self._ledger)
            return self._made[model]


def serve(lines: TextIO, out: TextIO) -> None:
    """Answer each line as soon as its score is there, in whatever order, until the lines end."""
    judges, lock = Judges(Path(json.loads(lines.readline())["ledger"])), Lock()
    _say(out, lock, {"ready": True})
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for line in lines:
            pool.submit(_answered, judges, line, out, lock)


def _answered(judges: Judges, line: str, out: TextIO, lock: Lock) -> None:
    _say(out, lock, judges.answer(json.loads(line)))


def _say(out: TextIO, lock: Lock, row: Row) -> None:
    with lock:
        out.write(json.dumps(row) + "\n")
        out.flush()


def main() -> None:
    """Entry. Whatever a library prints goes to the errors, not among the answers."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    serve(sys.stdin, out)


if __name__ == "__main__":
    main()
