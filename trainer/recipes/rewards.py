"""What scores written answers (grpo, rloo): from the wishes, or from what the answers in the data are."""

from __future__ import annotations

from typing import Any

from trainer.errors import UserFacingError
from trainer.reasons import Reason
from trainer.recipes.draft import Draft

_PARTS = {
    "regex": {"pattern": "reward_pattern"},
    "json_schema": {"json_schema": "reward_schema"},
    "custom": {"file": "reward_file"},
    "judge": {"judge_model": "judge_model", "rubric": "rubric"},
    "length": {"min_length": "reward_min_length", "max_length": "reward_max_length"},
}
"""Kind -> its field -> the wish that fills it."""
_LACKING = {
    "regex": ("needs the pattern that a good answer matches", "Say for instance: reward_pattern '\\d{4}'."),
    "json_schema": ("needs the schema that a good answer fits", "Give reward_schema, a JSON schema."),
    "custom": ("needs your Python file with def reward(completion, **columns)", "Give reward_file, its path."),
    "judge": ("needs the model that judges", "Give judge_model as LiteLLM names it, for instance ollama/llama3.1."),
    "length": ("needs a shortest or a longest length in characters", "Give reward_min_length or reward_max_length."),
}
_ONE_OF = {"length"}
"""Kinds that need one of their parts; the others need the first."""


def rewards(draft: Draft) -> list[dict[str, Any]]:
    """One entry a reward. Raises UserFacingError with a question when none was named and none follows."""
    wished = draft.said("reward") or _implied(draft)
    if not wished:
        kind, why = _from_data(draft)
        draft.fixed("rewards", kind, Reason(origin="data", why=why))
        return [{"kind": kind}]
    made = [_one(draft, kind) for kind in dict.fromkeys(wished)]
    draft.fixed("rewards", made, Reason(origin="user", why="you said so"))
    return made


def _implied(draft: Draft) -> list[str]:
    """Kinds whose parts were given without naming them."""
    return [kind for kind, parts in _PARTS.items() if any(draft.said(wish) is not None for wish in parts.values())]


def _one(draft: Draft, kind: str) -> dict[str, Any]:
    parts = {field: draft.said(wish) for field, wish in _PARTS.get(kind, {}).items()}
    given = [value for value in parts.values() if value is not None]
    first = next(iter(parts.values()), "")
    if kind in _LACKING and (not given if kind in _ONE_OF else first is None):
        problem, fix = _LACKING[kind]
        raise UserFacingError(f"the reward {kind} {problem}", "", fix)
    if kind == "custom":
        parts["file"] = draft.facts.beside.paths.get("reward_file", str(first))
        parts["fingerprint"] = draft.facts.beside.fingerprints.get("reward_file")
    if kind == "unit_tests":
        _with_tests(draft)
    return {"kind": kind} | {field: value for field, value in parts.items() if value is not None}


def _with_tests(draft: Draft) -> None:
    names = [column.name for column in draft.facts.data.columns]
    if "tests" not in names:
        raise UserFacingError(
            "the reward unit_tests needs a column tests that holds each row's own tests",
            draft.facts.data.path,
            f"The columns are {', '.join(names)}. Rename the one with the tests to tests, or choose another reward.",
        )


def _from_data(draft: Draft) -> tuple[str, str]:
    if draft.format == "text_label":
        return "exact_match", "the rows have labels: an answer is right when it is the label"
    if draft.facts.beside.answers == "number":
        return "number", "the answers are numbers: an answer is right when its last number is the same"
    raise UserFacingError(
        "what makes a written answer good? Your rows don't say it",
        draft.facts.data.path,
        "Name a reward: exact_match, number, regex, json_valid, json_schema, length, unit_tests, judge, or custom "
        "(your own Python file).",
    )
