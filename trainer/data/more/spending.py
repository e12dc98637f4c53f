"""What the asking of a language model may cost: ranges with their basis before, a hard stop while it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from trainer.data.more.request import Limits
from trainer.estimates import Range

CHARACTERS_A_TOKEN = (3.0, 4.8)
"""From texts full of names and numbers, or in another language than English, to plain English prose."""
LONGEST_ANSWER = 2000
"""Tokens of one answer at most."""
HEADROOM = 1.5
"""Times the high estimate at which asking stops."""


class Price(BaseModel):
    """What a model costs, in dollars a token."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    read: float | None = None
    """A token it is sent; None where the price is not known."""
    written: float | None = None
    local: bool = False
    """Whether it runs on a machine of the person's own."""

    def usd(self, tokens_in: float, tokens_out: float) -> float | None:
        """Dollars; None when not known. A model of one's own costs none."""
        if self.local:
            return 0.0
        if self.read is None or self.written is None:
            return None
        return tokens_in * self.read + tokens_out * self.written


@dataclass(frozen=True)
class Cost:
    """What was used so far."""

    calls: int = 0
    tokens: int = 0
    usd: float | None = 0.0
    """None where a call's price is not known."""


class Stopped(Exception):
    """No more calls: a limit is reached, or the model can't be asked. The text is for a person."""


class Writer(Protocol):
    """The language model that a person chose, reached through the agent's door."""

    model: str

    @property
    def price(self) -> Price:
        """What it costs."""
        ...

    @property
    def cost(self) -> Cost:
        """What this job has used so far, also before a restart."""
        ...

    def write(self, prompt: str) -> str:
        """The model's answer. Raises Stopped."""
        ...


class Spending(BaseModel):
    """The estimate that is shown before anything is sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    calls: Range
    tokens_in: Range
    tokens_out: Range
    cost: Range


def spending(calls: tuple[int, int], prompt: int, answer: int, price: Price) -> Spending:
    """For so many calls with prompts and answers of so many characters."""
    low, high = calls
    few, many = 1 / CHARACTERS_A_TOKEN[1], 1 / CHARACTERS_A_TOKEN[0]
    why = f"{prompt:,} characters sent and about {answer:,} written a call, 3 to 4.8 characters a token"
    tokens_in = _tokens(low * prompt * few, high * prompt * many, why)
    tokens_out = _tokens(low * answer * few, high * min(answer * many, LONGEST_ANSWER), why)
    counted = Range(low=low, high=high, unit="calls", basis="formula", why="up to the high end if many are thrown away")
    return Spending(calls=counted, tokens_in=tokens_in, tokens_out=tokens_out, cost=_cost(tokens_in, tokens_out, price))


def _tokens(low: float, high: float, why: str) -> Range:
    return Range(low=round(low), high=round(high), unit="tokens", basis="formula", why=why)


def _cost(tokens_in: Range, tokens_out: Range, price: Price) -> Range:
    low = price.usd(tokens_in.low or 0, tokens_out.low or 0)
    high = price.usd(tokens_in.high or 0, tokens_out.high or 0)
    if low is None or high is None:
        why = "LiteLLM's table has no price for this model"
        return Range(low=None, high=None, unit="USD", basis="unknown", why=why)
    why = "this machine" if price.local else "tokens times the prices in LiteLLM's table"
    return Range(low=round(low, 4), high=round(high, 4), unit="USD", basis="formula", why=why)


def limits(expected: Spending, price: Price, most_usd: float | None = None) -> Limits:
    """Where asking stops: above the high estimate, or at the dollars a person named."""
    tokens = HEADROOM * ((expected.tokens_in.high or 0) + (expected.tokens_out.high or 0)) + LONGEST_ANSWER
    usd = None if expected.cost.high is None else HEADROOM * expected.cost.high + (price.usd(0, LONGEST_ANSWER) or 0)
    if most_usd is not None:
        usd = most_usd if usd is None else min(usd, most_usd)
    return Limits(calls=int(expected.calls.high or 1), tokens=round(tokens), usd=None if usd is None else round(usd, 4))


class Budgeted:
    """A writer that stops before a call that might pass a limit."""

    def __init__(self, writer: Writer, most: Limits) -> None:
        self.writer, self.most = writer, most

    def write(self, prompt: str) -> str:
        """The model's answer. Raises Stopped."""
        spent = self.writer.cost
        read = len(prompt) / CHARACTERS_A_TOKEN[0]
        if spent.calls >= self.most.calls:
            raise Stopped(f"the limit of {self.most.calls:,} calls is reached")
        if spent.tokens + read + LONGEST_ANSWER > self.most.tokens:
            raise Stopped(f"the limit of {self.most.tokens:,} tokens would be passed by the next call")
        next_usd = self.writer.price.usd(read, LONGEST_ANSWER)
        if self.most.usd is not None and (next_usd is None or (spent.usd or 0.0) + next_usd > self.most.usd):
            raise Stopped(f"the limit of ${self.most.usd:.2f} could be passed by the next call")
        return self.writer.write(prompt)
