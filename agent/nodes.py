"""The steps of a conversation. Each takes the state and returns what changes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from langgraph.types import Command, interrupt
from pydantic import ValidationError

from agent.approval import read_answer, ticket
from agent.builtin import manner as manners
from agent.builtin.manner import Manner
from agent.builtin.understand import understand
from agent.intents import intent_of
from agent.listening import Listener
from agent.model import repeats
from agent.model.door import BUILTIN, Brain
from agent.model.ledger import Ledger
from agent.model.offer import offer_judge
from agent.model.repeats import Repeat
from agent.model.writer import DoorWriter
from agent.preparing import aimed
from agent.progress import ProgressFile
from agent.situation import PastTurn
from agent.state import HISTORY, State, manner_of, order_of, situation_of
from tools.desk import Desk, ToolResult
from tools.glossary import explained
from tools.registry import TOOLS
from tools.running import carry_out
from tools.words import in_english
from trainer.diagnosis.questions import topic_of
from trainer.errors import UserFacingError
from trainer.fields import faults

OWN_WORDS = {
    "resume_run": "resume",
    "export_model": "export",
    "stop_run": "stop",
    "decline_plan": "reject",
    "start_training": "start",
    "probe_plan": "probe_plan",
    "replay_run": "replay",
    "learning_curve": "learning_curve",
}
"""Tools a hosted model may not call by itself, and the intent that the person's words must have."""
PHRASED = {"explain_run", "advise", "run_status"}
"""Tools whose sentences a hosted model may put into other words; what quotes rows is said apart from them."""
PHRASE_WORDS = 120
Step = tuple[dict[str, Any], Literal["launch", "listen", "act", "wait", "__end__"]]
"""What changes, and which step follows."""


def event(kind: str, **facts: Any) -> dict[str, Any]:
    """An event for the log."""
    return {"type": kind, "at": time.time(), **facts}


def said(text: str, **facts: Any) -> dict[str, Any]:
    """The agent's words."""
    return event("message", role="assistant", text=text, **facts)


@dataclass
class Nodes:
    """The steps, with what they need: a brain, and where things are."""

    brain: Brain
    home: Path
    roots: list[Path]
    thread: Callable[[], str]
    on_text: Callable[[str], None] | None = None

    @cached_property
    def listener(self) -> Listener:
        """The brain with what keeps it in bounds."""
        path = self.home / f"thread-{self.thread()}-model.jsonl"
        return Listener(self.brain, None if self.brain.model == BUILTIN else Ledger(path), self.on_text)

    def desk(self, state: State) -> Desk:
        """The tools' view of the conversation."""
        offer_judge()
        return Desk(
            home=self.home,
            roots=self.roots,
            files=list(state.get("files", [])),
            order=order_of(state),
            order_state=state.get("order_state", "none"),
            run_id=state.get("run_id"),
            study_id=_own_search(state),
            voice=manner_of(state).voice,
            watch=ProgressFile(self.home, self.thread()),
            writer=None if self.brain.model == BUILTIN else self._writer,
        )

    def _writer(self, job: str) -> DoorWriter:
        """The chosen model as a writer of rows."""
        return DoorWriter(self.brain, self.home / "prepared" / "jobs", job)

    def listen(self, state: State) -> dict[str, Any]:
        """Ask the brain what the message wants: tool calls, validated."""
        manner = manners.heard(manner_of(state), state["inbox"])
        if manners.asked_register(state["inbox"]):
            return _other_words(state, manner)
        situation = situation_of(state, self.desk(state))
        heard = self.listener.hear(state["inbox"], situation, Repeat(**state.get("repeat") or {}))
        log = [said(words, notice=True) for words in heard.notices]
        if heard.text:
            log.append(said(heard.text, own_words=self.brain.model))
        history = _remember(state, heard.calls, situation.plan)
        return {"calls": heard.calls, "log": log, "history": history, "manner": manner.model_dump()}

    def act(self, state: State) -> Command[Literal["wait", "phrase", "__end__"]]:
        """Carry out the tool calls; a new order goes on the table and is waited on."""
        update: dict[str, Any] = {"log": [], "calls": []}
        working: State = dict(state)  # type: ignore[assignment]
        last = ""
        for asked in state.get("calls", []):
            call = _continued(aimed(asked, state["inbox"], self.desk(working)), state)
            result = self._carry(call, working)
            changed = _changes(result, working)
            working.update(changed)  # type: ignore[typeddict-item]
            update |= changed | self._told(call, working)
            update["log"] += [
                said(_spoken(result.say, call["name"], working, update), tool=call["name"]),
                *([said(result.quotes, quotes=True)] if result.quotes else []),
                *(event(e["type"], **_rest(e)) for e in result.events),
            ]
            troubled = any(e["type"] in ("problem", "invalid") for e in result.events)
            last = "" if troubled or result.as_it_is else call["name"]
            update["repeat"] = _repeat(call, result.say, working)
        hosted = self.brain.model != BUILTIN and last in PHRASED
        waiting = working.get("order_state") == "proposed"
        return Command(update=update, goto="phrase" if hosted else "wait" if waiting else "__end__")

    def _told(self, call: dict[str, Any], state: State) -> dict[str, Any]:
        return {"told": {**call, "inbox": state["inbox"]}} if call["name"] in PHRASED else {}

    def _carry(self, call: dict[str, Any], state: State) -> ToolResult:
        """One call; what a person can mend comes back as a sentence, never as a traceback."""
        tool = TOOLS.get(call["name"])
        if tool is None:
            name = call["name"].replace("_", " ")
            return ToolResult(
                f"To {name} is not built yet. I can inspect data, plan, train, search, evaluate and explain."
            )
        try:
            self._persons_own(call["name"], state)
            arguments = dict(call["arguments"])
            if "goal" in tool.arguments.model_fields and not arguments.get("goal"):
                arguments["goal"] = state["inbox"][:2000]
            if "question" in tool.arguments.model_fields and call["name"] != "clarify":
                arguments.setdefault("question", state["inbox"])
            return tool.function(tool.arguments.model_validate(arguments), self.desk(state))
        except ValidationError as error:
            return ToolResult(f"That can't be set: {faults(error)}.", events=[{"type": "invalid"}])
        except UserFacingError as error:
            voice = manner_of(state).voice
            return ToolResult("\n".join(in_english([error.sentence()], voice)), events=[{"type": "problem"}])
        finally:
            ProgressFile(self.home, self.thread()).clear()

    def _persons_own(self, name: str, state: State) -> None:
        """What costs or writes must be the person's own wish, not a model's idea."""
        if self.brain.model == BUILTIN or name not in OWN_WORDS:
            return
        if understand(state["inbox"], situation_of(state, self.desk(state))).intent != OWN_WORDS[name]:
            word = OWN_WORDS[name].replace("_", " ")
            raise UserFacingError(f"to {word} I need your own word", "", f"Say '{word}' if you want that.")

    def phrase(self, state: State) -> Command[Literal["wait", "__end__"]]:
        """Let a hosted model put the rules' sentence into words; every number is checked."""
        spoken = next((e for e in reversed(state["log"]) if e["type"] == "message" and e.get("tool")), None)
        waiting = state.get("order_state") == "proposed"
        goto: Literal["wait", "__end__"] = "wait" if waiting else "__end__"
        if spoken is None:
            return Command(goto=goto)
        text = self.listener.phrased(state["inbox"], spoken["text"], PHRASE_WORDS)
        return Command(update={"log": [said(text, phrased=True)] if text else []}, goto=goto)

    def wait(self, state: State) -> Command[Literal["launch", "listen", "act", "wait", "__end__"]]:
        """Stand still until a person answers the order on the table."""
        order = order_of(state)
        if order is None or state.get("order_state") != "proposed":
            return Command(goto="__end__")
        answer = interrupt({"hash": order.hash, "kind": order.kind})
        update, goto = self._answered(state, answer, order.hash)
        return Command(update=update, goto=goto)

    def _answered(self, state: State, answer: dict[str, Any], current: str) -> Step:
        """What a person's answer changes, and which step follows."""
        kind = answer.get("kind")
        if kind == "approve":
            return self._approved(state, str(answer.get("hash")), current)
        if kind == "decline":
            log = [event("declined", hash=current), said(self._say(state, "not_started"))]
            return {"order_state": "none", "log": log}, "__end__"
        if kind == "lay":
            return dict(answer["laid"]), "wait"
        if kind == "calls":
            return {k: answer[k] for k in ("calls", "inbox", "log")}, "act"
        update, goto = self._typed(state, str(answer.get("text", "")), current, str(answer.get("shown") or current))
        return {**update, "files": answer.get("files", [])}, goto

    def _approved(self, state: State, shown: str, current: str) -> Step:
        if shown != current:
            return {"log": [said(self._say(state, "stale")), event("stale_approval", hash=shown)]}, "wait"
        mark = ticket(self.thread(), state.get("order_number", 0), current)
        return {"order_state": "approved", "approval": mark, "log": [event("approved", hash=current)]}, "launch"

    def _say(self, state: State, key: str) -> str:
        return manner_of(state).voice.say(key)

    def _typed(self, state: State, text: str, current: str, shown: str) -> Step:
        """A typed answer: a plain yes approves, an unclear one gets the button, the rest is a message."""
        spoken = event("message", role="user", text=text)
        verdict = read_answer(text)
        if verdict == "approve":
            update, goto = self._approved(state, shown, current)
            return {**update, "log": [spoken, *update["log"]]}, goto
        if verdict == "confirm":
            words = manners.heard(manner_of(state), text).voice.say("confirm")
            return {"log": [spoken, said(words), event("needs_approval", hash=current)]}, "wait"
        return {"inbox": text, "log": [spoken]}, "listen"

    def launch(self, state: State) -> Command[Literal["wait", "__end__"]]:
        """Start what was approved. Its own node: a rerun finds the ticket used and starts nothing twice."""
        order = order_of(state)
        if order is None:
            return Command(update={"order_state": "none"}, goto="__end__")
        try:
            result = carry_out(order, state["approval"], self.desk(state))
        except UserFacingError as error:
            log = [said(error.sentence()), event("problem")]
            return Command(update={"order_state": "proposed", "log": log}, goto="wait")
        finally:
            ProgressFile(self.home, self.thread()).clear()
        log = [said(result.say), *(event(e["type"], **_rest(e)) for e in result.events)]
        update = {"order_state": "started", "log": log} | _changes(result, state)
        return Command(update=update, goto="wait" if update["order_state"] == "proposed" else "__end__")


def _other_words(state: State, manner: Manner) -> dict[str, Any]:
    """The person wants another register: it is kept from now on, and the last answer is given in it."""
    told = state.get("told")
    words = said(manner.voice.say(f"register_{manner.register_}"))
    again = {"inbox": told["inbox"], "calls": [{k: told[k] for k in ("name", "arguments")}]} if told else {"calls": []}
    return {"manner": manner.model_dump(), "log": [words], **again}


def _spoken(text: str, tool: str, state: State, update: dict[str, Any]) -> str:
    """A tool's sentence as this person reads it: marked where it is English only, terms explained."""
    mark = manner_of(state).voice.say("english_here")
    if not mark:
        return _for_beginners(text, state, update)
    if tool in PHRASED - {"run_status"}:
        return f"{mark}\n{text}"
    head, found, rest = text.partition(mark)
    return head + found + rest.replace(f"\n{mark}", "")


def _for_beginners(text: str, state: State, update: dict[str, Any]) -> str:
    """Terms get a few words of explanation where a beginner meets them first."""
    manner = manner_of(state)
    if manner.register_ != "plain" or manner.language != "en":
        return text
    text, known = explained(text, manner.explained)
    update["manner"] = state["manner"] = manner.model_copy(update={"explained": known}).model_dump()
    return text


def _continued(call: dict[str, Any], state: State) -> dict[str, Any]:
    """“Prove it” means the run and the step that were explained last, unless others are named."""
    told, given = state.get("told") or {}, call["arguments"]
    if call["name"] != "replay_run" or told.get("name") != "explain_run" or given.get("step") or given.get("rows"):
        return call
    topic = topic_of(str(told.get("inbox", "")))
    last = {"run_id": told["arguments"].get("run_id"), "step": told["arguments"].get("step") or (topic and topic.step)}
    return call | {"arguments": {k: v for k, v in last.items() if v is not None} | given}


def _rest(e: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in e.items() if k != "type"}


def _repeat(call: dict[str, Any], result: str, state: State) -> dict[str, Any]:
    key = repeats.call_key(call["name"], call["arguments"])
    last = Repeat(**state.get("repeat") or {})
    return repeats.after(last, key, result, state["inbox"]).model_dump()


def _remember(state: State, calls: list[dict[str, Any]], plan: dict[str, Any]) -> list[dict[str, Any]]:
    first: dict[str, Any] = calls[0] if calls else {"name": "clarify", "arguments": {}}
    turn = PastTurn(
        text=state["inbox"][:2000],
        intent=intent_of(first["name"]),
        slots=first["arguments"],
        plan_before=plan,
    )
    return [*state.get("history", []), turn.model_dump()][-HISTORY:]


def _changes(result: ToolResult, state: State) -> dict[str, Any]:
    """What a tool's result changes in the conversation."""
    update: dict[str, Any] = {}
    if result.order is not None:
        update |= {
            "order": result.order.model_dump(mode="json"),
            "order_state": "proposed",
            "order_number": state.get("order_number", 0) + 1,
        }
    if result.dropped:
        update["order_state"] = "none"
    if result.run_id:
        update["run_id"] = result.run_id
    if result.file:
        update["files"] = [f for f in state.get("files", []) if f != result.file] + [result.file]
    return update


def _own_search(state: State) -> str | None:
    """The search this conversation started, where nothing was started after it."""
    started = [e for e in state.get("log", []) if e["type"] in ("run_started", "search_started")]
    return started[-1].get("study") if started else None
