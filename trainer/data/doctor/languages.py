"""Which languages the rows are in, and how well the model's vocabulary fits them."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from functools import cache
from typing import Any

from trainer.data.doctor.batch import Batch
from trainer.data.doctor.diagnosis import Found
from trainer.data.tokenizer import ChatTokenizer

KNOWN = (
    "ar bg bn ca cs da de el en es et fa fi fr gu he hi hr hu id it ja ko lt lv mk ml mr ms nl no pa pl pt ro ru sk sl "
    "sq sr sv sw ta te th tl tr uk ur vi zh"
)
"""Languages that are told apart; rarer ones would only add false alarms."""
ALL_UP_TO = 10_000
MANY = 4_000
"""Every row's language is looked at in files of up to ALL_UP_TO rows, about MANY spread rows of longer ones."""
SURE = 0.9
"""Probability from which a language is believed."""
SHORTEST = 20
SHORTEST_WIDE = 6
"""Letters from which a text's language can be told; fewer where the script itself tells much."""
_WIDE = re.compile("[\u0370-\u1cff\u3040-\ud7af]")
LOOKED_AT = 240
"""Characters of a text that are looked at."""
ENGLISH = (
    "I wanted to ask whether my order has already been sent, because the page still shows that it is being prepared. "
    "You can change the delivery address in your account until the parcel has left our warehouse."
)
"""Ordinary English: how many tokens a word of it needs is the measure for other languages."""
POOR_FIT = 1.6
"""Times English tokens per letter from which a vocabulary fits badly."""


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    found = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    found.set_languages(KNOWN.split())
    return found


def language_of(text: str) -> str:
    """ISO 639-1 code of a text's language; '' where it can't be told."""
    text = text[:LOOKED_AT]
    letters = sum(map(str.isalpha, text))
    if letters < (SHORTEST_WIDE if _WIDE.search(text) else SHORTEST) or letters < 0.4 * len(text):
        return ""
    code, sure = _identifier().classify(text)
    return str(code) if sure >= SURE else ""


class Languages:
    """The mix of languages, and the rows of the minority ones."""

    def __init__(self, tokenizer: ChatTokenizer | None, rows: int) -> None:
        self._every = 1 if rows <= ALL_UP_TO else -(-rows // MANY)
        self._tokenizer = tokenizer
        self._sides: tuple[dict[str, array[int]], ...] = ({}, {})
        self._texts: list[str] = []

    @property
    def counts(self) -> Counter[str]:
        """Language -> rows, by what is said; by what is asked where no answer tells."""
        asked, said = self._sides
        return Counter({code: len(rows) for code, rows in (said or asked).items()})

    def see(self, batch: Batch) -> None:
        """Every n-th row: what is asked and what is said, each by itself."""
        asked, said = self._sides
        for number, text, prompt, answer in zip(batch.numbers, batch.learned, *_spoken(batch), strict=True):
            if number % self._every or not text:
                continue
            for side, part in ((asked, prompt), (said, answer)):
                if code := language_of(part):
                    side.setdefault(code, array("Q")).append(number)
            if len(self._texts) < 200:
                self._texts.append(text[:2000])

    def found(self) -> list[Found]:
        """Rows in another language than most, and a vocabulary that cuts words to pieces."""
        out, counts = [], self.counts
        rows = sorted({r for side in self._sides for r in _others(side)})
        if rows:
            main = counts.most_common(1)[0][0]
            mix = ", ".join(f"{code} {100 * n / counts.total():.1f} %" for code, n in counts.most_common(6))
            part = f" (every {self._every}th row was looked at)" if self._every > 1 else ""
            out.append(Found("mixed_languages", len(rows), rows, {"main": main, "mix": mix, "part": part}))
        fit = self._fit()
        if fit >= POOR_FIT:
            out.append(Found("vocabulary_fit", len(self._texts), (), {"times": f"{fit:.1f}", "model": self._name}))
        return out

    @property
    def _name(self) -> str:
        return self._tokenizer.name if self._tokenizer else ""

    def _fit(self) -> float:
        """Tokens per letter of these rows over tokens per letter of English."""
        main = next(iter(self.counts.most_common(1)), ("en", 0))[0]
        if self._tokenizer is None or not self._texts or main == "en":
            return 0.0
        text = "\n".join(self._texts[:100])
        return _per_letter(text, self._tokenizer) / _per_letter(ENGLISH, self._tokenizer)


def _spoken(batch: Batch) -> tuple[list[str], list[str]]:
    """(what is asked, what is said) in every row; a label says nothing."""
    if not batch.examples or batch.shape.format == "text":
        return batch.learned, [""] * len(batch.rows)
    answers = [""] * len(batch.rows) if batch.shape.format == "text_label" else batch.answers
    return [e.prompt for e in batch.examples], answers


def _others(side: dict[str, array[int]]) -> list[int]:
    """Rows of all languages but the most frequent one."""
    main = max(side, key=lambda code: len(side[code]), default="")
    return [row for code, rows in side.items() if code != main for row in rows]


def _per_letter(text: str, tokenizer: ChatTokenizer) -> float:
    return len(tokenizer.encode(text).ids) / max(1, sum(map(str.isalnum, text)))
