"""A language model as the judge. The model is asked by another process: this room knows no provider.

The process that starts runs names it in TUNESMITH_JUDGE: a command (a JSON list) that reads JSON lines
`{id, model, rubric, prompt, reference, completion}` and answers each, in any order, with `{id, score}` or
`{id, fault}`. Its first line is `{ledger}`, the file for what it costs; it answers `{ready}` or `{fault}`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from trainer.errors import UserFacingError
from trainer.plan.methods import Reward
from trainer.rewards.answers import Answer
from trainer.rewards.helper import Helper, HelperLost, Row

COMMAND = "TUNESMITH_JUDGE"
SECONDS = 180.0
"""Longest from one answer to the next, waits that a provider asks for included."""
STARTING = 60.0
Told = Callable[[str], None]


def judge(reward: Reward, workspace: Path, told: Told) -> Callable[[Sequence[Answer]], list[float | None]]:
    """The judge's score, 0 to 1, for how well an answer meets the rubric; None where it gave none.

    Answers of a batch are judged side by side. What it costs is kept in `judge-model.jsonl` in the workspace. Raises
    UserFacingError when no judge is at hand, and when not one answer of a batch could be judged.
    """
    hello: Row = {"ledger": str(workspace / "judge-model.jsonl")}
    helper = Helper(_command(), hello, dict(os.environ), STARTING)

    def scores(answers: Sequence[Answer]) -> list[float | None]:
        faults: list[str] = []
        replies = _replies(helper, [_question(reward, answer) for answer in answers], faults)
        found = [_score(replies.get(at, {}), faults) for at in range(len(answers))]
        for fault in faults:
            told(fault)
        if answers and all(score is None for score in found):
            raise _useless(reward, faults)
        return found

    return scores


def _command() -> list[str]:
    try:
        command = json.loads(os.environ.get(COMMAND, "null"))
    except ValueError:
        command = None
    if not isinstance(command, list) or not command or not all(isinstance(part, str) for part in command):
        raise UserFacingError(
            "no judge is at hand: this run was started without the door to a language model",
            COMMAND,
            "Start it with `tunesmith train`, or choose a reward that needs no model.",
        )
    return command


def _question(reward: Reward, answer: Answer) -> Row:
    return {
        "model": reward.judge_model,
        "rubric": reward.rubric or "",
        "prompt": answer.prompt,
        "reference": answer.reference,
        "completion": answer.text,
    }


def _replies(helper: Helper, questions: list[Row], faults: list[str]) -> dict[int, Row]:
    """Answers by place; of a helper that breaks, those that came before. The next batch starts it anew."""
    try:
        return helper.ask(questions, SECONDS)
    except HelperLost as error:
        faults.append(f"the judge's process was lost: {error}")
        return error.found


def _score(reply: Row, faults: list[str]) -> float | None:
    score = reply.get("score")
    if isinstance(score, int | float) and 0 <= score <= 1:
        return float(score)
    faults += [str(reply["fault"])] if reply.get("fault") else []
    return None


def _useless(reward: Reward, faults: list[str]) -> UserFacingError:
    why = max(set(faults), key=faults.count) if faults else "it gave no score"
    return UserFacingError(
        f"the judge could score no answer of a whole batch: {why}",
        reward.judge_model or "",
        "Nothing can be learned without scores. Mend that and resume the run, or choose another reward.",
    )


def wrong(reward: Reward) -> str | None:
    """What is wrong with the judge, if anything can be told without asking it."""
    if (reward.judge_model or "").startswith("tunesmith/"):
        return f"{reward.judge_model} is no language model and can't judge; name one as LiteLLM does (ollama/qwen3)"
    return None if (reward.rubric or "").strip() else "the judge has no rubric: say what makes an answer good"
