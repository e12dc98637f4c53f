"""The text the built-in model is pretrained on: all of it made here, from a seed.

A document is either plain text or a chat. `documents` never ends; the same seed gives the same
documents in the same order. Nothing heavy is imported.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Literal

from trainer.builtin.grammar import Grammar, load
from trainer.builtin.tasks import Tasks
from trainer.builtin.world import World

START, END, PAD = "<|start|>", "<|end|>", "<|pad|>"
ROLE_TOKENS = {"system": "<|system|>", "user": "<|user|>", "assistant": "<|assistant|>"}
FILES = ("words", "everyday", "issues", "phrases", "objects", "instructions")

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True)
class Turn:
    """One message of a chat."""

    role: Role
    content: str


@dataclass(frozen=True)
class Document:
    """Plain `text`, or a chat of `turns` (then `text` is empty)."""

    text: str = ""
    turns: tuple[Turn, ...] = ()

    def render(self) -> str:
        """The text the tokenizer sees, special tokens included; equals the chat template's."""
        if not self.turns:
            return f"{START}{self.text}{END}"
        said = (f"{ROLE_TOKENS[turn.role]}\n{turn.content}{END}\n" for turn in self.turns)
        return START + "".join(said)

    def parts(self) -> list[str]:
        """The texts without special tokens."""
        return [turn.content for turn in self.turns] or [self.text]


def documents(seed: int) -> Iterator[Document]:
    """Endless documents of one seed, about half of them chats (two fifths of the text)."""
    rng = Random(seed)
    writer = _Writer(load(FILES))
    while True:
        yield writer.chat(rng) if rng.random() < 0.52 else writer.plain(rng)


def take(seed: int, count: int) -> list[Document]:
    """The first `count` documents of a seed."""
    return list(islice(documents(seed), count))


class _Writer:
    def __init__(self, grammar: Grammar):
        self.grammar = grammar
        self.world = World(grammar)
        self.tasks = Tasks(grammar, self.world)

    def plain(self, rng: Random) -> Document:
        draw = rng.random()
        if draw < 0.2:
            text = self._several("story", rng, 1 + int(rng.random() * 2), "\n")
        elif draw < 0.35:
            text = self._several("sentence", rng, 3 + int(rng.random() * 4), " ")
        elif draw < 0.42:
            text = self._several("note", rng, 1, "")
        elif draw < 0.52:
            text = self._several("meaning", rng, 3, " ")
        elif draw < 0.58:
            text = self.world.page(rng)
        else:
            text = self.tasks.paraphrases(rng)
        return Document(text=text)

    def chat(self, rng: Random) -> Document:
        turns: list[Turn] = []
        if rng.random() < 0.25:
            turns.append(Turn("system", self.grammar.expand("system", rng)))
        for _ in range(1 if rng.random() < 0.8 else 2):
            question, answer = self.tasks.exchange(rng)
            turns += [Turn("user", question), Turn("assistant", answer)]
        return Document(turns=tuple(turns))

    def _several(self, rule: str, rng: Random, count: int, between: str) -> str:
        return between.join(self.grammar.expand(rule, rng) for _ in range(count))
