"""The answer: sentences of a topic in the register the person reads, with their sources."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml

from tools.advice.topics import TOPICS
from tools.advice.view import HERE, View


@cache
def sentences() -> dict[str, dict[str, str]]:
    """facts.yaml."""
    found: dict[str, dict[str, str]] = yaml.safe_load((HERE / "facts.yaml").read_text("utf-8"))
    return found


def advice(topic: str, view: View, register: str) -> tuple[str, list[str]]:
    """Words and the names of the sentences used. An unknown topic gets what the agent can do."""
    said = TOPICS[topic](view) if topic in TOPICS else [("general", {})]
    lines = [_line(name, filled, register) for name, filled in said]
    if register == "plain" and (sources := _sources(said)):
        lines.append(f"Source: {'; '.join(sources)}.")
    return "\n".join(lines), [name for name, _ in said]


def _line(name: str, filled: dict[str, Any], register: str) -> str:
    entry = sentences()[name]
    text = " ".join(entry[register].format(**filled).split())
    source = entry.get("source")
    return f"{text} [{source.format(**filled)}]" if source and register == "expert" else text


def _sources(said: list[tuple[str, dict[str, Any]]]) -> list[str]:
    found = (sentences()[name].get("source", "").format(**filled) for name, filled in said)
    return list(dict.fromkeys(s for s in found if s))
