"""Scores of single answers against the right ones, by name. Shares are 0 to 1, likenesses 0 to 100."""

from __future__ import annotations

import json
import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from trainer import metrics
from trainer.evaluation import likeness, programs
from trainer.evaluation.kinds import NUMBER, document, words_of
from trainer.metrics import Interval, Scores

RIGHT_OR_WRONG = ("accuracy", "exact_match", "number", "json_valid", "tool_call", "pass_at_1")
"""Figures whose scores are 0 or 1."""
SHARES = (*RIGHT_OR_WRONG, "json_fields", "token_f1", "macro_f1", "tests_passed")
"""Figures told in per cent."""
BY_TESTS = ("pass_at_1", "tests_passed")
"""Figures whose reference is not an answer but a row's tests (`trainer.evaluation.programs`)."""
NAMES = {
    "accuracy": "accuracy",
    "macro_f1": "macro-F1",
    "exact_match": "word for word",
    "number": "right numbers",
    "json_valid": "valid JSON",
    "json_fields": "right fields",
    "tool_call": "right calls",
    "token_f1": "shared words (F1)",
    "chrf": "chrF",
    "rouge_l": "ROUGE-L",
    "bleu": "BLEU",
    "meteor": "METEOR",
    "similarity": "likeness of meaning",
    "pass_at_1": "programs that pass their tests (pass@1)",
    "tests_passed": "tests passed",
}


def scored(name: str, answers: Sequence[str], references: Sequence[str]) -> Scores:
    """One score for each answer."""
    if together := _TOGETHER.get(name):
        return together(list(answers), list(references))
    one = _ONE[name]
    return np.array([one(a, r) for a, r in zip(answers, references, strict=True)], dtype=float)


def figure(name: str, answers: Sequence[str], references: Sequence[str]) -> Interval:
    """The mean of the scores with its interval; macro-F1 has no score of a single answer."""
    if name == "macro_f1":
        return metrics.macro_f1([label(a) for a in answers], [label(r) for r in references])
    scores = scored(name, answers, references)
    return metrics.proportion(scores) if name in RIGHT_OR_WRONG else metrics.mean_interval(scores)


def label(text: str) -> str:
    """A label as it is compared: the first line, without case, quotes and marks around it."""
    first = text.strip().splitlines()[0] if text.strip() else ""
    return first.strip(" \t.,;:!\"'`*").casefold()


def _label(answer: str, reference: str) -> float:
    return float(label(answer) == label(reference))


def _exact(answer: str, reference: str) -> float:
    return float(answer.strip() == reference.strip())


def last_number(text: str) -> float | None:
    """The number a text ends in: the one after #### where there is one, else the last."""
    marked = text.rpartition("####")[2] if "####" in text else text
    found = NUMBER.findall(marked)
    return float((found[0] if "####" in text else found[-1]).replace(",", "")) if found else None


def _number(answer: str, reference: str) -> float:
    said, right = last_number(answer), last_number(reference)
    return float(said is not None and right is not None and abs(said - right) <= 1e-6 * max(1.0, abs(right)))


def _valid(answer: str, _reference: str) -> float:
    return float(document(answer) is not None)


def _fields(answer: str, reference: str) -> float:
    """Share of the fields of either, nested ones by their path, that both have with the same value."""
    wanted = document(reference)
    if wanted is None:
        return _exact(answer, reference)
    right, said = _leaves(wanted), _leaves(document(answer))
    if not right or not said:
        return float(document(answer) == wanted)
    same = [path for path in right.keys() & said.keys() if right[path] == said[path]]
    return len(same) / len(right.keys() | said.keys())


def _leaves(found: Any, path: str = "") -> dict[str, Any]:
    if found in ({}, []) and path:
        return {path: found}
    if isinstance(found, dict):
        return {k: v for name, part in found.items() for k, v in _leaves(part, f"{path}.{name}").items()}
    if isinstance(found, list):
        return {k: v for i, part in enumerate(found) for k, v in _leaves(part, f"{path}[{i}]").items()}
    return {path: found} if path else {}


def _call(answer: str, reference: str) -> float:
    """The same tools with the same arguments, in the same order; arguments written as JSON in a string are read."""
    right = _calls(reference)
    return float(right is not None and _calls(answer) == right)


def _calls(text: str) -> list[tuple[str, str]] | None:
    found = document(text)
    calls = found if isinstance(found, list) else [found]
    if not all(isinstance(c, dict) and "name" in c for c in calls):
        return None
    return [(str(c["name"]), _settled(c.get("arguments"))) for c in calls]


def _settled(arguments: Any) -> str:
    known = document(arguments) if isinstance(arguments, str) else arguments
    return json.dumps(arguments if known is None else known, sort_keys=True)


_ARTICLES = re.compile(r"\b(a|an|the)\b")
_MARKS = str.maketrans("", "", string.punctuation)


def _words(text: str) -> list[str]:
    """Words as SQuAD's script compares them (Rajpurkar et al. 2016): no case, marks or articles."""
    return words_of(_ARTICLES.sub(" ", text.lower().translate(_MARKS)))


def _token_f1(answer: str, reference: str) -> float:
    said, right = Counter(_words(answer)), Counter(_words(reference))
    shared = (said & right).total()
    if not said or not right:
        return float(said == right)
    return 2 * shared / (said.total() + right.total())


def _bleu(answer: str, reference: str) -> float:
    """BLEU of one sentence, 0 to 100 (sacrebleu, exponential smoothing, orders it has)."""
    from sacrebleu.metrics.bleu import BLEU

    return float(BLEU(effective_order=True).sentence_score(answer, [reference]).score)


def _meteor(answer: str, reference: str) -> float:
    """METEOR, 0 to 100 (Banerjee and Lavie 2005; nltk), by words and their stems: no word net, so no synonyms."""
    from nltk.translate.meteor_score import single_meteor_score

    said, right = words_of(answer), words_of(reference)
    if said == right:
        return 100.0  # its penalty for pieces would make a short right answer a worse one
    return 100 * float(single_meteor_score(right, said, wordnet=_NoWordNet()))


class _NoWordNet:
    """What nltk asks for synonyms: there are none, on every machine alike."""

    def synsets(self, word: str) -> list[Any]:
        return []


_TOGETHER: dict[str, Callable[[list[str], list[str]], Scores]] = {
    "chrf": metrics.chrf,
    "rouge_l": metrics.rouge_l,
    "similarity": likeness.similarity,
    "pass_at_1": programs.all_passed,
    "tests_passed": programs.share_passed,
}
_ONE: dict[str, Callable[[str, str], float]] = {
    "accuracy": _label,
    "exact_match": _exact,
    "number": _number,
    "json_valid": _valid,
    "json_fields": _fields,
    "tool_call": _call,
    "token_f1": _token_f1,
    "bleu": _bleu,
    "meteor": _meteor,
}
