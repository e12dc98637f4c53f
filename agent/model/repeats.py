"""A model that calls the same tool again though the person said something else.

It is told; when it insists, the built-in brain answers where it is sure, else the person is asked. A call
that was carried out again all the same leads to a question at once, and the next time past the model. Results are
compared without what changes by itself: times, counts, ids.
"""

from __future__ import annotations

import json
import re
from typing import Any, Literal

from pydantic import BaseModel

Step = Literal["go on", "nudge", "ask", "stop"]
_VOLATILE = re.compile(
    r"\b[0-9a-f]{8,}\b|\brun-\d+\b|\bstudy-[\w-]+\b|\d{4}-\d\d-\d\d[T ]?[\d:.]*|[-+]?\d[\d.,]*(?:[eE][-+]?\d+)?"
)
STEPS: tuple[Step, ...] = ("go on", "nudge", "ask", "stop")


class Repeat(BaseModel):
    """The last tool call of a conversation and how often it came in a row. Part of the stored state."""

    call: str = ""
    result: str = ""
    said: str = ""
    times: int = 0
    """Turns in a row with this call and result after the first."""


def call_key(name: str, arguments: dict[str, Any]) -> str:
    """The same for the same call, whatever the order of arguments or the form of numbers."""
    plain = {
        k: float(v) if isinstance(v, int) and not isinstance(v, bool) else v
        for k, v in arguments.items()
        if v is not None
    }
    plain.pop("goal", None)
    plain.pop("question", None)
    return f"{name} {json.dumps(plain, sort_keys=True, default=str)}"


def normalised(text: str) -> str:
    """A result without times, numbers and ids."""
    return " ".join(_VOLATILE.sub("#", text).split())


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def step(last: Repeat, call: str, said: str) -> Step:
    """What to do about a call, given the last one. A person who repeats themselves may have it again."""
    if call != last.call or _words(said) == last.said:
        return "go on"
    return STEPS[min(last.times + 1, len(STEPS) - 1)]


def after(last: Repeat, call: str, result: str, said: str) -> Repeat:
    """The record once a call has been carried out."""
    key, words = normalised(result), _words(said)
    same = call == last.call and key == last.result
    times = last.times + 1 if same and words != last.said else last.times if same else 0
    return Repeat(call=call, result=key, said=words, times=times)
