"""The answer is as long as was asked."""

from __future__ import annotations

from collections.abc import Callable

from trainer.plan.methods import Reward
from trainer.rewards.answers import Answer


def length(reward: Reward) -> Callable[[Answer], float | None]:
    """1 within min_length and max_length characters, both included; falls in a straight line to 0 at half and double.

    Counted are the characters of the whole answer, thoughts too: what is written has to be paid for.
    """
    low, high = reward.min_length or 0, reward.max_length

    def score(answer: Answer) -> float | None:
        count = len(answer.text)
        if count < low:
            return max(0.0, (2 * count - low) / low)
        if high is not None and count > high:
            return max(0.0, (2 * high - count) / high)
        return 1.0

    return score


def wrong(reward: Reward) -> str | None:
    """What is wrong with the bounds, if anything."""
    if reward.max_length is not None and (reward.min_length or 0) > reward.max_length:
        return f"min_length {reward.min_length} is above max_length {reward.max_length}"
    return None
