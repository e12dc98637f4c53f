"""What is unusual about a row beside the other rows of its file, in words that follow "row 12 is suspected:"."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz, process

from trainer.data.convert import Example
from trainer.data.doctor.languages import language_of

BLOCK = re.compile(r"[^\s]{80,}")
"""Characters without a space, longer than any word."""
LINK = re.compile(r"^[<(\[]*https?://")
FAR = 4.0
"""Robust deviations of the logarithm of a length."""
LONG = 4.0
"""Times the middle length, at the least."""
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffd]")
MAIN = 0.8
"""Share of the rows whose language can be told that speak the main one, for another to be odd."""
ALIKE, NEIGHBOURS = 80.0, 5
"""Likeness of two prompts (rapidfuzz's ratio, 0 to 100) to be compared by their answers."""


DAMAGED, FOREIGN, DOUBTED = 20.0, 20.0, 6.0
"""What encoded data, another language, and another answer than like rows have are worth, in deviations of surprise:
the first two are seldom meant; rows that disagree with others often are."""
DOUBLINGS = 4.0
"""What each doubling of the length beyond the middle one is worth."""


@dataclass(frozen=True)
class Odd:
    """One thing that is odd about a row, and how much suspicion it is worth beside the row's surprise."""

    words: str
    weight: float = DOUBTED


def oddities(rows: Sequence[Example]) -> dict[int, tuple[Odd, ...]]:
    """Row number -> what is odd about it; rows without anything odd are absent."""
    found: defaultdict[int, list[Odd]] = defaultdict(list)
    for part in (_lengths, _blocks, _languages, _contradictions):
        for row, odd in part(rows).items():
            found[row].append(odd)
    return {row: tuple(odd) for row, odd in found.items()}


def _text(row: Example) -> str:
    return "\n".join([content for _, content in row.messages] or [row.text])


def _lengths(rows: Sequence[Example]) -> dict[int, Odd]:
    """Rows many times longer than the others."""
    sizes = np.array([max(1, len(_text(row))) for row in rows], dtype=float)
    if len(sizes) < 8:
        return {}
    logs, middle = np.log(sizes), float(np.median(sizes))
    spread = max(0.1, 1.4826 * float(np.median(np.abs(logs - np.log(middle)))))
    far = (logs - np.log(middle)) / spread
    return {
        row.row: Odd(f"{size / middle:.0f} times as long as the middle row", DOUBLINGS * float(np.log2(size / middle)))
        for row, size, away in zip(rows, sizes, far, strict=True)
        if away > FAR and size > LONG * middle
    }


def _blocks(rows: Sequence[Example]) -> dict[int, Odd]:
    """Encoded data, control characters."""
    out = {}
    for row in rows:
        text = _text(row)
        longest = max((len(m[0]) for m in BLOCK.finditer(text) if not LINK.match(m[0])), default=0)
        if longest and re.search(r"[A-Za-z0-9]{40}", text):
            out[row.row] = Odd(f"a block of {longest:,} characters without a space", DAMAGED)
        elif len(CONTROL.findall(text)) > 2:
            out[row.row] = Odd(f"{len(CONTROL.findall(text))} characters that can't be shown", DAMAGED)
    return out


def _languages(rows: Sequence[Example]) -> dict[int, Odd]:
    """Rows in another language than nearly all others."""
    told = {row.row: code for row in rows if (code := language_of(row.answer) or language_of(_text(row)))}
    counts = Counter(told.values())
    if not counts:
        return {}
    main, most = counts.most_common(1)[0]
    if most < MAIN * counts.total():
        return {}
    foreign = {row: code for row, code in told.items() if code != main}
    return {row: Odd(f"in another language ({code}) than most rows ({main})", FOREIGN) for row, code in foreign.items()}


def _contradictions(rows: Sequence[Example]) -> dict[int, Odd]:
    """Rows whose very question is answered otherwise more often elsewhere."""
    asked: defaultdict[str, list[Example]] = defaultdict(list)
    for row in rows:
        if row.messages:
            asked["\x1f".join(content for _, content in row.messages[:-1]).casefold().strip()].append(row)
    out = {}
    for group in asked.values():
        answers = Counter(row.answer.casefold().strip() for row in group)
        if len(answers) < 2:
            continue
        most = answers.most_common(1)[0][1]
        for row in group:
            if answers[row.answer.casefold().strip()] < most or most == 1:
                other = next(o for o in group if o.answer.casefold().strip() != row.answer.casefold().strip())
                out[row.row] = Odd(f"answered otherwise than the same question in row {other.row}")
    return out


def neighbours_disagree(suspect: Example, rows: Sequence[Example]) -> str:
    """Words where rows with a like question mostly share another answer than this one's; '' where they don't."""
    if not suspect.messages:
        return ""
    others = [row for row in rows if row.row != suspect.row and row.messages]
    near = process.extract(
        suspect.prompt,
        [row.prompt for row in others],
        scorer=fuzz.ratio,
        limit=NEIGHBOURS,
        score_cutoff=ALIKE,
    )
    answers = Counter(others[at].answer.strip() for _, _, at in near)
    if not answers:
        return ""
    answer, times = answers.most_common(1)[0]
    if times < 0.6 * len(near) or answer == suspect.answer.strip():
        return ""
    like = ", ".join(str(others[at].row) for _, _, at in near if others[at].answer.strip() == answer)
    return f"rows with a like question ({like}) have another answer in common"
