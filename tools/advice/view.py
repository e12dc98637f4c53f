"""What is known when somebody asks for advice: their words, their file, their machine, the plan on the table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tools.desk import Desk
from trainer.base_models import resolve, table
from trainer.errors import UserFacingError
from trainer.facts import DataProfile, Machine
from trainer.machine import read_machine
from trainer.proposal import Proposal, inspected_file

HERE = Path(__file__).parent
_GB = re.compile(r"(?<![\d.])(\d{1,4}(?:\.\d+)?)\s*(?:gb|gigs?|gigabytes?|g)\b(?!\s*(?:disk|ssd|hdd|ram|file))")
_COUNT = re.compile(
    r"(\d[\d,]*(?:\.\d+)?)\s*(k\b|thousand)?\s*(?:\w+\s+)?(?:rows?|examples?|samples?|pairs?|e-?mails?|mails|messages|tickets|chats|dialog\w*"
    r"|questions?|answers?|texts?|documents?|poems?|reviews?|lines|conversations|beispiele|zeilen|fragen|texte|filas|ejemplos|preguntas|correos"
    r"|条|个(?:例子|样本|问)|份|组|उदाहरण|सवाल|कविता\S*|উদাহরণ|প্রশ্ন)"
)
"""A number of rows as people say it."""


@cache
def signals() -> dict[str, re.Pattern[str]]:
    """What a question gives away, compiled."""
    found: dict[str, str] = yaml.safe_load((HERE / "signals.yaml").read_text("utf-8"))
    return {name: re.compile(text.strip(), re.IGNORECASE) for name, text in found.items()}


@dataclass(frozen=True)
class View:
    """The facts one piece of advice is fitted to."""

    question: str
    profile: DataProfile | None
    machine: Machine
    proposal: Proposal | None

    @classmethod
    def of(cls, question: str, desk: Desk) -> View:
        """From the question and the desk; a file that can't be read gives no profile."""
        return cls(question.lower(), _profile(desk), read_machine(measure=False), desk.proposal)

    def says(self, signal: str) -> str:
        """The words that show something, or ''."""
        found = signals()[signal].search(self.question)
        return found.group() if found else ""

    @property
    def rows(self) -> int:
        """Rows of the file; 0 without one."""
        return self.profile.rows if self.profile else 0

    @property
    def rows_meant(self) -> int:
        """Rows of the file, else as many as the question speaks of; 0 where neither tells."""
        said = _COUNT.search(self.question)
        return self.rows or (int(float(said[1].replace(",", "")) * (1000 if said[2] else 1)) if said else 0)

    @property
    def labels(self) -> int:
        """Different labels in the file."""
        return len(self.profile.label_counts) if self.profile else 0

    @property
    def memory_gb(self) -> float | None:
        """Graphics memory: as said in the question or the plan, else the machine's; None without a card."""
        said = _GB.search(self.question)
        if said:
            return float(said[1])
        planned = self.proposal.plan.budget.max_gpu_gb if self.proposal else None
        if planned:
            return float(planned)
        return max((g.memory_gb for g in self.machine.gpus), default=None)

    @property
    def model(self) -> dict[str, Any] | None:
        """The base model that is asked about, else the plan's, from the table."""
        words = re.sub(r"[\s_-]+", "-", self.question)
        named = [
            row for row in table() if any(_as_name(a) in words for a in (row["id"].split("/")[-1], *row["aliases"]))
        ]
        if named:
            return max(named, key=lambda r: len(r["id"]))
        planned = self.proposal.plan.base_model if self.proposal else ""
        return next((r for r in table() if r["id"] == planned), None)


def _as_name(text: str) -> str:
    return re.sub(r"[\s_-]+", "-", text.lower())


def _profile(desk: Desk) -> DataProfile | None:
    if not desk.files:
        return None
    try:
        return inspected_file(Path(desk.files[-1]), {}, resolve(None)).profile
    except UserFacingError:
        return None
