"""The answer matches a pattern. Patterns are compiled and searched under limits: some never end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import cache

import regex

from trainer.plan.methods import Reward
from trainer.rewards.answers import Answer

SECONDS = 0.5
"""Longest search in one answer."""
_COMPILING = 20.0
"""Seconds for the trial compilation, start of a process included."""
_TRIAL = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (5, 5))
import regex
try:
    regex.compile(sys.stdin.read())
except regex.error as error:
    print(str(error))
except (MemoryError, RecursionError, OverflowError):
    sys.exit(3)
"""


def pattern(reward: Reward) -> Callable[[Answer], float | None]:
    """1 where the pattern is found in the answer, else 0 (anchor it with ^ and $ to ask for all of it).

    The answer is searched whole, thoughts too, since patterns are often about the form. None where the search takes
    longer than half a second: the pattern, not the answer, is at fault. Syntax: the `regex` package's, close to `re`.
    """
    compiled = regex.compile(reward.pattern or "")

    def score(answer: Answer) -> float | None:
        return found(compiled, answer.text)

    return score


def found(compiled: regex.Pattern[str], text: str) -> float | None:
    """Whether a pattern is found, as 1 or 0; None when the time is over."""
    try:
        return float(compiled.search(text, timeout=SECONDS) is not None)
    except (TimeoutError, MemoryError):
        return None


def wrong(reward: Reward) -> str | None:
    """What is wrong with the pattern, if anything."""
    return fault(reward.pattern or "")


@cache
def fault(text: str) -> str | None:
    """Why a pattern can't be used, found out in a process of its own: nested repeats can eat all memory."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", _TRIAL],
            input=text.encode("utf-8", "surrogatepass"),
            capture_output=True,
            timeout=_COMPILING,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "the pattern takes too long to compile"
    if done.returncode:
        return "the pattern is too large: its repeats, multiplied out, need more than 1 GB"
    said = done.stdout.decode("utf-8", "replace").strip()
    return f"the pattern can't be read: {said}" if said else None
