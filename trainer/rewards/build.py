"""Rewards of a plan -> functions as TRL calls them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from trainer.plan.methods import Reward
from trainer.rewards import custom as customs
from trainer.rewards import judge as judges
from trainer.rewards import length as lengths
from trainer.rewards import pattern as patterns
from trainer.rewards import structure
from trainer.rewards.answers import ASKED, Answer, answers
from trainer.rewards.code import unit_tests
from trainer.rewards.exact_match import exact_match
from trainer.rewards.number import number
from trainer.rewards.tally import Note, Scores, Tally

Scorer = Callable[[Sequence[Answer]], Scores]
RewardFunction = Callable[..., Scores]
_CHECKS: dict[str, Callable[[Reward], str | None]] = {
    "regex": patterns.wrong,
    "json_schema": structure.wrong,
    "length": lengths.wrong,
    "custom": customs.wrong,
    "judge": judges.wrong,
}


def functions(rewards: tuple[Reward, ...], workspace: Path, note: Note | None = None) -> list[RewardFunction]:
    """One function a reward, `f(prompts, completions, **columns) -> list[float | None]`, named by its kind.

    None means that an answer could not be judged by that reward; TRL leaves it out. `note` is given rows for the run's
    record: one a batch (`event: rewards`), `reward_failing` and `rewards_constant` once each. `workspace` is the folder
    for what a judge costs. Raises UserFacingError when a custom file is not the approved one or no judge is at hand.
    """
    named = names(rewards)
    tally = Tally(named, weights(rewards), note)
    return [_function(name, _scorer(r, name, workspace, tally), tally) for r, name in zip(rewards, named, strict=True)]


def weights(rewards: tuple[Reward, ...]) -> list[float]:
    """Weights in the order of the functions, for TRL's reward_weights."""
    return [reward.weight for reward in rewards]


def names(rewards: tuple[Reward, ...]) -> list[str]:
    """The kind of each reward; from the second of a kind on with its number: regex, regex_2."""
    seen: Counter[str] = Counter()
    found = []
    for reward in rewards:
        seen[reward.kind] += 1
        found.append(reward.kind if seen[reward.kind] == 1 else f"{reward.kind}_{seen[reward.kind]}")
    return found


def check(reward: Reward) -> str | None:
    """What is wrong with a reward, in words; None where nothing is. No code of a person or a row is run."""
    wrong = _CHECKS.get(reward.kind)
    return wrong(reward) if wrong else None


def _function(name: str, scorer: Scorer, tally: Tally) -> RewardFunction:
    def function(completions: list[Any], prompts: list[Any] | None = None, **columns: Any) -> Scores:
        # in training prompts come rendered, with control tokens; rewards see what a person would
        given = answers(completions, columns.pop(ASKED, None) or prompts or [], columns)
        scores = scorer(given)
        tally.add(name, given, scores)
        return scores

    function.__name__ = name
    return function


def _scorer(reward: Reward, name: str, workspace: Path, tally: Tally) -> Scorer:
    def told(why: str) -> None:
        tally.failed(name, why)

    if reward.kind == "custom":
        return customs.custom(reward, told)
    if reward.kind == "judge":
        return judges.judge(reward, workspace, told)
    return unit_tests if reward.kind == "unit_tests" else _each(_single(reward))


def _single(reward: Reward) -> Callable[[Answer], float | None]:
    """The rewards that look at one answer at a time and need nothing else."""
    if reward.kind == "regex":
        return patterns.pattern(reward)
    if reward.kind == "json_schema":
        return structure.json_schema(reward)
    if reward.kind == "length":
        return lengths.length(reward)
    plain = {"exact_match": exact_match, "number": number, "json_valid": structure.json_valid}
    return plain[reward.kind]


def _each(score: Callable[[Answer], float | None]) -> Scorer:
    return lambda given: [score(answer) for answer in given]
