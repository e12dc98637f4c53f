"""The command line asked in this process: what it prints, as programs get it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner


@dataclass(frozen=True)
class Said:
    """A command's end."""

    code: int
    document: dict[str, Any]
    errors: str

    @property
    def words(self) -> str:
        """All that was written, for people and programs."""
        return json.dumps(self.document, ensure_ascii=False) + self.errors


def tunesmith(*given: object) -> Said:
    """A command with --json; a bug's exception is raised, not swallowed."""
    from ui.cli.main import app

    done = CliRunner().invoke(app, [*map(str, given), "--json"])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Said(done.exit_code, dict(json.loads(done.stdout or "{}")), done.stderr)


def inspected(path: object) -> dict[str, Any]:
    """The report of an inspection that must succeed."""
    said = tunesmith("inspect", path)
    assert said.code == 0, said.words
    return said.document
