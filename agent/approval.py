"""Who may say yes: a person, to exactly the order just shown. No model is asked."""

from __future__ import annotations

from typing import Literal

from agent.builtin.assent import is_assent, is_unclear_assent

Verdict = Literal["approve", "confirm", "other"]


def read_answer(text: str) -> Verdict:
    """A plain yes approves; an unclear one gets a button; anything else is a new message."""
    if is_assent(text):
        return "approve"
    return "confirm" if is_unclear_assent(text) else "other"


def ticket(thread: str, number: int, digest: str) -> str:
    """One approval, one id: the same click sent twice starts one run."""
    return f"{thread}-{number}-{digest[:16]}"
