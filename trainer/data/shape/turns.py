"""Turns of conversations: which keys say who and what, and which name is which role."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from trainer.data.shape.names import listed

FUNCTION_CALL = frozenset({"function_call", "tool_call"})
"""Roles of assistants' turns that hold a call as JSON."""


@lru_cache(maxsize=1)
def _raw() -> dict[str, str]:
    found: dict[str, str] = yaml.safe_load((Path(__file__).parent / "turns.yaml").read_text("utf-8"))
    return found


@lru_cache(maxsize=1)
def aliases() -> dict[str, str]:
    """A speaker's name (lower case) -> user, assistant, system or tool."""
    return {name: role for role in ("user", "assistant", "system", "tool") for name in listed(_raw()[role])}


@lru_cache(maxsize=1)
def ours_words() -> frozenset[str]:
    """Names (lower case) of those who answer in a chat."""
    return frozenset(listed(_raw()["ours"])) | {n for n, r in aliases().items() if r == "assistant"}


@lru_cache(maxsize=1)
def team_words() -> frozenset[str]:
    """Words inside a name ('Acme Support') that put it on the side that answers."""
    return frozenset(listed(_raw()["ours"]))


@lru_cache(maxsize=1)
def _pairs() -> tuple[tuple[str, str], ...]:
    return tuple((a, b) for a, _, b in (entry.partition("/") for entry in listed(_raw()["keys"])))


def keys_of(turn: Mapping[str, Any]) -> tuple[str, str] | None:
    """The keys of a turn that say who speaks and what: ('role', 'content'), ('from', 'value'), ..."""
    if "role" in turn and "tool_calls" in turn:
        return "role", "content"
    return next((pair for pair in _pairs() if pair[0] in turn and pair[1] in turn), None)
