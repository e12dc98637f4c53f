"""What a person asks for when they want more rows."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

How = Literal["noise", "rare_classes", "paraphrase", "self_instruct", "back_translation", "answers"]
WRITTEN = ("paraphrase", "self_instruct", "back_translation", "answers")
"""Ways that only a language model can do; rare classes can be filled either way."""
MOST = 100_000
"""New rows of one request."""
PURPOSES = {
    "noise": "varied by rules (typing errors, politeness, synonyms, word order)",
    "rare_classes": "for the rarer classes",
    "paraphrase": "the same questions in other words",
    "self_instruct": "new questions and answers of the same kind",
    "back_translation": "the same questions, translated there and back",
    "answers": "answers to unanswered questions, in the style of the answered ones",
}


class Limits(BaseModel):
    """Where the asking of a model ends, whatever is still missing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    calls: int = Field(ge=1)
    tokens: int = Field(ge=1)
    usd: float | None = Field(default=None, ge=0)
    """None where the price is not known: then calls and tokens are the limit."""


class Request(BaseModel):
    """How many rows, made how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    how: How = "noise"
    by_model: bool = False
    """Whether a language model writes them."""
    rows: int = Field(default=100, ge=1, le=MOST)
    fill_to: int | None = Field(default=None, ge=1, le=MOST)
    """For rare classes: until each has so many rows; `rows` is then the most in all."""
    ways: tuple[str, ...] = ()
    """Which rules (names of `plain.NOISES`); all that the language allows where none is named."""
    judge: bool = False
    """Whether the model scores each new row in a second call; those below 4 of 5 are set aside."""
    seed: int = 42
