"""Rows -> examples in TRL's columns. Not a character of the content is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from trainer.data.dialogue import BadTurns, as_text, listed_turns, roles_of, said, verdict
from trainer.data.formats import Shape
from trainer.data.shape.columns import Row, cell
from trainer.data.targets import converted

__all__ = ["BUILDABLE", "ONE_ANSWER", "Example", "as_text", "converted", "examples"]

Told = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Example:
    """One training example: a conversation, or plain text.

    `row` counts from 1 in the source file. `messages` is empty for plain text.
    """

    row: int
    messages: Told = ()
    """(role, content), the last one an assistant's."""
    text: str = ""
    fault: str = ""
    """Why the row cannot be trained on: empty, unknown_role, no_answer, broken_text, broken_json."""
    notes: tuple[str, ...] = ()
    """What is odd but usable: role_order (with two_users, two_answers, system_inside, answer_first), empty_turn,
    question_last (left out: it has no answer). For the fault unknown_role: 'role:NAME' for each."""
    rejected: str = ""
    """Of preference rows: the answer that was liked less; the last message is the better one."""
    good: bool | None = None
    """Of KTO rows: whether the answer was good."""
    side: str = ""
    """What the file's own split column says, where it has one."""
    columns: tuple[tuple[str, str], ...] = ()
    """Further columns as text, for rewards that need them."""

    @property
    def prompt(self) -> str:
        """What the model is asked: the last turn before the answer."""
        return self.messages[-2][1] if len(self.messages) > 1 else ""

    @property
    def answer(self) -> str:
        """What the model should write."""
        return self.messages[-1][1] if self.messages else self.text

    def trl(self) -> dict[str, Any]:
        """The row in TRL's columns: `messages`, or `text`; what else there is beside them."""
        if not self.messages:
            return {"text": self.text}
        row: dict[str, Any] = {"messages": [{"role": r, "content": c} for r, c in self.messages]}
        more = {"rejected": self.rejected, "label": self.good, "columns": dict(self.columns)}
        return row | {name: value for name, value in more.items() if value not in ("", None, {})}


Build = Callable[[int, Row], Example]


def examples(rows: Iterable[Row], shape: Shape) -> Iterator[Example]:
    """Every row, as read or flattened, as an example; rows that cannot be used carry their fault."""
    build = _BUILDERS[shape.format](shape.roles)
    for number, row in enumerate(rows, start=1):
        example = build(number, row)
        yield example if example.fault or not (fault := _fault(example)) else replace(example, fault=fault)


def _fault(example: Example) -> str:
    """broken_text for half a character, empty where the question or the answer is, else nothing."""
    if not example.messages:
        text = example.text
        return _broken(text) or ("empty" if not text or text.isspace() else "")
    asked = False
    content = ""
    for at, (_, content) in enumerate(example.messages, start=1):
        if not content.isascii() and _broken(content):
            return "broken_text"
        if at < len(example.messages) and content and not content.isspace():
            asked = True
    return "" if asked and content and not content.isspace() else "empty"


def _broken(text: str) -> str:
    if text.isascii():
        return ""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "broken_text"
    return ""


def _reader(column: str) -> Callable[[Row], str]:
    """Reads one column as text; most are plain strings under their own name."""

    def read(row: Row) -> str:
        value = row.get(column)
        if type(value) is str:
            return value
        return as_text(value if value is not None else cell(row, column))

    return read


def _pairs(roles: dict[str, str]) -> Build:
    asked, said_column = roles["prompt"], roles.get("completion") or roles["label"]
    prompt, answer = _reader(asked), _reader(said_column)
    more = _reader(roles["input"]) if "input" in roles else None
    system = _reader(roles["system"]) if "system" in roles else None

    def build(number: int, row: Row) -> Example:
        if type(row.get(asked)) is list:
            return _told_pair(number, row, roles)
        question = prompt(row)
        if more and (added := more(row)):
            question = f"{question}\n\n{added}"
        if system and (told := system(row)):
            return Example(number, (("system", told), ("user", question), ("assistant", answer(row))))
        return Example(number, (("user", question), ("assistant", answer(row))))

    return build


def _told_pair(number: int, row: Row, roles: dict[str, str]) -> Example:
    """A prompt that is a list of turns, as TRL's conversational formats have it."""
    if "completion" not in roles:
        return Example(
            number, (("user", as_text(row.get(roles["prompt"]))), ("assistant", as_text(row[roles["label"]])))
        )
    answer = cell(row, roles["completion"])
    last = answer if isinstance(answer, list) else [{"role": "assistant", "content": as_text(answer)}]
    return _told(number, [*row[roles["prompt"]], *last], _leading(row, roles))


def _plain(roles: dict[str, str]) -> Build:
    text = _reader(roles["text"])
    return lambda number, row: Example(number, (), text(row))


def _conversations(roles: dict[str, str]) -> Build:
    column = roles["messages"]
    leads = "system" in roles or "tools" in roles

    def build(number: int, row: Row) -> Example:
        return _told(number, cell(row, column), _leading(row, roles) if leads else ())

    return build


def _leading(row: Row, roles: dict[str, str]) -> Told:
    """What stands before the turns: the tools, then the system column."""
    lead: list[tuple[str, str]] = []
    if "tools" in roles and (tools := as_text(cell(row, roles["tools"]))) not in ("", "[]"):
        lead.append(("system", tools))
    if "system" in roles and (system := as_text(cell(row, roles["system"]))):
        lead.append(("system", system))
    return tuple(lead)


def _told(number: int, value: Any, lead: Told = ()) -> Example:
    """A conversation up to its last answer."""
    try:
        turns = [said(turn) for turn in listed_turns(value)]
        roles, notes = roles_of(tuple([who for who, _ in turns]))
    except BadTurns as bad:
        return Example(number, fault=str(bad), notes=tuple(f"role:{kind}" for kind in bad.kinds))
    told = [(role, what) for role, (_, what) in zip(roles, turns, strict=True)]
    while told and told[-1][0] != "assistant":
        told.pop()  # a trailing question has no answer to learn from
    if any(not what or what.isspace() for _, what in told[:-1]):
        notes = (*notes, "empty_turn")
    messages = (*lead, *told)
    return Example(number, messages, "", "" if len(messages) > 1 and told else "no_answer", notes)


def _preferences(roles: dict[str, str]) -> Build:
    """The prompt with the better answer; the other one beside it."""

    def build(number: int, row: Row) -> Example:
        better, worse = cell(row, roles["chosen"]), cell(row, roles["rejected"])
        asked: Any = cell(row, roles.get("messages") or roles.get("prompt") or "")
        if asked is None or (isinstance(better, list) and len(better) > 1):
            asked = []  # the prompt stands in both answers
        asked = asked if isinstance(asked, list) else [{"role": "user", "content": as_text(asked)}]
        example = _told(number, [*asked, *_answer(better)], _leading(row, roles))
        return replace(example, rejected=_last(worse))

    return build


def _answer(value: Any) -> list[Any]:
    if isinstance(value, list | dict):
        return listed_turns(value)
    return [{"role": "assistant", "content": as_text(value)}]


def _last(value: Any) -> str:
    turns = _answer(value)
    return said(turns[-1])[1] if turns and isinstance(turns[-1], dict) else as_text(value)


def _verdicts(roles: dict[str, str]) -> Build:
    build, label = (_conversations if "messages" in roles else _pairs)(roles), roles["label"]

    def judged(number: int, row: Row) -> Example:
        return replace(build(number, row), good=verdict(cell(row, label)))

    return judged


_BUILDERS: dict[str, Callable[[dict[str, str]], Build]] = {
    "prompt_completion": _pairs,
    "alpaca": _pairs,
    "text_label": _pairs,
    "text": _plain,
    "messages": _conversations,
    "sharegpt": _conversations,
    "preference": _preferences,
    "kto": _verdicts,
}
BUILDABLE = frozenset(_BUILDERS)
"""Formats whose rows can be trained on."""
ONE_ANSWER = BUILDABLE - {"preference", "kto"}
"""Formats whose rows hold one answer, or text, and no judgement of it."""
