"""The one question about columns, in a sentence with one question mark."""

from __future__ import annotations

from trainer.data.shape.chats import assistant_side
from trainer.data.shape.draft import Draft
from trainer.data.shape.look import Look


def what_entries(column: str) -> str:
    """For lists that are no turns."""
    return f"What do the entries of column {column} hold?"


def group_turns(draft: Draft) -> str:
    """For rows that are turns: grouping them makes a new file, so it is asked for."""
    extras = draft.extras
    by = f" by {extras['group'].column}" if "group" in extras else ""
    ours = assistant_side(draft.look, extras["speaker"].column) if "speaker" in extras else []
    side = f" in which {ours[0]} is the assistant" if len(ours) == 1 else ""
    return f"Every row is one turn of a chat: shall I group them{by} into conversations{side}?"


def label_question(draft: Draft, source: str) -> str | None:
    """Several targets, or a structured one; None where the label is plain."""
    label = draft.claims["label"].column
    look = draft.look
    structured = [n for n, c in look.columns.items() if c.kind in ("list", "object") and not _context(look, n)]
    others = [*structured, *draft.rivals]
    if not others:
        return None
    every = list(dict.fromkeys(others if label in others else [label, *others]))
    if len(every) == 1:
        return f"Should the model write the column {label} as JSON for each {source}?"
    return f"What should the model write for each {source}: {' or '.join(every)}?"


def _context(look: Look, name: str) -> bool:
    """What a text is said in, not what is to be written."""
    return look.name_score("input", name) >= 0.8 and not look.name_score("label", name)


def unclear(draft: Draft) -> str:
    """Which column is asked and which answers; a guess to say yes to where there is one."""
    if draft.doubt:
        asked, answer = draft.doubt
        return f"Is {asked} what people ask and {answer} what the model should answer?"
    names = [n for n, c in draft.look.columns.items() if c.kind != "empty"]
    return f"Which column is the question and which the answer? The file has: {', '.join(names)}."
