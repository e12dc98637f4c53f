"""What the sections of one plan share while their values are chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trainer.facts import Facts
from trainer.reasons import Ledger, Reason
from trainer.recipes.settings import Case, setting


@dataclass(frozen=True)
class Rung:
    """How hard a plan saves memory, and whether it is worth compiling."""

    tokens_a_pass: int = 8192
    """Tokens laid end to end in one forward pass; more only costs memory."""
    checkpointing: bool = False
    shard: bool = False
    """Divide the model over the GPUs."""
    quantize: bool = False
    compile: bool = False
    need: str = ""
    """What the roomier plan would have needed, in words."""


@dataclass(frozen=True)
class Draft:
    """The person's words, the facts and the case, with the ledger of reasons."""

    ledger: Ledger
    facts: Facts
    case: Case
    rung: Rung
    format: str

    def said(self, name: str) -> Any:
        """What the person said of a value; None where nothing."""
        return self.ledger.said.get(name)

    def setting(self, name: str) -> Any:
        """The person's value, else the table's, with its reason noted."""
        value, reason = setting(name, self.case)
        return self.ledger.choose(name, value, reason)

    def fixed(self, name: str, value: Any, reason: Reason) -> Any:
        """A value that is not the person's to wish."""
        return self.ledger.note(name, value, reason)
