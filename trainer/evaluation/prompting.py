"""How the untrained model is asked: as it stands, shown examples, and told what is wanted. Turns, not rendered text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import takewhile

import numpy as np

from trainer.data.convert import Example
from trainer.evaluation.baselines import Nearest
from trainer.evaluation.kinds import Kind, document, words_of

SHOTS = 5
"""Examples that are shown at most."""
MOST_LABELS = 120
"""Labels that an instruction lists at most."""
COMMON = 0.6
"""Share of the answers that begin or end alike, for that to be asked for."""
Turns = list[dict[str, str]]


def told(row: Example) -> Turns:
    """The row's own turns before its answer."""
    return [{"role": role, "content": content} for role, content in row.messages[:-1]]


def zero_shot(rows: Sequence[Example]) -> list[Turns]:
    """Each row's question as it stands."""
    return [told(row) for row in rows]


def few_shot(rows: Sequence[Example], nearest: Nearest, fits: Callable[[Turns], bool]) -> list[Turns]:
    """Each row's question after training rows like it, with their answers: as many as fit, the nearest last."""
    out = []
    for row, like in zip(rows, nearest.to(rows, SHOTS), strict=True):
        lead = [t for t in told(row) if t["role"] == "system"]
        own = [t for t in told(row) if t["role"] != "system"]
        tried = [lead + _shown(like[:most]) + own for most in range(len(like), 0, -1)]
        out.append(next((turns for turns in tried if fits(turns)), told(row)))
    return out


def _shown(rows: Sequence[Example]) -> Turns:
    turns: Turns = []
    for row in reversed(rows):
        turns += [t for t in told(row) if t["role"] != "system"] + [{"role": "assistant", "content": row.answer}]
    return turns


def instructed(rows: Sequence[Example], instruction: str, fits: Callable[[Turns], bool]) -> list[Turns]:
    """Each row's question after what is wanted, in one user turn: not every template knows a system role.

    Where that is longer than the model's window, the question stands alone.
    """
    out = []
    for row in rows:
        turns = told(row)
        last = turns[-1]
        asked = [*turns[:-1], {"role": last["role"], "content": f"{instruction}\n\n{last['content']}"}]
        out.append(asked if fits(asked) else turns)
    return out


def instruction_for(kind: Kind, train: Sequence[Example]) -> str:
    """What a careful person would write above the question, read off the training answers."""
    answers = [row.answer.strip() for row in train]
    if kind.name == "labels":
        return _labels(answers)
    if kind.name == "code":
        return "Answer with one block of Python code and nothing else."
    if kind.name in ("json", "tool_calls"):
        return f"Answer with one JSON document and nothing else{_keys(answers)}."
    if kind.name == "numbers":
        marked = sum("####" in answer for answer in answers) > len(answers) / 2
        how = 'End your answer with "#### " and the number.' if marked else "Answer with the number."
        return f"Work out the answer step by step. {how}" if marked else how
    return _manner(answers)


def _labels(answers: Sequence[str]) -> str:
    counts = Counter(answers)
    names = ", ".join(name for name, _ in counts.most_common(MOST_LABELS))
    return f"Which of these labels fits the text? Answer with the label alone.\nLabels: {names}"


def _keys(answers: Sequence[str]) -> str:
    counts = Counter(name for answer in answers if isinstance(d := document(answer), dict) for name in d)
    common = [name for name, times in counts.items() if times > len(answers) / 2]
    return f", with the fields {', '.join(common[:20])}" if common else ""


def _manner(answers: Sequence[str]) -> str:
    words = int(np.median([len(words_of(answer)) for answer in answers]))
    parts = [f"Answer in about {max(1, words)} words."]
    if begin := _shared(answers):
        parts.append(f'Begin with "{begin}".')
    if end := _shared([answer[::-1] for answer in answers])[::-1]:
        parts.append(f'End with "{end}".')
    return " ".join(parts)


def _shared(answers: Sequence[str]) -> str:
    """The longest beginning, up to a whole word, that most answers share; '' where they share less than a word."""
    ordered = sorted(answers)
    width = max(1, int(COMMON * len(ordered)))
    best = ""
    for i in range(len(ordered) - width + 1):
        shared = _prefix(ordered[i], ordered[i + width - 1])
        best = max(best, shared, key=len)
    whole = best if best in answers else best.rpartition(" ")[0]
    return whole.strip() if len(whole.strip()) > 2 else ""


def _prefix(a: str, b: str) -> str:
    return "".join(x for x, _ in takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False)))
