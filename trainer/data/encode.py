"""Examples -> token ids and labels, cut at max_length; the same code for proof and training."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from trainer.data.convert import Example
from trainer.data.tokenizer import ChatTokenizer

IGNORE = -100
"""Label of a token whose loss is not counted (PyTorch's ignore_index)."""


@dataclass(frozen=True)
class Encoded:
    """Token ids and labels of one example, equally long, and what was cut off."""

    row: int
    input_ids: list[int]
    labels: list[int]
    cut: int = 0
    """Tokens beyond max_length."""
    cut_trained: int = 0
    """Answer tokens among them."""

    @property
    def trained(self) -> int:
        """Tokens whose loss is counted."""
        return sum(label != IGNORE for label in self.labels)


def encode(example: Example, tokenizer: ChatTokenizer, max_length: int, answers_only: bool = True) -> Encoded:
    """One conversation as ids and labels."""
    ids, labels = _whole(example.messages, tokenizer, answers_only)
    kept, cut = labels[:max_length], labels[max_length:]
    return Encoded(example.row, list(ids[:max_length]), list(kept), len(cut), sum(label != IGNORE for label in cut))


def prompt(example: Example, tokenizer: ChatTokenizer, max_length: int) -> Encoded:
    """What the model is asked, up to where its answer begins; nothing of it is trained on. The end is kept."""
    turns = [{"role": r, "content": c} for r, c in example.messages[:-1]]
    ids = list(tokenizer.encode(tokenizer.prompt_text(turns)).ids)
    kept = ids[-max_length:]
    return Encoded(example.row, kept, [IGNORE] * len(kept), len(ids) - len(kept))


@lru_cache(maxsize=4096)
def _whole(
    turns: tuple[tuple[str, str], ...], tokenizer: ChatTokenizer, answers_only: bool
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Ids and labels before the cut. Kept: while a plan is revised the same rows are proved again and again."""
    messages = [{"role": r, "content": c} for r, c in turns]
    pieces = tokenizer.pieces(messages)
    encoding = tokenizer.encode("".join(text for text, _ in pieces))
    mask = _mask(pieces, encoding.offsets) if answers_only else [True] * len(encoding.ids)
    ids = list(encoding.ids)
    bos = tokenizer.id_of(tokenizer.bos)
    if tokenizer.neutral and bos is not None and ids[:1] != [bos]:
        ids, mask = [bos, *ids], [False, *mask]
    return tuple(ids), tuple(i if on else IGNORE for i, on in zip(ids, mask, strict=True))


def _mask(pieces: list[tuple[str, bool]], offsets: list[tuple[int, int]]) -> list[bool]:
    """A token is trained on when it begins in a trained piece."""
    trained = list(chain.from_iterable([on] * len(text) for text, on in pieces))
    return [trained[start] if start < len(trained) else False for start, _ in offsets]


def windows(examples: Iterable[Example], tokenizer: ChatTokenizer, max_length: int) -> Iterator[Encoded]:
    """Plain text as windows of up to max_length tokens, documents joined by EOS.

    Consecutive rows of one text share a window; `row` is the first row in it.
    """
    bos, eos = tokenizer.id_of(tokenizer.bos), tokenizer.id_of(tokenizer.eos)
    head = [bos] if bos is not None else []
    buffer: list[int] = []
    first = 0
    for example in examples:
        first = first if buffer else example.row
        buffer += tokenizer.encode(example.text).ids
        buffer += [eos] if eos is not None else []
        while len(buffer) >= max_length - len(head):
            ids, buffer = head + buffer[: max_length - len(head)], buffer[max_length - len(head) :]
            yield Encoded(first, ids, list(ids))
            first = example.row
    if len(buffer) > 8:
        ids = head + buffer
        yield Encoded(first, ids, list(ids))
