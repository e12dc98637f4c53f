"""Every word a model is told: one file a call, declared variables, checked when rendered."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, StrictUndefined, meta

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Prompt:
    """A rendered prompt and the hash of its content."""

    text: str
    hash: str


def render(name: str, **variables: Any) -> Prompt:
    """Render `name`.md. A variable that is missing or unused is a fault in the call."""
    source = (FOLDER / f"{name}.md").read_text("utf-8")
    environment = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False)
    declared = meta.find_undeclared_variables(environment.parse(source))
    if unused := variables.keys() - declared:
        raise ValueError(f"prompt {name} does not use {', '.join(sorted(unused))}")
    text = environment.from_string(source).render(**variables).strip()
    return Prompt(text, hashlib.sha256(text.encode()).hexdigest()[:16])


@cache
def example_rows() -> list[dict[str, Any]]:
    """The examples of a planning turn: situation, what the person says, the call."""
    rows: list[dict[str, Any]] = yaml.safe_load((FOLDER / "examples.yaml").read_text("utf-8"))
    return rows


def examples() -> str:
    """The examples, three short lines each."""
    lines = []
    for row in example_rows():
        ((tool, arguments),) = row["call"].items()
        lines.append(
            f"situation {json.dumps(row['situation'])}\nperson: {row['person']}\n-> {tool} {json.dumps(arguments)}"
        )
    return "\n".join(lines)
