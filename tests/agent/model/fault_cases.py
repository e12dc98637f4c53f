"""Every fault of a provider that is injected, and what a person sees of it. Prints the table for the docs.

python -m tests.agent.model.fault_cases > docs/provider-faults.md
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from agent.model import door as doors
from agent.model.door import Door
from agent.session import Session
from tests.agent.model.server import Say, Script, scripted_server, tool

GOAL = "train a model to answer these questions, 2 epochs"
BAD_RATE = tool("propose_plan", learning_rate=-1)


@dataclass(frozen=True)
class Case:
    """One fault: what the server does, the words a person must see, and the calls that may be made."""

    name: str
    answers: Callable[[], list[Say]]
    words: str
    """'' where the fault must not be noticed at all."""
    requests: int
    streamed: bool = False
    environment: dict[str, str] = field(default_factory=dict)


def _times(say: Say, count: int) -> Callable[[], list[Say]]:
    return lambda: [say] * count


_PLAN = tool("propose_plan", num_train_epochs=2)
CASES = [
    Case("401, wrong key", _times(Say(status=401), 1), "refused the key", 1),
    Case("403, no permission", _times(Say(status=403), 1), "refused the key", 1),
    Case("404, unknown model", _times(Say(status=404), 1), "not known there", 1),
    Case("429 with Retry-After: 1, then well", lambda: [Say(status=429, headers={"Retry-After": "1"}), _PLAN], "", 2),
    Case(
        "429 with Retry-After: 3600",
        _times(Say(status=429, headers={"Retry-After": "3600"}), 1),
        "asks to wait 3600 s",
        1,
    ),
    Case("429 again and again", _times(Say(status=429), 3), "asked too often", 3),
    Case("500 once, then well", lambda: [Say(status=500), _PLAN], "", 2),
    Case("500 again and again", _times(Say(status=500), 3), "server error", 3),
    Case("503 again and again", _times(Say(status=503), 3), "not available", 3),
    Case("no answer in time", _times(Say(content="late", delay=3.0), 1), "did not answer in time", 1),
    Case("stream cut in the middle", _times(Say(content="well then", cut=True), 3), "broke off", 3, streamed=True),
    Case("empty reply", _times(Say(content=""), 3), "empty answer", 3),
    Case(
        "HTML with status 200",
        _times(Say(body=b"<html>login</html>", headers={"Content-Type": "text/html"}), 1),
        "not an answer",
        1,
    ),
    Case("half a JSON document with status 200", _times(Say(body=b'{"id": "x", "choi'), 1), "not an answer", 1),
    Case("refusal by the provider's filter", _times(Say(content="", finish="content_filter"), 1), "declined", 1),
    Case("call of a tool that does not exist", _times(tool("launch_rocket"), 3), "no valid order", 3),
    Case("arguments that are no JSON", _times(tool("propose_plan", raw="two epochs"), 3), "no valid order", 3),
    Case(
        "arguments cut off, then whole",
        lambda: [tool("propose_plan", raw='{"num_train_epochs": 2, "learn'), _PLAN],
        "",
        2,
    ),
    Case("value out of range, three times", _times(BAD_RATE, 3), "no valid order", 3),
    Case(
        "call in plain text (small local model)",
        lambda: [Say(content='Sure!\n```json\n{"name": "propose_plan", "arguments": {"num_train_epochs": 2}}\n```')],
        "",
        1,
    ),
    Case("talk instead of a call, then the call", lambda: [Say(content="I will plan that."), _PLAN], "", 2),
    Case(
        "1,000,000 tokens a call",
        lambda: [Say(content="hm", tokens=1_000_000)],
        "limit of 40,000 tokens in one turn",
        1,
    ),
]


@dataclass(frozen=True)
class Seen:
    """What came of a case."""

    said: str
    planned: bool
    kept_message: bool
    leaked: bool
    requests: int


def play(case: Case, home: Path, data: Path, script: Script) -> Seen:
    """One message against the faulty server, in a conversation of its own."""
    script.answers, script.asked = case.answers(), []
    heard: list[str] = []
    session = Session(
        "fault", Door("openai/scripted", script.url), [home], home, heard.append if case.streamed else None
    )
    session.give_file(data)
    events = session.ask(GOAL)
    said = " ".join(e["text"] for e in events if e.get("notice"))
    plan = session.pending.proposal.plan if session.pending else None
    kept = any(e.get("role") == "user" and e["text"] == GOAL for e in session.events())
    leaked = "sk-test" in str(session.events())
    session.close()
    return Seen(said, bool(plan and plan.schedule.num_train_epochs == 2), kept, leaked, len(script.asked))


def table() -> str:
    """The table of the docs, from running every case."""
    lines = [
        "# When a language model's provider fails",
        "",
        "Made by `python -m tests.agent.model.fault_cases`: each fault is served over HTTP to a conversation that asks",
        f"“{GOAL}”. In every case the person's message stays and the plan is drafted, by the built-in brain where the",
        "model can't.",
        "",
        "| fault | what the person sees | message kept | plan drafted | requests |",
        "|---|---|---|---|---|",
    ]
    with scripted_server() as script:
        for case in CASES:
            with tempfile.TemporaryDirectory() as folder:
                seen = play(case, Path(folder), sample(Path(folder)), script)
            words = seen.said or "(nothing: it was mended)"
            marks = ["yes" if x else "NO" for x in (seen.kept_message, seen.planned)]
            lines.append(f"| {case.name} | {words} | {marks[0]} | {marks[1]} | {seen.requests} |")
    return "\n".join(lines)


def sample(folder: Path) -> Path:
    """A small file of questions and answers."""
    path = folder / "qa.jsonl"
    rows = [f'{{"question": "where is parcel {n}?", "answer": "It left on day {n}."}}' for n in range(120)]
    path.write_text("\n".join(rows), "utf-8")
    return path


if __name__ == "__main__":
    os.environ["OPENAI_API_KEY"] = "sk-test-0123456789abcdef"
    doors.TIMEOUT = 1.0
    sys.stdout.write(table() + "\n")
