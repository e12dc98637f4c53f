"""What a hosted model may cost: calls, tokens and dollars, per turn and per conversation.

Every call is written down before it is made and settled after, in a file of its own: a process
that is killed in between has still counted the call, and a restart forgets nothing.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from agent.model.reply import Message, Reply
from agent.model.troubles import DoorError
from trainer.records import read_from

TOKENS_A_CHARACTER = 1 / 3
"""For calls whose answer never came; a high guess for English."""


@dataclass(frozen=True)
class Ceilings:
    """The most a hosted model may use. Each can be set by TUNESMITH_LLM_MAX_<NAME>."""

    calls_a_turn: float = 4
    tokens_a_turn: float = 40_000
    usd_a_turn: float = 0.25
    calls: float = 300
    tokens: float = 1_000_000
    usd: float = 2.00

    @classmethod
    def chosen(cls) -> Ceilings:
        """The defaults, with what the environment sets. A value that is no number is not taken."""
        found = {}
        for f in fields(cls):
            text = os.environ.get(f"TUNESMITH_LLM_MAX_{f.name.upper()}", "")
            if text.replace(".", "", 1).isdigit():
                found[f.name] = float(text)
        return cls(**found)


@dataclass(frozen=True)
class Spent:
    """What was used."""

    calls: int = 0
    tokens: int = 0
    usd: float = 0.0
    unpriced: int = 0
    """Calls whose price is not known."""


class Ledger:
    """One conversation's account with a hosted model."""

    def __init__(self, path: Path, ceilings: Ceilings | None = None) -> None:
        self.path = path
        self.ceilings = ceilings or Ceilings.chosen()
        self._turn = 0
        self._guess = 0
        """Tokens of the last call by its length: they count where a provider reports none."""
        self._read, self._kept = 0, list[dict[str, Any]]()

    def begin_turn(self) -> None:
        """A new message: the ceilings of a turn count from here."""
        self._turn = 1 + max((r["turn"] for r in self._rows()), default=0)

    def spent(self, turn: int | None = None) -> Spent:
        """What the conversation has used, or one of its turns."""
        rows = [r for r in self._rows() if turn is None or r["turn"] == turn]
        settled = {r["call"]: r for r in rows if r["kind"] == "settled"}
        asked = [settled.get(r["call"], r) for r in rows if r["kind"] == "asked"]
        return Spent(
            len(asked),
            sum(int(r["tokens"]) for r in asked),
            sum(r.get("usd") or 0.0 for r in asked),
            sum(r.get("usd") is None for r in asked),
        )

    def ask(self, messages: list[Message]) -> int:
        """Write a call down before it is made. Raises DoorError at a ceiling; returns the call's number."""
        self._check(self.spent(self._turn), "in one turn", "_a_turn")
        self._check(self.spent(), "in one conversation", "")
        number: int = 1 + sum(r["kind"] == "asked" for r in self._rows())
        guess = self._guess = int(sum(len(str(m.get("content"))) for m in messages) * TOKENS_A_CHARACTER)
        self._write({"kind": "asked", "call": number, "turn": self._turn, "tokens": guess})
        return number

    def settle(self, number: int, reply: Reply) -> None:
        """Write down what a call has used."""
        row = {
            "kind": "settled",
            "call": number,
            "turn": self._turn,
            "tokens": reply.tokens or self._guess,
            "usd": reply.usd,
        }
        self._write(row)

    def _check(self, spent: Spent, scope: str, suffix: str) -> None:
        for name, used in (("calls", spent.calls), ("tokens", spent.tokens), ("usd", spent.usd)):
            most = getattr(self.ceilings, name + suffix)
            if used >= most:
                raise DoorError(
                    f"the limit of {_amount(name, most)} {scope} is reached ({_amount(name, used)} used). "
                    f"To raise it, set TUNESMITH_LLM_MAX_{(name + suffix).upper()}",
                    "ceiling",
                )

    def _rows(self) -> list[dict[str, Any]]:
        """All rows. Only what is new is read: a run's judge makes thousands."""
        new, self._read = read_from(self.path, self._read)
        self._kept += [row for row in new if {"kind", "call", "turn", "tokens"} <= row.keys()]
        return self._kept

    def _write(self, row: dict[str, Any]) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
            file.flush()
            os.fsync(file.fileno())


def _amount(name: str, value: float) -> str:
    return f"${value:.2f}" if name == "usd" else f"{value:,.0f} {name}"
