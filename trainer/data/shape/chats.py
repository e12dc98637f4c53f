"""Tables whose rows are single turns of conversations, and texts that are chat logs."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

from trainer.data.shape.look import Claim, Look
from trainer.data.shape.turns import aliases, ours_words

_SEVERAL = 0.5
"""Share of threads with two speakers or more, by which rows are known for turns."""


def turns_in_rows(look: Look, extras: dict[str, Claim], text: str) -> bool:
    """Whether rows are turns: somebody speaks, several do in one thread or one after the other."""
    speaker, group = extras.get("speaker"), extras.get("group")
    if speaker is None or speaker.column == text:
        return False
    values = look.signs[speaker.column].values
    known = {aliases().get(v) for v in values}
    if {"user", "assistant"} <= known:
        return True
    if group and group.column != speaker.column and look.signs[group.column].distinct < 0.95:
        return _several(look, group.column, speaker.column)
    return "date" in extras and 2 <= len(values) <= max(2, look.total // 4) and _sides(look, speaker.column)


def _several(look: Look, group: str, speaker: str) -> bool:
    """Threads in which more than one speaks."""
    threads: dict[str, set[str]] = defaultdict(set)
    rows: dict[str, int] = defaultdict(int)
    for row in look.head:
        threads[str(row.get(group))].add(str(row.get(speaker)))
        rows[str(row.get(group))] += 1
    met = [name for name, count in rows.items() if count > 1]
    return bool(met) and sum(len(threads[n]) > 1 for n in met) >= _SEVERAL * len(met)


def _sides(look: Look, speaker: str) -> bool:
    """The speaker changes from row to row about as often as in talk; half the time at least."""
    names = [row.get(speaker) for row in look.head]
    changes: int = sum(bool(a != b) for a, b in pairwise(names))
    return changes >= 0.4 * max(len(names) - 1, 1)


def assistant_side(look: Look, speaker: str) -> list[str]:
    """Values of the speaker column that are the side which answers; empty when none is named so."""
    values = sorted({str(v).strip() for row in look.rows if (v := row.get(speaker)) not in (None, "")})
    return [v for v in values if v.casefold() in ours_words()]
