"""One message, heard: the tool calls a brain makes of it, validated, grounded and paid for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from agent.intents import intent_of
from agent.model import repeats
from agent.model.door import BUILTIN, Brain, Door
from agent.model.grounding import Ground, Grounded
from agent.model.ledger import Ledger
from agent.model.prompting import messages as hosted_messages
from agent.model.repeats import Repeat
from agent.model.reply import Call, Message, Reply
from agent.model.troubles import DoorError
from agent.model.untrusted import Names, for_model, redacted, shortened
from agent.numbers import invented
from agent.situation import Situation
from prompts import render
from tools.registry import TOOLS, schemas
from trainer.fields import faults

REPAIRS = 2
"""Times a model may correct its arguments before the built-in brain answers."""
CALLS_A_TURN = 3
"""Tool calls of one answer that are carried out."""
LONGEST_TEXT = 1500
"""Characters of a model's own words that are shown."""
TALK = {"advise", "explain_run", "clarify", "refuse", "run_status", "inspect_data"}
"""Tools that only tell something: a topic or a symptom may share a column's name."""
_CLAIM = re.compile(r"approv|start(?:ed|ing)|launch|delet|upload|sent (?:to|off)|https?://\S*|\]\(|<\w+", re.IGNORECASE)
"""What a model's own words may not say: deeds are told by the program, links lead out."""
SAME_AGAIN = (
    "you called {name} with these arguments before, and its result is known. The person has said something new: "
    "call what answers that, or clarify"
)


class Unheard(Exception):
    """A message that no model made sense of; the text is the question to the person."""


@dataclass
class Heard:
    """What came of a message."""

    calls: list[dict[str, Any]] = field(default_factory=list)
    text: str = ""
    """A model's own words, when it called nothing."""
    notices: list[str] = field(default_factory=list)
    """What the person should know about how the message was read."""


class Listener:
    """A brain with what keeps it in bounds."""

    def __init__(
        self, brain: Brain, ledger: Ledger | None = None, on_text: Callable[[str], None] | None = None
    ) -> None:
        self.brain = brain
        self.ledger = ledger
        self.on_text = on_text

    def hear(self, text: str, situation: Situation, last: Repeat | None = None) -> Heard:
        """The calls for a message. A brain that fails is replaced by the built-in one, with a word."""
        if self.brain.model == BUILTIN:
            return builtin_hears(text, situation)
        if self.ledger:
            self.ledger.begin_turn()
        try:
            return self._hosted(text, situation, last or Repeat())
        except Unheard as question:
            asked = {"name": "clarify", "arguments": {"missing": ["value"], "question": str(question)}}
            return Heard([asked])
        except DoorError as error:
            heard = builtin_hears(text, situation)
            heard.notices.append(f"{self._sentence(str(error))}, so the built-in brain answers this one.")
            return heard

    def ask(self, messages: list[Message], tools: list[dict[str, Any]]) -> Reply:
        """One paid call. Raises DoorError, also at a ceiling."""
        number = self.ledger.ask(messages) if self.ledger else 0
        reply = self.brain.complete(messages, tools, self.on_text)
        if self.ledger:
            self.ledger.settle(number, reply)
        return reply

    def _hosted(self, text: str, situation: Situation, last: Repeat) -> Heard:
        names = Names()
        ground = Ground(text, situation)
        messages = hosted_messages(text, situation, names)
        tools = schemas(planned=situation.state in ("plan_proposed", "plan_approved"))
        for _ in range(REPAIRS + 1):
            raw = _numbered(self.ask(messages, tools))
            reply = _real_names(raw, names)
            told = _faults(reply, ground) or _repeated(reply, ground, last, text)
            if not told:
                return _checked(reply, ground, situation)
            messages = [*messages, *_feedback(raw, {i: names.hidden(t) for i, t in told.items()})]
        return self._given_up(text, situation, next(iter(told.values())))

    def _given_up(self, text: str, situation: Situation, why: str) -> Heard:
        """After the last correction: the built-in brain where it is sure, else one question like a form."""
        heard = builtin_hears(text, situation)
        if heard.calls[0]["name"] != "clarify":
            heard.notices.append(
                self._sentence(f"{self.brain.model} made no valid order of that, so the built-in brain read it.")
            )
            return heard
        # the fault may quote the model: shown only where it claims nothing that the person did not say
        named = "" if untrue(why, text) else f" ({shortened(why, 200)})"
        raise Unheard(f"I could not make a valid order of that{named}. Which value should it be?")

    def _sentence(self, words: str) -> str:
        """With a capital, but never one in a model's name."""
        return f"The model {words}" if words.startswith(self.brain.model) else words[0].upper() + words[1:]

    def phrased(self, question: str, result: str, words: int) -> str:
        """A tool's result in a model's words; '' where they can't be trusted or it can't be asked."""
        prompt = render(
            "phrase",
            words=words,
            question=shortened(for_model(question), 800),
            result=shortened(redacted(result), 4000).replace("<", "‹"),
        )
        try:
            text = self.ask([{"role": "user", "content": prompt.text}], []).text
        except DoorError:
            return ""
        return "" if untrue(text, result) else text


def builtin_hears(text: str, situation: Situation) -> Heard:
    """The built-in brain's reading, through the same door as every other."""
    document = situation.model_dump_json(exclude_none=True).replace("<", "\\u003c")
    system = f"<situation>{document}</situation>"
    messages = [{"role": "system", "content": system}, {"role": "user", "content": text}]
    reply = Door(BUILTIN).complete(messages, [])
    return Heard([_plain(c) for c in reply.calls[:CALLS_A_TURN]])


def untrue(text: str, record: str) -> bool:
    """Whether a model's words hold a number, a deed or a link that the record does not."""
    claims = {c.lower() for c in _CLAIM.findall(text)} - {c.lower() for c in _CLAIM.findall(record)}
    return bool(claims or invented(text, record))


def _real_names(reply: Reply, names: Names) -> Reply:
    def real(value: Any) -> Any:
        return names.real(value) if isinstance(value, str) else value

    calls = [Call(c.id, c.name, {k: real(v) for k, v in c.arguments.items()}, c.fault) for c in reply.calls]
    return Reply(reply.text, calls, reply.tokens, reply.usd)


def _numbered(reply: Reply) -> Reply:
    """As many calls as are carried out, each with an id: some servers send none."""
    calls = [Call(c.id or f"call_{n}", c.name, c.arguments, c.fault) for n, c in enumerate(reply.calls[:CALLS_A_TURN])]
    return Reply(reply.text, calls, reply.tokens, reply.usd)


def _plain(call: Call) -> dict[str, Any]:
    return {"name": call.name, "arguments": call.arguments}


def _faults(reply: Reply, ground: Ground) -> dict[str, str]:
    """Call id -> why it can't be carried out, in words for the model; {} when all can."""
    if reply.calls:
        return {c.id: fault for c in reply.calls if (fault := _fault(c))}
    talk = ground.intent in ("advise", "clarify", "refuse", "explain_run") or reply.text.rstrip().endswith("?")
    return {} if talk else {"": "you called no tool: call exactly one"}


def _repeated(reply: Reply, ground: Ground, last: Repeat, said: str) -> dict[str, str]:
    """The same call again though the person says something else: told once, then asked, then not obeyed."""
    if not reply.calls or intent_of(reply.calls[0].name) == ground.intent:
        return {}
    first = reply.calls[0]
    arguments = first.arguments if first.name in TALK else ground.checked(first.arguments).arguments
    step = repeats.step(last, repeats.call_key(first.name, arguments), said)
    if step == "stop":
        raise DoorError("the model keeps making the same call", "repeats")
    if step == "ask":
        raise Unheard(f"I read that as '{first.name.replace('_', ' ')}' again. What should be different this time?")
    return {first.id: SAME_AGAIN.format(name=first.name)} if step == "nudge" else {}


def _fault(call: Call) -> str:
    if call.fault:
        return call.fault
    if call.name not in TOOLS:
        return f"there is no tool {call.name}; tools: {', '.join(TOOLS)}"
    try:
        TOOLS[call.name].arguments.model_validate(call.arguments)
    except ValidationError as error:
        return faults(error)
    return ""


def _feedback(reply: Reply, told: dict[str, str]) -> list[Message]:
    """The answer and what was wrong with it; every call gets its result, so none dangles."""
    if not reply.calls:
        return [{"role": "assistant", "content": reply.text}, {"role": "user", "content": told[""]}]
    calls = [
        {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": json.dumps(c.arguments)}}
        for c in reply.calls
    ]
    words = {c.id: told.get(c.id, "not carried out: correct the other call first") for c in reply.calls}
    return [
        {"role": "assistant", "content": reply.text, "tool_calls": calls},
        *({"role": "tool", "tool_call_id": i, "content": text} for i, text in words.items()),
    ]


def _checked(reply: Reply, ground: Ground, situation: Situation) -> Heard:
    """Calls with grounded arguments; what was left out is told."""
    heard = Heard()
    left: dict[str, Any] = {}
    for call in reply.calls:
        found = ground.checked(call.arguments) if call.name not in TALK else Grounded(call.arguments)
        left |= found.left_out
        if call.name == "clarify" and not _own_words(str(found.arguments.get("question") or ""), ground):
            found.arguments = {k: v for k, v in found.arguments.items() if k != "question"}
        heard.calls.append({"name": call.name, "arguments": found.arguments})
    if left:
        named = ", ".join(f"{k} = {redacted(str(v))}" for k, v in left.items())
        heard.notices.append(f"Left out: {named}. I did not find it in your own words. Say it to set it.")
    if not heard.calls:
        heard.text = _own_words(reply.text, ground)
        heard.calls = [] if heard.text else builtin_hears(ground.message, situation).calls
    return heard


def _own_words(text: str, ground: Ground) -> str:
    text = shortened(text.strip(), LONGEST_TEXT)
    return "" if untrue(text, ground.own) else text
