"""What went wrong beside the curve, in words: crashes, memory, time, answers."""

from __future__ import annotations

import re

from trainer.diagnosis.failures.crash import Crash
from trainer.diagnosis.failures.memory import WORDS, ran_out
from trainer.diagnosis.failures.spent import advice, spent
from trainer.runs import Run

ABOUT_TIME = re.compile(r"\b(slow\w*|speed|long\w*|time|fast\w*|throughput|tokens? per second)\b", re.I)
ABOUT_ANSWERS = re.compile(
    r"\b(repeat\w*|repetit\w*|loop\w*|stop\w*|endless|babbl\w*|same (as|answers?)|rambl\w*)\b", re.I
)
MANY, ALL = 0.1, 0.95
"""Shares of the answers from which on something is said."""


def failure_words(run: Run, question: str) -> list[str]:
    """Sentences about what the curve does not show; [] where nothing is to be said."""
    found = []
    if (shortage := ran_out(run)) is not None:
        found.append(f"Memory ran out {WORDS[shortage.moment]} ({shortage.why}).")
    if ABOUT_TIME.search(question):
        found += time_words(run)
    return found + answer_words(run, bool(ABOUT_ANSWERS.search(question)))


def crash_told(run: Run) -> list[str]:
    """How a run that failed has crashed; it quotes the log. [] where it did not, or memory ran out."""
    ended = [e for e in run.events() if e["kind"] == "worker_ended"]
    if run.status().get("status") not in ("failed", "died") or not ended or not ended[-1].get("crash"):
        return []
    return [] if ran_out(run) is not None else crash_words(Crash(**ended[-1]["crash"]))


def crash_words(crash: Crash | None) -> list[str]:
    """Known: the cause and the fix. Unknown: said to be unknown, with the line that may be searched for."""
    if crash is None:
        return []
    where = f" ({crash.where})" if crash.where else ""
    if crash.name is None:
        return [
            f"It crashed{where}: {crash.line}. This cause is not one I know; the line itself is what to search for."
        ]
    return [f"It crashed{where}: {crash.cause}. {crash.fix} The line was: {crash.line}"]


def time_words(run: Run) -> list[str]:
    """Where the time went, and what would help."""
    where = spent(run)
    if where is None:
        return [f"Where the time of {run.id} went was not measured."]
    whole = max(where.total, 1e-9)
    parts = {
        "steps": where.steps,
        "looks at the watched rows": where.looks,
        "saving": where.saves,
        "waiting": where.rows,
    }
    shares = ", ".join(f"{name} {100 * seconds / whole:.0f} %" for name, seconds in parts.items())
    told = advice(run, where) or ["Nothing takes more than its share: a faster device or fewer tokens would help."]
    return [f"Of {whole:.0f} seconds of training: {shares}. {' '.join(told)}"]


def answer_words(run: Run, asked: bool) -> list[str]:
    """Answers that repeat themselves, do not end, or are the untuned model's own."""
    found = run.result().get("behaviour")
    if not found:
        return ["How its answers end was not recorded."] if asked and run.result() else []
    lines = []
    repetitive, unended = found["repetitive"], found["unended"]
    if repetitive["tuned"] > max(MANY, repetitive["base"]):
        lines.append(
            f"{_percent(repetitive['tuned'])} of its answers repeat themselves ({_percent(repetitive['base'])} of the "
            "untuned model's): too many epochs on too few rows, or answers in the data that do so."
        )
    if unended.get("tuned", 0.0) > max(MANY, unended.get("base", 0.0)):
        lines.append(
            f"{_percent(unended['tuned'])} of its answers come to no end of their own within the test's limit: check "
            "that the end of the answer is trained on (EOS), or raise max_new_tokens if your answers are longer."
        )
    if found["same"] > ALL:
        lines.append(
            f"{_percent(found['same'])} of its answers are word for word the untuned model's: the training changed "
            "nothing that shows. A higher learning rate, more steps or more target_modules would."
        )
    if asked and not lines:
        cut, again = _percent(unended.get("tuned", 0.0)), _percent(repetitive["tuned"])
        lines.append(f"Its answers end ({cut} are cut off) and do not repeat themselves ({again} do).")
    return lines


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
