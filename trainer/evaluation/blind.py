"""Two ways of answering set side by side for people or a judge, who don't know which is which.

A comparison lies in the run's folder: `blind/NAME.json` holds the pairs, `blind/NAME.votes.jsonl` what was said.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from trainer.data.stored import examples_in
from trainer.errors import UserFacingError
from trainer.evaluation.sides import AT, UNTRAINED, Side, check_same, shared, side
from trainer.records import append, read_from, read_json, write_atomic
from trainer.runs import Run

MOST = 50
"""Pairs of a comparison: more than a person does in one sitting."""
Choice = Literal["left", "right", "tie"]


class Pair(BaseModel):
    """One question with two answers: the run's own, then the other's."""

    model_config = ConfigDict(frozen=True)

    row: int
    question: str
    reference: str
    answers: tuple[str, str]


class Blind(BaseModel):
    """A comparison: who answers, and the pairs."""

    model_config = ConfigDict(frozen=True)

    run: str
    other: str
    """`base`, another run, or a checkpoint (`run-1@30`)."""
    same: int
    """Rows that were left out because both answered alike."""
    pairs: tuple[Pair, ...]

    @property
    def names(self) -> tuple[str, str]:
        """Both in words."""
        told, at, step = self.other.partition(AT)
        other = "the untrained model" if self.other == UNTRAINED else f"{told} at step {step}" if at else told
        return (self.run, other)


class Vote(BaseModel):
    """What one rater said of one pair, or of one answer."""

    model_config = ConfigDict(frozen=True)

    rater: str
    pair: int
    left: int
    """Which answer stood left: 0 the run's, 1 the other's. Of a rating: which answer was rated."""
    choice: Choice | None = None
    rating: int | None = None
    """1 to 5, of a single answer."""
    both_orders: bool = False
    """Whether it was asked with the answers in either place: then no side can be favoured by it."""

    @property
    def score(self) -> float:
        """1: the run's answer is better; 0: the other's; 0.5: a tie."""
        if self.choice == "tie" or self.choice is None:
            return 0.5
        return 1.0 if (self.choice == "left") == (self.left == 0) else 0.0


def opened(run: Run, other: str = UNTRAINED) -> Blind:
    """The comparison of a run's answers with another's on the same sealed rows, made where it is not there yet.

    Raises UserFacingError where the answers were not kept, or none differ.
    """
    them = against(run, other)
    other, path = them.name, run.folder / "blind" / f"{them.key}.json"
    if path.is_file():
        return Blind.model_validate(read_json(path))
    rows = {row.row: row for row in examples_in(run.sealed)}
    both = [(row, *said) for row, said in shared(Side(run), them).items()]
    unlike = [(r, a, b) for r, a, b in both if a.strip() != b.strip() and r in rows]
    if not unlike:
        why = "were not asked the same rows" if not both else "answered every row alike"
        raise UserFacingError(f"{run.id} and {other} {why}", "", "There is nothing to choose between.")
    picked = random.Random(run.id + other).sample(unlike, min(MOST, len(unlike)))
    pairs = tuple(Pair(row=r, question=rows[r].prompt, reference=rows[r].answer, answers=(a, b)) for r, a, b in picked)
    made = Blind(run=run.id, other=other, same=len(both) - len(unlike), pairs=pairs)
    path.parent.mkdir(exist_ok=True)
    run.event("holdout_read", by="blind comparison")
    write_atomic(path, made.model_dump(mode="json"))
    return made


def against(run: Run, other: str) -> Side:
    """Who the run is set beside, tested on the very same rows. Raises UserFacingError for anything else."""
    found = side(run, other)
    check_same(Side(run), found)
    return found


def left_side(blind: Blind, rater: str, pair: int) -> int:
    """Which answer stands left for this rater: by lot, the same whenever the page is opened again."""
    digest = hashlib.sha256(f"{blind.run} {blind.other} {rater} {pair}".encode()).digest()
    return digest[0] % 2


def items(blind: Blind, rater: str) -> list[tuple[int, int]]:
    """(pair, side) of all single answers, in an order of this rater's own: what is rated on a scale."""
    all_of_them = [(pair, side) for pair in range(len(blind.pairs)) for side in (0, 1)]
    random.Random(f"{blind.run} {blind.other} {rater}").shuffle(all_of_them)
    return all_of_them


def cast(run: Run, other: str, vote: Vote) -> None:
    """Keep a vote; a later one of the same rater on the same thing takes its place."""
    append(_votes_file(run, other), vote.model_dump(mode="json") | {"at": time.time()})


def _votes_file(run: Run, other: str) -> Path:
    return run.folder / "blind" / f"{against(run, other).key}.votes.jsonl"


def votes(run: Run, other: str = UNTRAINED) -> list[Vote]:
    """The last vote of each rater on each pair and each answer, without those that were taken back."""
    last: dict[tuple[Any, ...], Vote] = {}
    for row in read_from(_votes_file(run, other))[0]:
        vote = Vote.model_validate({k: v for k, v in row.items() if k not in ("at", "taken_back")})
        last.pop(_thing(vote), None)
        if not row.get("taken_back"):
            last[_thing(vote)] = vote
    return list(last.values())


def take_back(run: Run, other: str, rater: str) -> bool:
    """Take a rater's last vote back; False where there is none."""
    mine = [v for v in votes(run, other) if v.rater == rater]
    if mine:
        row = mine[-1].model_dump(mode="json") | {"at": time.time(), "taken_back": True}
        append(_votes_file(run, other), row)
    return bool(mine)


def _thing(vote: Vote) -> tuple[Any, ...]:
    """What a vote is about."""
    return vote.rater, vote.pair, None if vote.choice else vote.left


def preferred(blind: Blind, said: Sequence[Vote]) -> list[dict[str, str]]:
    """Preference rows of the pairs where one answer won: {prompt, chosen, rejected}."""
    out = []
    for number, pair in enumerate(blind.pairs):
        scores = [v.score for v in said if v.pair == number and v.choice]
        mean = sum(scores) / len(scores) if scores else 0.5
        if mean != 0.5:
            better = 0 if mean > 0.5 else 1
            out.append({"prompt": pair.question, "chosen": pair.answers[better], "rejected": pair.answers[1 - better]})
    return out
