"""The format of the rows from the roles found, and the one question where they are unclear."""

from __future__ import annotations

from collections.abc import Callable

from trainer.data.shape.ask import group_turns, label_question, unclear, what_entries
from trainer.data.shape.chats import turns_in_rows
from trainer.data.shape.columns import Row, Shape
from trainer.data.shape.draft import Draft
from trainer.data.shape.judge import drafted
from trainer.data.shape.look import Claim, look_at
from trainer.data.shape.names import key_of, scores, table
from trainer.facts import Column


def shape_of(columns: list[Column], rows: list[Row], wanted: dict[str, str]) -> Shape:
    """The format and the roles. `wanted` holds the columns the person named.

    `rows` are flattened rows, all of them or a sample; `columns` are counted over the same rows.
    """
    names = {c.name for c in columns}
    look = look_at(columns, rows)
    said = {role: name for role, name in wanted.items() if name in names}
    draft = drafted(look, said)
    return next(shape for decide in _DECISIONS if (shape := decide(draft, said)))


def _kept(draft: Draft, name: str, roles: tuple[str, ...], question: str | None = None) -> Shape:
    """The shape with some of the drafted roles; the other columns are unused."""
    claims = {r: draft.claims[r] for r in roles if r in draft.claims}
    every = {**draft.extras, **claims}
    taken = {c.column for c in every.values()}
    return Shape(
        name,
        {r: c.column for r, c in claims.items()},
        question,
        tuple(n for n, c in draft.look.columns.items() if n not in taken and c.kind != "empty"),
        {r: c.confidence for r, c in every.items()},
        {r: c.why for r, c in every.items()},
        {r: c.column for r, c in draft.extras.items()},
    )


def _preference(draft: Draft, said: dict[str, str]) -> Shape | None:
    if {"chosen", "rejected"} <= draft.claims.keys():
        return _kept(draft, "preference", ("prompt", "messages", "chosen", "rejected", "system", "tools"))
    return None


def _conversation(draft: Draft, said: dict[str, str]) -> Shape | None:
    claim = draft.claims.get("messages")
    if claim is None:
        return None
    if _verdict(draft):
        return _kept(draft, "kto", ("messages", "label"))
    turns = draft.look.signs[claim.column].turns.removeprefix("json ")
    if turns:
        name = "sharegpt" if turns == "from/value" else "messages"
        return _kept(draft, name, ("messages", "system", "tools"))
    return _kept(draft, "unclear", (), what_entries(claim.column))


def _verdict(draft: Draft) -> bool:
    """Whether a column says of each answer that it is good or bad; then it is the label."""
    claim = draft.claims.get("label")
    if claim and draft.look.columns[claim.column].kind == "bool":
        return True
    known = table().verdict
    asked = [claim.column] if claim else []
    named = [n for n in [*asked, *draft.free()] if key_of(n) in known and draft.look.yes_no(n)]
    if not named or (claim and claim.confidence == 1.0 and named[0] != claim.column):
        return False
    draft.claims["label"] = Claim(named[0], 0.9, "says of each answer whether it was good")
    return True


def _kto(draft: Draft, said: dict[str, str]) -> Shape | None:
    if "prompt" in draft.claims and "completion" in draft.claims and _verdict(draft):
        return _kept(draft, "kto", ("prompt", "completion", "label"))
    return None


def _turn_rows(draft: Draft, said: dict[str, str]) -> Shape | None:
    """Rows that are single turns: somebody says something, somebody else answers in another row."""
    if said.keys() & {"prompt", "completion", "label", "messages"}:
        return None
    text = _main_text(draft)
    if text is None or not turns_in_rows(draft.look, draft.extras, text):
        return None
    if "completion" in draft.claims and draft.claims["completion"].column != text:
        return None
    draft.claims = {"text": Claim(text, 0.9, "one turn of a conversation in each row")}
    return _kept(draft, "chat_rows", ("text",), group_turns(draft))


def _main_text(draft: Draft) -> str | None:
    """The one column with words to read."""
    said = [c.column for r, c in draft.claims.items() if r in ("prompt", "completion", "text")]
    texts = [*said, *draft.texts()]
    by_name = sorted(texts, key=lambda n: -max(scores(n).get("text", 0), scores(n).get("prompt", 0)))
    return by_name[0] if by_name else None


def _instructions(draft: Draft, said: dict[str, str]) -> Shape | None:
    """Alpaca's columns in any language: an instruction, perhaps an input, an output."""
    if not {"prompt", "completion"} <= draft.claims.keys():
        return None
    if key_of(draft.claims["prompt"].column) in _INSTRUCTION:
        return _kept(draft, "alpaca", ("prompt", "completion", "input", "system"))
    return None


_INSTRUCTION = frozenset(
    map(key_of, ("instruction", "anweisung", "instrucción", "instrução", "istruzione", "指令", "指示", "инструкция"))
)


def _answers(draft: Draft, said: dict[str, str]) -> Shape | None:
    if {"prompt", "completion"} <= draft.claims.keys():
        return _kept(draft, "prompt_completion", ("system", "prompt", "input", "completion", "label"))
    return None


def _labelled(draft: Draft, said: dict[str, str]) -> Shape | None:
    """Text with a label; several targets, or structured ones, deserve the one question."""
    source = _source(draft)
    if source is None or "label" not in draft.claims or draft.doubt:
        return None
    draft.claims["prompt"] = source
    question = None if "label" in said else label_question(draft, source.column)
    return _kept(draft, "text_label", ("prompt", "input", "label"), question)


def _source(draft: Draft) -> Claim | None:
    """What a label is about: the column named most like a text or a question, else the only one with words."""
    look = draft.look
    asked = draft.claims.get("prompt") or draft.claims.get("text")
    if asked and asked.confidence >= 0.95:
        return asked
    texts = [*([asked.column] if asked else []), *draft.texts()]
    scored = [
        (max(look.name_score("text", n), look.name_score("prompt", n)), look.columns[n].mean_chars, n) for n in texts
    ]
    if not scored:
        return asked
    score, _, name = max(scored)
    return Claim(name, 0.7 + 0.28 * score, "the text that is labelled")


def _plain_text(draft: Draft, said: dict[str, str]) -> Shape | None:
    """Text to go on reading: one column of words and no answer or label to it."""
    from trainer.data.chatlog import kind_of

    look, asked = draft.look, draft.claims.get("text") or draft.claims.get("prompt")
    texts = [n for n in [asked.column if asked else "", *draft.texts()] if n]
    if not texts or len(set(texts)) > 1 or draft.doubt:
        return None
    named = look.name_score("text", texts[0])
    others = [n for n in draft.free() if n != texts[0] and not look.plain(n)]
    if others and not named:
        return None
    draft.claims = {"text": Claim(texts[0], round(0.8 + 0.18 * named, 2), "the only text")}
    if kind := kind_of(str(row.get(texts[0]) or "") for row in look.head):
        draft.claims = {"text": Claim(texts[0], 0.9, f"lines of a chat log ({kind.name})")}
        return _kept(draft, "chat_log", ("text",), group_turns(draft))
    return _kept(draft, "text", ("text",))


def _doubtful(draft: Draft, said: dict[str, str]) -> Shape:
    return _kept(draft, "unclear", (), unclear(draft))


_DECISIONS: tuple[Callable[[Draft, dict[str, str]], Shape | None], ...] = (
    _preference,
    _conversation,
    _turn_rows,
    _kto,
    _instructions,
    _answers,
    _labelled,
    _plain_text,
    _doubtful,
)
