"""Steps in plain words, with the count where one is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from trainer.data.doctor.diagnosis import Diagnosis
from trainer.data.repair import steps as s
from trainer.data.repair.private import RULE_OF

KIND_WORDS = {
    "email": "e-mail addresses",
    "phone": "phone numbers",
    "card": "payment card numbers",
    "iban": "bank account numbers",
    "ip": "IP addresses",
    "address": "postal addresses",
    "name": "names of people",
    "id_number": "identity numbers",
    "key": "keys and passwords",
}
RULE_WORDS = {
    "rows_empty": "an empty question or answer",
    "rows_broken_text": "broken characters",
    "rows_broken_json": "a conversation that is not readable",
    "rows_unknown_role": "a turn by nobody known",
    "rows_no_answer": "no answer",
    "refusals": "an answer that refuses",
    "prompt_injection": "orders to a model",
    "toxic": "insulting or violent words",
    "pref_equal": "two equal answers",
    "pref_swapped": "sides that look swapped",
    "contradictory_labels": "labels that contradict each other",
    "contradictory_answers": "answers that contradict each other",
    "placeholders": "a placeholder nobody filled in",
    "over_long": "far more text than the rest",
    "missing_values": "an empty cell",
} | {rule: KIND_WORDS[kind] for kind, rule in RULE_OF.items()}
FORMAT_WORDS = {
    "messages": "conversations (messages)",
    "prompt_completion": "prompt and completion",
    "text": "plain text",
    "preference": "preference pairs",
}


def sentence(step: Any, diagnosis: Diagnosis | None = None) -> str:
    """What a step does: 'keep one of each of 212 near-duplicates'."""
    return _WORDS[step.op](step, diagnosis or Diagnosis())


def listed(words: list[str], last: str = "and") -> str:
    """'a, b and c'."""
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else "".join(words)


def _rows(n: int) -> str:
    return "1 row" if n == 1 else f"{n:,} rows"


def _deduplicate(step: s.Deduplicate, d: Diagnosis) -> str:
    rules = ["exact_duplicates"] + (["near_duplicates"] if step.how == "near" else [])
    rows = frozenset[int]().union(*(d.rows(rule) for rule in rules))
    what = "near-duplicates" if step.how == "near" else "exact repeats"
    return f"keep one of each of {len(rows):,} {what}" if rows else f"keep one of each of the {what}"


def _drop(step: s.Drop, d: Diagnosis) -> str:
    rows = frozenset[int]().union(*(d.rows(rule) for rule in step.rules))
    what = listed([RULE_WORDS.get(rule, rule.replace("_", " ")) for rule in step.rules], "or")
    return f"leave out {_rows(len(rows)) if rows else 'rows'} with {what}"


def _length(step: s.FilterLength, _d: Diagnosis) -> str:
    where = f"in {step.column} " if step.column else ""
    low = f"at least {step.min_chars:,}" if step.min_chars is not None else ""
    high = f"at most {step.max_chars:,}" if step.max_chars is not None else ""
    return f"keep rows with {' and '.join(filter(None, [low, high]))} characters {where}".rstrip()


def _group(step: s.Group, _d: Diagnosis) -> str:
    by = f" by {step.by}" if step.by else ""
    gap = f", a new one after {step.gap_minutes:,} minutes of silence" if step.gap_minutes else ""
    return f"join single messages into conversations{by}{gap}"


def _split(step: s.Split, _d: Diagnosis) -> str:
    shares = [f"{100 * step.val:g} % for validation"] if step.val else []
    shares += [f"{100 * step.holdout:g} % held out"] if step.holdout else []
    by = {"random": "at random", "stratified": "with each class on both sides", "group": "whole groups together"}
    how = by.get(step.how, "the newest rows last")
    column = f" ({step.column})" if step.column else ""
    return f"mark {listed(shares) or 'all rows for training'} in a column split, {how}{column}, seed {step.seed}"


def _balance(step: s.Balance, _d: Diagnosis) -> str:
    how = {
        "downsample": "by leaving out rows of the frequent ones",
        "upsample": "by repeating rows of the rare ones",
        "weight": "by a column weight",
    }[step.how]
    return f"make the classes{f' of {step.column}' if step.column else ''} equally frequent {how}"


def _pairs(mapping: dict[str, str]) -> str:
    shown = [f"{a} → {b}" for a, b in list(mapping.items())[:4]]
    return ", ".join(shown) + (f" and {len(mapping) - 4:,} more" if len(mapping) > 4 else "")


def _review(step: s.Review, _d: Diagnosis) -> str:
    kinds = ["edited" if isinstance(v, dict) else f"{v}ed" for v in step.decisions.values()]
    return "your decisions: " + listed([f"{kinds.count(k):,} {k}" for k in dict.fromkeys(kinds)])


_WORDS: dict[str, Callable[[Any, Diagnosis], str]] = {
    "deduplicate": _deduplicate,
    "drop": _drop,
    "drop_columns": lambda p, _: f"leave out the column{'s' * (len(p.columns) > 1)} {listed(list(p.columns))}",
    "filter_language": lambda p, _: f"keep rows in {listed(list(p.keep), 'or')}",
    "filter_length": _length,
    "redact": lambda p, _: f"mask {listed([KIND_WORDS[k] for k in p.kinds])}, the same value always the same way",
    "map_columns": lambda p, _: f"rename columns: {_pairs({c: r for r, c in p.roles.items()})}",
    "convert": lambda p, _: f"rewrite rows as {FORMAT_WORDS[p.target]}",
    "group": _group,
    "split": _split,
    "balance": _balance,
    "sample": lambda p, _: f"keep {_rows(p.rows)} drawn at random, seed {p.seed}",
    "shuffle": lambda p, _: f"put the rows into random order, seed {p.seed}",
    "merge": lambda p, _: f"append the rows of {listed([Path(x).name for x in p.paths])}",
    "strip_boilerplate": lambda _p, _d: "cut signatures and other lines that many rows share",
    "escape_control": lambda _p, _d: "break control tokens of chat models, so that they are plain text",
    "fix_encoding": lambda _p, _d: "mend garbled characters",
    "strip_html": lambda _p, _d: "take out HTML tags, keep the words",
    "fill_placeholders": lambda p, _: f"fill placeholders: {_pairs(p.values)}",
    "unify_labels": lambda p, _: f"one spelling for each label: {_pairs(p.mapping)}",
    "review": _review,
}
