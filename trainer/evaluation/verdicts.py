"""Did it help, said in words that are never surer than the figures."""

from __future__ import annotations

from typing import Any

from trainer.evaluation.paired import Paired
from trainer.evaluation.scores import NAMES, SHARES
from trainer.evaluation.table import PROMPTED, Line, Table

WAYS = {
    "zero_shot": "the untrained model, asked as it stands",
    "few_shot": "the untrained model, shown like examples",
    "instructed": "the untrained model, told what is wanted",
    "tuned": "the tuned model",
    "classifier": "a classical classifier (TF-IDF and logistic regression, seconds to train)",
    "nearest": "copying the answer of the most similar known question",
    "constant": "always giving the same answer",
}
LEAST_CLEAN = 8
"""Rows without a leak under which the verdict can't go by them."""


def verdict(found: Table) -> dict[str, Any]:
    """{'better': True, False or None, 'sentence': ..., 'lines': [...]} against prompting, and against what is simple.

    Better than prompting means better than each of the three ways of asking, each at 95 %: so no allowance is needed
    for having looked at three (an intersection-union test, Berger 1982).
    """
    clean = bool(found.clean) and found.rows - len(found.leaked) >= LEAST_CLEAN
    ways = [(line, line.against) for name in PROMPTED if (line := found.line(name, clean)) and line.against]
    tuned = found.line("tuned", clean)
    if tuned is None or not ways:
        return {"better": None, "sentence": "Nothing was compared.", "lines": [], "clean": clean}
    if found.leaked and not clean:
        return {"better": None, "sentence": _leak(found, clean), "lines": [_blind(found)], "clean": clean}
    lost = [way for way in ways if way[1].sure is False]
    best, against = min(lost or ways, key=lambda way: way[1].gap.low)
    empty = _empty(found, tuned, found.line("constant", clean))
    better = True if against.sure and not empty else False if against.sure is False else None
    needless, simple = _simple(found, clean)
    head = _sentence(found, tuned, best, against, empty)
    return {
        "better": better,
        "sentence": f"{head} {simple}" if needless else head,
        "lines": [line for line in (_leak(found, clean), "" if needless else simple, _blind(found)) if line],
        "clean": clean,
    }


def _empty(found: Table, tuned: Line, constant: Line | None) -> str:
    """What reaches as much without knowing the question, as far as the rows can tell; else ''."""
    if constant is not None and constant.against is not None and constant.against.sure is not True:
        return f"always giving the same answer, which reaches {told(found, constant.figure.value)}"
    if tuned.dealt is not None and tuned.dealt.sure is not True:
        dealt = told(found, tuned.figure.value - tuned.dealt.gap.value)
        return f"its own answers dealt out to other questions, which reach {dealt}"
    return ""


def _sentence(found: Table, tuned: Line, best: Line, against: Paired, empty: str) -> str:
    """`best`: the way of asking that the tuned model is the least ahead of; `empty`: what does as well unasked."""
    ours, theirs = told(found, tuned.figure.value), told(found, best.figure.value)
    figures = f"{NAMES[found.kind.metric]} {ours}, against {theirs} for {WAYS[best.name]}"
    if against.sure is False:
        return f"Training lost: {figures} (worse by {span(found, against)}, 95 % sure). Ask that way instead."
    if against.sure and empty:
        rows = f"{against.rows:,} rows don't show that it knows what to answer"
        return f"No improvement that can be shown: {figures}; but {rows}, beside {empty}."
    if against.sure:
        ahead = f"better than each way of asking, by {span(found, against)} (95 % sure)"
        return f"Training was worth it: {figures}; {ahead}."
    return f"No difference that {against.rows:,} rows could show: {figures}.{_more(against)}"


def _more(against: Paired) -> str:
    if against.rows_needed is None or against.rows_needed <= against.rows:
        return ""
    return f" Were the gap as it looks, about {against.rows_needed:,} rows would show it."


def _simple(found: Table, clean: bool) -> tuple[bool, str]:
    """(whether it makes a language model needless, words about the classical way)."""
    line = found.line("classifier", clean) or found.line("nearest", clean)
    if line is None or line.against is None:
        return False, ""
    figure, what = told(found, line.figure.value), _begun(WAYS[line.name])
    if line.against.sure:
        return False, f"{what} reaches {figure}: the tuned model is ahead by {span(found, line.against)}."
    if line.figure.value <= 0:
        return False, f"{what} gets nothing right either."
    how = "is better" if line.against.sure is False else "is as good, as far as these rows can tell"
    needed = "no language model is needed for this" if line.name == "classifier" else "a search would do here"
    return True, f"{what} {how} ({figure}): {needed}."


def _begun(words: str) -> str:
    return words[0].upper() + words[1:]


def _leak(found: Table, clean: bool) -> str:
    if not found.leaked:
        return ""
    tuned, apart = found.line("tuned"), found.line("tuned", clean=True)
    head = f"{len(found.leaked):,} of {found.rows:,} sealed rows say nearly the same as a training row"
    if not clean or tuned is None or apart is None:
        return f"{head}: too few others are left, so the score says little about new questions."
    with_them, without = told(found, tuned.figure.value), told(found, apart.figure.value)
    figures = f"With them the tuned model reaches {with_them}, without them {without}"
    return f"{head}. {figures}; the verdict goes by the latter."


def _blind(found: Table) -> str:
    return f"Judged by {NAMES[found.kind.metric]}, for {found.kind.why}. It can't see everything: {found.kind.blind}."


def told(found: Table, value: float) -> str:
    """The deciding figure in its unit."""
    return in_unit(found.kind.metric, value)


def in_unit(metric: str, value: float) -> str:
    """A figure in its unit."""
    return f"{100 * value:.1f} %" if metric in SHARES else f"{value:.1f}"


def span(found: Table, against: Paired) -> str:
    """'12 to 19 points', of an interval that leaves 0 out."""
    unit = 100.0 if found.kind.metric in SHARES else 1.0
    small, large = sorted(abs(unit * end) for end in (against.gap.low, against.gap.high))
    return f"{small:.0f} to {large:.0f} points" if large >= 2 else f"{small:.1f} to {large:.1f} points"
