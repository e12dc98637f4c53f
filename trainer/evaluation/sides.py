"""Who is compared: a run's result, one of its checkpoints, or its untrained model; and what each wrote."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from trainer.checkpoints import checkpoints, step_of, whole
from trainer.errors import UserFacingError
from trainer.evaluation import examination
from trainer.evaluation.aside import Aside, check_idle
from trainer.records import read_json
from trainer.runs import ACTIVE, Run, RunStore

UNTRAINED = "base"
AT = "@"
"""run-1@30: what run-1 was at its checkpoint of step 30."""


@dataclass(frozen=True)
class Side:
    """One of two that are compared; `step`: a checkpoint's, None for the result; 0: the untrained model."""

    run: Run
    step: int | None = None

    @property
    def name(self) -> str:
        """base, run-1 or run-1@30."""
        return UNTRAINED if self.step == 0 else self.run.id + ("" if self.step is None else f"{AT}{self.step}")

    @property
    def words(self) -> str:
        """As a person would say it."""
        if self.step == 0:
            return "the untrained model"
        return self.run.id if self.step is None else f"{self.run.id} at step {self.step}"

    @cached_property
    def aside(self) -> Aside:
        """The work that lets a checkpoint answer the sealed rows."""
        return Aside(self.run, f"answers{AT}{self.step}", "trainer.methods.checkpoint", (str(self.step),))

    @property
    def folder(self) -> Path:
        """A checkpoint's weights."""
        return self.run.checkpoints / f"checkpoint-{self.step}"

    def answers(self) -> dict[int, str]:
        """Sealed row -> what was written. Raises UserFacingError where nothing was."""
        found = self.aside.read() if self.step else read_json(self.run.folder / "answers.json")
        if "said" not in found:
            raise self._unwritten()
        said = found["said"]
        mine = said.get("base", said.get("zero_shot")) if self.step == 0 else said["tuned"]
        return dict(zip(found["rows"], mine, strict=True))

    def _unwritten(self) -> UserFacingError:
        if self.step:
            way = f"tunesmith compare {self.run.id} {self.name} lets it."
            return UserFacingError("has not answered the sealed rows yet", self.words, way)
        return UserFacingError(
            "has no written answers to set side by side",
            self.run.id,
            "Its result must be judged by answers, and be of this version: train it again, "
            "or evaluate it with --baseline.",
        )

    @property
    def lacks(self) -> bool:
        """Whether it is a checkpoint that has not answered."""
        return bool(self.step) and "said" not in self.aside.read()

    def let_answer(self) -> None:
        """Begin to let a checkpoint answer, in a process of its own. Raises UserFacingError where it can't."""
        if not whole(self.folder):
            raise UserFacingError(f"{self.folder.name} is damaged or gone", self.run.id, "Name another checkpoint.")
        if self.run.status().get("status") in ACTIVE:
            raise UserFacingError("is still at work", self.run.id, "Ask again when it has ended.")
        check_idle(self.run, examination.running)
        self.aside.start()


def steps(run: Run) -> list[int]:
    """Steps of the checkpoints that are there."""
    return [step_of(path) for path in checkpoints(run.checkpoints)]


def side(run: Run, name: str) -> Side:
    """`base` (of this run), `run-2`, `run-2@30` or `@30` (of this run) -> who is meant. Raises UserFacingError."""
    if name.strip() == UNTRAINED:
        return Side(run, 0)
    told, at, step = name.strip().partition(AT)
    found = RunStore(run.folder.parents[1]).get(told) if told else run
    if not at:
        return Side(found)
    there = steps(found)
    if not step.isdigit() or int(step) not in there:
        known = ", ".join(f"{found.id}{AT}{s}" for s in there) or "none was kept"
        raise UserFacingError(f"has no checkpoint of step {step!r}", found.id, f"There are: {known}.")
    return Side(found, int(step))


def same_test(a: Run, b: Run) -> bool:
    """Whether the sealed rows of two runs are the same, byte by byte."""
    return a.id == b.id or (
        a.sealed.is_file() and b.sealed.is_file() and a.sealed.read_bytes() == b.sealed.read_bytes()
    )


def check_same(a: Side, b: Side) -> None:
    """Raise where two can't be set side by side."""
    if a.name == b.name:
        raise UserFacingError("is compared with itself", a.words, "Name another one, or base.")
    if not same_test(a.run, b.run):
        raise UserFacingError(
            f"{a.run.id} and {b.run.id} were tested on different rows (data, seed or split differ)",
            "",
            "Answers can only be set side by side where the questions are the same.",
        )


def shared(a: Side, b: Side) -> dict[int, tuple[str, str]]:
    """Sealed row -> what both wrote."""
    ours, theirs = a.answers(), b.answers()
    return {row: (said, theirs[row]) for row, said in ours.items() if row in theirs}


def document(rows: list[int], said: list[str]) -> dict[str, Any]:
    """What a checkpoint's answers are kept as."""
    return {"rows": rows, "said": {"tuned": said}}
