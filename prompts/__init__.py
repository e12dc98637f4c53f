"""Every word a model is told: one file a call, declared variables, checked when rendered."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
