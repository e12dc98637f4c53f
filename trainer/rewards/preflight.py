"""Before a run: what the rewards say of the rows' own answers. One that gives them nothing is likely wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trainer.errors import UserFacingError
from trainer.facts import DataFinding
from trainer.plan.methods import Reward
from trainer.rewards import code
from trainer.rewards.answers import Answer
from trainer.rewards.build import check, functions, names
from trainer.rewards.tally import Scores

MOST = 50
"""References that are tried."""
MOST_RUN = 8
"""References that are tried where each means a program or a call of a model."""
AFTER_APPROVAL = ("unit_tests", "custom", "judge")
"""Kinds that run code or ask a model: nothing of that happens before a person has approved."""
RARE = 0.1
"""Share of references without reward up to which nothing is said: rows have faults too."""
Example = tuple[str, str, Mapping[str, Any]]
"""(prompt, the row's own answer, the row's further columns; `row` among them names it)"""


def preflight(
    rewards: tuple[Reward, ...], examples: Sequence[Example], workspace: Path | None = None, approved: bool = False
) -> list[DataFinding]:
    """Findings about the rewards, from up to 50 rows' own answers. `approved` lets code run and a judge be asked."""
    found: list[DataFinding] = []
    for reward, name in zip(rewards, names(rewards), strict=True):
        if said := check(reward):
            found.append(_finding("reward_faulty", "blocker", 1, (), f"The reward {name} can't be used: {said}."))
        elif examples and reward.kind in AFTER_APPROVAL and not approved:
            found += _tests(name, _answers(examples, MOST)) if reward.kind == "unit_tests" else []
        elif examples:
            found += _tried(reward, name, _answers(examples, _most(reward)), workspace or Path.cwd())
    return found


def _most(reward: Reward) -> int:
    return MOST_RUN if reward.kind in AFTER_APPROVAL else MOST


def _answers(examples: Sequence[Example], most: int) -> list[Answer]:
    """Rows spread over all of them, with their own answer as the one to be scored."""
    step = max(1, len(examples) // most)
    return [
        Answer(reference, prompt, reference, columns.get("row"), {k: v for k, v in columns.items() if k != "row"})
        for prompt, reference, columns in list(examples)[::step][:most]
    ]


def _tried(reward: Reward, name: str, answers: list[Answer], workspace: Path) -> list[DataFinding]:
    try:
        scores = _scores(reward, answers, workspace)
    except UserFacingError as error:
        return [_finding("reward_faulty", "blocker", 1, (), f"The reward {name} can't be used: {error.sentence()}")]
    return [*_unjudged(name, answers, scores), *_worthless(name, answers, scores)]


def _scores(reward: Reward, answers: list[Answer], workspace: Path) -> Scores:
    """Scores of the references. Where the reference is the tests, there is no code to try."""
    if reward.kind == "unit_tests":
        answers = [a for a in answers if any(a.columns.get(c) for c in code.COLUMNS)]
    columns = {name: [a.columns.get(name) for a in answers] for name in {n for a in answers for n in a.columns}}
    (function,) = functions((reward,), workspace)
    texts, prompts = [a.text for a in answers], [a.prompt for a in answers]
    return function(texts, prompts, reference=texts, row=[a.row for a in answers], **columns) if answers else []


def _tests(name: str, answers: list[Answer]) -> list[DataFinding]:
    """Rows whose tests could never score anything, found by reading them."""
    faults = [(a, said) for a in answers if (said := code.fault(code.tests_of(a), code.entry(a)))]
    if not faults:
        return []
    severity = "blocker" if len(faults) == len(answers) else "warn"
    advice = f"{_of(faults, answers)} have no tests that the reward {name} can run: {faults[0][1]}. {_NO_TESTS}"
    return [_finding("reward_unjudged", severity, len(faults), _rows([a for a, _ in faults]), advice)]


_NO_TESTS = "Put asserts or test functions into a column called tests."


def _unjudged(name: str, answers: list[Answer], scores: Scores) -> list[DataFinding]:
    """Answers that a reward has nothing to compare with."""
    rows = [a for a, score in zip(answers, scores, strict=False) if score is None]
    if len(rows) <= RARE * len(scores):
        return []
    advice = (
        f"The reward {name} can't judge {_of(rows, answers)}: {_LACKS.get(name.rpartition('_')[0] or name, _ELSE)}."
    )
    severity = "blocker" if len(rows) == len(scores) else "warn"
    return [_finding("reward_unjudged", severity, len(rows), _rows(rows), advice)]


_ELSE = "it gave no score for their own answer"
_LACKS = {
    "exact": "they have no answer of their own to compare with",
    "number": "their own answer holds no number to compare with",
    "unit": "they have no tests that it can run",
}


def _worthless(name: str, answers: list[Answer], scores: Scores) -> list[DataFinding]:
    rows = [a for a, score in zip(answers, scores, strict=False) if score is not None and score <= 0]
    if len(rows) <= RARE * len(scores):
        return []
    advice = (
        f"The reward {name} gives nothing to {_of(rows, answers)} when it scores their own answer. The reward or the "
        "answers are likely wrong; it is right only where written answers shall look different from those."
    )
    return [_finding("reward_refuses_reference", "warn", len(rows), _rows(rows), advice)]


def _of(rows: Sequence[Any], answers: Sequence[Any]) -> str:
    return f"{len(rows)} of {len(answers)} rows tried"


def _rows(answers: Sequence[Answer]) -> tuple[int, ...]:
    return tuple(a.row for a in answers if a.row is not None)[:10]


def _finding(rule: str, severity: Any, count: int, rows: tuple[int, ...], advice: str) -> DataFinding:
    why = "The model learns whatever the reward pays for, and nothing where it pays nothing."
    return DataFinding(rule=rule, severity=severity, count=count, rows=rows, advice=advice, why=why)
