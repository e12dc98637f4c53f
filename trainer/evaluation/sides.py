"""Who is compared: a run's result, one of its checkpoints, or its untrained model; and what each wrote."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from trainer.checkpoints import SEAL, checkpoints, step_of, whole
from trainer.data.convert import Example
from trainer.data.stored import examples_in
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
    def key(self) -> str:
        """The name, and of a checkpoint which weights: those of a step may be trained anew."""
        seal = str(self._kept().get("seal", ""))[:8] if self.step else ""
        return f"{self.name}-{seal}" if seal else self.name

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
        found = self._kept() if self.step else read_json(self.run.folder / "answers.json")
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
        return bool(self.step) and "said" not in self._kept()

    def _kept(self) -> dict[str, Any]:
        """A checkpoint's answers; {} where that step was trained anew since, so that others were written by it."""
        found = self.aside.read()
        return {} if self.folder.exists() and found.get("seal") not in (None, self.seal) else found

    @property
    def seal(self) -> str:
        """What the checkpoint is known by: a digest of its checksums."""
        return hashlib.sha256(json.dumps(read_json(self.folder / SEAL), sort_keys=True).encode()).hexdigest()

    def let_answer(self) -> None:
        """Begin to let a checkpoint answer, in a process of its own. Raises UserFacingError where it can't."""
        if not whole(self.folder):
            raise UserFacingError(f"{self.folder.name} is damaged or gone", self.run.id, "Name another checkpoint.")
        if self.run.status().get("status") in ACTIVE:
            raise UserFacingError("is still at work", self.run.id, "Ask again when it has ended.")
        if self.run.plan().evaluation.metric not in examination.WRITTEN:
            raise UserFacingError("was not judged by written answers", self.run.id, "Only those are set side by side.")
        check_idle(self.run, self.aside)
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
    there = sorted({*steps(found), *_answered(found)})
    if not step.isdecimal() or int(step) not in there:
        known = ", ".join(f"{found.id}{AT}{s}" for s in there) or "none was kept"
        raise UserFacingError(f"has no checkpoint of step {step!r}", found.id, f"There are: {known}.")
    return Side(found, int(step))


def _answered(run: Run) -> list[int]:
    """Steps whose answers are kept, though their checkpoint may have made room for others."""
    return [int(step) for f in run.folder.glob(f"answers{AT}*.json") if (step := f.stem.partition(AT)[2]).isdecimal()]


def same_test(a: Run, b: Run) -> bool:
    """Whether the sealed rows of two runs say the same; columns beside them don't count."""
    if a.id == b.id:
        return True
    both = [run.sealed for run in (a, b)]
    if not all(file.is_file() for file in both):
        return False
    one, two = both
    return one.read_bytes() == two.read_bytes() or _rows(one) == _rows(two)


def _rows(file: Path) -> list[Example]:
    return [replace(row, columns=()) for row in examples_in(file)]


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


def document(side: Side, rows: list[int], said: list[str]) -> dict[str, Any]:
    """What a checkpoint's answers are kept as."""
    return {"rows": rows, "said": {"tuned": said}, "seal": side.seal}
