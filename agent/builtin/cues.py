"""Groups of cues looked up in a text: which values of a group are named."""

from __future__ import annotations

import re
from functools import cache

from agent.builtin.data import cue_pattern, cues, table


@cache
def _group(name: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((value, cue_pattern(cues(line))) for value, line in table("cues.yaml")[name].items())


def named(group: str, text: str) -> dict[str, str]:
    """Values of a group found in the text, each with the longest passage that names it."""
    found: dict[str, str] = {}
    for value, pattern in _group(group):
        hits = [m.group().strip() for m in pattern.finditer(text)]
        if hits:
            found[value] = max(hits, key=len)
    return found


@cache
def _concepts() -> tuple[tuple[str, tuple[tuple[str, re.Pattern[str]], ...]], ...]:
    rows = []
    for name, line in table("concepts.yaml").items():
        by_language: dict[str, list[str]] = {}
        for cue in cues(line):
            language, _, rest = cue.partition("~") if re.match(r"[a-z]{2}~", cue) else ("", "", cue)
            by_language.setdefault(language, []).append(rest)
        rows.append((name, tuple((k, cue_pattern(tuple(v))) for k, v in by_language.items())))
    return tuple(rows)


def concepts(text: str, language: str) -> set[str]:
    """Names of all concepts whose words stand in the text."""
    return {
        name for name, patterns in _concepts() if any(code in ("", language) and p.search(text) for code, p in patterns)
    }


@cache
def concept(name: str) -> re.Pattern[str]:
    """The pattern of one concept, languages taken together."""
    lines = cues(table("concepts.yaml")[name])
    return cue_pattern(tuple(c.split("~")[-1] for c in lines))


@cache
def _table(name: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((value, cue_pattern(cues(line))) for value, line in table(name).items())


def task(text: str) -> str | None:
    """What a model is to do, where the words tell; the earlier task of the table wins a tie."""
    counts = [
        (len({m.group() for m in p.finditer(text)}), -i, name) for i, (name, p) in enumerate(_table("tasks.yaml"))
    ]
    best = max(counts)
    if best[0] == 0:
        return None
    present = [name for n, _, name in counts if n]
    # the order of the table goes from the particular to the general
    return present[0] if best[2] not in present[:2] or best[0] == 1 else best[2]


def symptoms(text: str) -> list[str]:
    """What is wrong with a run, the most particular first."""
    return [name for name, pattern in _table("symptoms.yaml") if pattern.search(text)]


def signals(text: str) -> list[str]:
    """Signs of the person's frame of mind: puzzled by a run, wishing for a model, having examples."""
    return [name for name, pattern in _table("signals.yaml") if pattern.search(text)]
