"""The blind comparison for page and command line: what stands where, the vote, what came out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from agent import evaluating
from agent.commands import store
from trainer.errors import UserFacingError
from trainer.evaluation import blind, sides
from trainer.evaluation.blind import Vote
from trainer.evaluation.preferences import preferences, words
from trainer.evaluation.sides import UNTRAINED, Side
from trainer.runs import Run

LONGEST_NAME = 40


@dataclass(frozen=True)
class Shown:
    """What a rater sees: never who wrote what."""

    number: int
    of: int
    question: str
    left: str
    right: str | None
    """None where a single answer is rated."""


def candidates(run_id: str) -> list[str]:
    """What a run can be set beside: the untrained model, its checkpoints, runs that were tested on the same rows."""
    run = store().get(run_id)
    mine = _rows(run)
    if not mine:
        return []
    others = [r.id for r in store().all() if r.id != run.id and mine & _rows(r) and sides.same_test(run, r)]
    return [UNTRAINED, *others, *(Side(run, step).name for step in sides.steps(run))]


def in_words(run_id: str, other: str) -> str:
    """A candidate as a person would say it."""
    return sides.side(store().get(run_id), other).words


def answering(run_id: str, other: str) -> Iterator[str]:
    """Let a checkpoint answer the sealed rows, where it has not: what it is at, until it is done."""
    yield from evaluating.answering(blind.against(store().get(run_id), other))


def _rows(run: Run) -> set[int]:
    try:
        return set(Side(run).answers())
    except UserFacingError:
        return set()


def comparable() -> list[str]:
    """Runs whose answers were kept, the newest first."""
    return [run.id for run in reversed(store().all()) if _rows(run)]


def rater_name(text: str) -> str:
    """A rater's name as it is kept. Raises UserFacingError for none."""
    name = " ".join(text.split())[:LONGEST_NAME]
    if not name:
        raise UserFacingError("who judges?", "rater", "Give a name: several people's votes are told apart by it.")
    return name


def next_pair(run_id: str, other: str, rater: str) -> Shown | None:
    """The first pair this rater has not judged; None at the end."""
    run = store().get(run_id)
    pairs = blind.opened(run, other)
    done = {v.pair for v in blind.votes(run, other) if v.rater == rater and v.choice}
    number = next((n for n in range(len(pairs.pairs)) if n not in done), None)
    if number is None:
        return None
    pair, left = pairs.pairs[number], blind.left_side(pairs, rater, number)
    return Shown(number, len(pairs.pairs), pair.question, pair.answers[left], pair.answers[1 - left])


def next_answer(run_id: str, other: str, rater: str) -> Shown | None:
    """The first single answer this rater has not rated; None at the end."""
    run = store().get(run_id)
    pairs = blind.opened(run, other)
    done = {(v.pair, v.left) for v in blind.votes(run, other) if v.rater == rater and v.rating}
    order = blind.items(pairs, rater)
    at = next((n for n, item in enumerate(order) if item not in done), None)
    if at is None:
        return None
    pair, side = order[at]
    return Shown(at, len(order), pairs.pairs[pair].question, pairs.pairs[pair].answers[side], None)


def choose(run_id: str, other: str, rater: str, number: int, choice: str) -> None:
    """Keep which answer of a pair is better: left, right or tie."""
    run = store().get(run_id)
    left = blind.left_side(blind.opened(run, other), rater, number)
    vote = {"rater": rater, "pair": number, "left": left, "choice": choice}
    blind.cast(run, other, Vote.model_validate(vote))


def rate(run_id: str, other: str, rater: str, number: int, rating: int) -> None:
    """Keep how good a single answer is, 1 to 5."""
    run = store().get(run_id)
    pair, side = blind.items(blind.opened(run, other), rater)[number]
    blind.cast(run, other, Vote(rater=rater, pair=pair, left=side, rating=min(5, max(1, rating))))


def take_back(run_id: str, other: str, rater: str) -> bool:
    """Forget this rater's last vote; False where there is none."""
    return blind.take_back(store().get(run_id), other, rater)


def outcome(run_id: str, other: str) -> dict[str, Any]:
    """{text, side_by_side, ...}: what everyone said, and the answers with their names, for after the judging."""
    run = store().get(run_id)
    pairs = blind.opened(run, other)
    found = preferences(pairs, blind.votes(run, other))
    rows = [{"row": p.row, "question": p.question, "answers": list(p.answers)} for p in pairs.pairs]
    told = {"text": words(pairs, found), "names": list(pairs.names), "side_by_side": rows}
    return told | found.model_dump(mode="json")
