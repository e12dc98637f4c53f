"""Rows that are judged -> token ids: two answers to compare, or one marked good or bad."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

from trainer.data.convert import Example
from trainer.data.encode import IGNORE, Encoded, encode
from trainer.data.tokenizer import ChatTokenizer

_ENDLESS = 10**9


@dataclass(frozen=True)
class Judged:
    """A prompt with a better answer and a worse one, or with one answer and what was thought of it.

    The prompt's ids end where the answers begin to differ from it, as in TRL's own preparation.
    """

    row: int
    prompt_ids: list[int]
    chosen_ids: list[int]
    """The better answer, or the only one."""
    rejected_ids: list[int]
    good: bool | None
    cut: int
    """Tokens beyond max_length, over both answers."""

    @property
    def usable(self) -> bool:
        """Whether each answer still has a token after the cut."""
        return bool(self.chosen_ids) and (self.good is not None or bool(self.rejected_ids))

    def sides(self) -> list[Encoded]:
        """Each answer after its prompt, the prompt's labels ignored."""
        answers = [self.chosen_ids] + ([] if self.good is not None else [self.rejected_ids])
        hidden = [IGNORE] * len(self.prompt_ids)
        return [Encoded(self.row, self.prompt_ids + ids, hidden + ids) for ids in answers]


def judged(example: Example, tokenizer: ChatTokenizer, max_length: int) -> Judged:
    """A preference or KTO row as ids, each answer cut at max_length together with its prompt."""
    prompt, chosen = _divided(example, tokenizer)
    rejected: list[int] = []
    if example.good is None:
        told = (*example.messages[:-1], ("assistant", example.rejected))
        other, rejected = _divided(Example(example.row, told), tokenizer)
        shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(prompt, other, strict=False)))
        chosen, rejected = prompt[shared:] + chosen, other[shared:] + rejected
        prompt = prompt[:shared]
    room = max(0, max_length - len(prompt))
    cut = max(0, len(chosen) - room) + max(0, len(rejected) - room)
    return Judged(example.row, prompt, chosen[:room], rejected[:room], example.good, cut)


def _divided(example: Example, tokenizer: ChatTokenizer) -> tuple[list[int], list[int]]:
    """Ids before the last answer, and of the answer up to its end token."""
    whole = encode(example, tokenizer, _ENDLESS)
    end = len(whole.labels)
    while end and whole.labels[end - 1] == IGNORE:
        end -= 1  # a template may write a line break after the end token
    start = end
    while start and whole.labels[start - 1] != IGNORE:
        start -= 1
    return whole.input_ids[:start], whole.input_ids[start:end]
