"""All that a user interface may call: one conversation, by its id."""

from __future__ import annotations

import re
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command

from agent.account import account
from agent.graph import build
from agent.model.door import Brain, Door
from agent.nodes import Nodes, event
from agent.state import State, manner_of, order_of
from tools.alerts import alert_words, alerts_of
from tools.evaluating import examination_words
from tools.orders import Order
from tools.search.study import StudyStore
from tools.searching import best_order
from tools.words import in_english
from trainer.errors import UserFacingError
from trainer.evaluation import examination
from trainer.paths import home
from trainer.records import read_json, write_atomic
from trainer.runs import RunStore


class Session:
    """A conversation that survives a killed process."""

    def __init__(
        self,
        thread: str | None = None,
        brain: Brain | None = None,
        roots: list[Path] | None = None,
        folder: Path | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> None:
        self.thread = _safe(thread or uuid.uuid4().hex[:12])
        self.folder = folder or home()
        self.brain: Brain = brain or Door()
        self.roots = roots if roots is not None else [Path.cwd(), self.folder / "uploads"]
        self._config = {"configurable": {"thread_id": self.thread}}
        connection = sqlite3.connect(self.folder / "conversations.sqlite", check_same_thread=False, timeout=30)
        nodes = Nodes(self.brain, self.folder, self.roots, lambda: self.thread, on_text)
        self._graph = build(nodes, SqliteSaver(connection))
        self._lock = FileLock(str(self.folder / f"thread-{self.thread}.lock"), timeout=120)
        self._given = self.folder / f"thread-{self.thread}-files.json"
        self._connection = connection

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    @property
    def state(self) -> State:
        """The conversation as it is stored."""
        values: State = self._graph.get_state(self._config).values
        return values

    @property
    def pending(self) -> Order | None:
        """The order that waits for a person, if any."""
        return order_of(self.state) if self._waiting() else None

    def events(self) -> list[dict[str, Any]]:
        """Everything that happened, in order."""
        return list(self.state.get("log", []))

    def give_file(self, path: str | Path) -> None:
        """Add a data file the person chose; the newest counts when none is named."""
        full = str(Path(path).expanduser().resolve())
        write_atomic(self._given, {"files": [f for f in self.files() if f != full] + [full]})

    def files(self) -> list[str]:
        """Data files of this conversation, the newest last."""
        known = list(self.state.get("files", []))
        return known + [f for f in read_json(self._given).get("files", []) if f not in known]

    def ask(self, text: str, shown: str = "") -> list[dict[str, Any]]:
        """A typed message. Returns the events it caused. `shown` is the hash on the person's screen, if any."""
        with self._alone():
            self._go_on()
            before = len(self.events())
            files = self.files()
            if self._waiting():
                self._run(Command(resume={"kind": "text", "text": text, "files": files, "shown": shown}))
            else:
                spoken = event("message", role="user", text=text)
                self._run({"inbox": text, "files": files, "entry": "text", "log": [spoken]})
            return self.events()[before:]

    def approve(self, shown: str) -> list[dict[str, Any]]:
        """The person's button on the order with this hash. A second click starts nothing."""
        return self._answer({"kind": "approve", "hash": shown})

    def decline(self) -> list[dict[str, Any]]:
        """The person's other button."""
        return self._answer({"kind": "decline"})

    def change(self, values: dict[str, Any]) -> list[dict[str, Any]]:
        """Values the person typed into the card: the same revision as in words, without reading any."""
        named = ", ".join(f"{k} = {v}" for k, v in values.items())
        return self._called({"name": "revise_plan", "arguments": values}, named)

    def measure(self) -> list[dict[str, Any]]:
        """The person's button for a probe: a few real steps of the plan on the table, before any approval."""
        return self._called({"name": "probe_plan", "arguments": {}}, "measure it first")

    def _called(self, call: dict[str, Any], named: str) -> list[dict[str, Any]]:
        with self._alone():
            self._go_on()
            if not self._waiting():
                raise UserFacingError("there is no plan on the table to change", "", "Say what you want to train.")
            before = len(self.events())
            spoken = event("message", role="user", text=named)
            self._run(Command(resume={"kind": "calls", "calls": [call], "inbox": named, "log": [spoken]}))
            return self.events()[before:]

    def report(self, run_id: str) -> None:
        """Tell in the conversation, once, how its run has ended."""
        with self._alone():
            run = RunStore(self.folder).get(run_id)
            status = run.status().get("status")
            if any(e["type"] == "report" and (e["run_id"], e["status"]) == (run_id, status) for e in self.events()):
                return
            words = event("message", role="assistant", text=account(run, manner_of(self.state).voice))
            told = {"log": [words, event("report", run_id=run_id, status=status)]}
            self._lay(told)

    def compared(self, run_id: str) -> None:
        """Tell in the conversation, once, what came of setting its run beside prompting, where that was asked for."""
        with self._alone():
            found = examination.read(RunStore(self.folder).get(run_id))
            told = any(e["type"] == "compared" and e["run_id"] == run_id for e in self.events())
            if found.get("status") != "finished" or told:
                return
            words = "\n".join(in_english([examination_words(found)], manner_of(self.state).voice))
            told_now = [event("message", role="assistant", text=words), event("compared", run_id=run_id)]
            self._lay({"log": told_now})

    def warn(self, run_id: str) -> None:
        """Tell in the conversation, once each, what was noticed while a run goes."""
        with self._alone():
            run = RunStore(self.folder).get(run_id)
            told = {(e["run_id"], e["label"]) for e in self.events() if e["type"] == "alert"}
            new = [a for a in alerts_of(run) if (run_id, a["label"]) not in told]
            if not new:
                return
            voice = manner_of(self.state).voice
            log = []
            for alert in new:
                words = "\n".join(in_english([alert_words(run, alert, voice)], voice))
                log += [event("message", role="assistant", text=words)]
                log += [event("alert", run_id=run_id, label=alert["label"], step=alert["step"])]
            self._lay({"log": log})

    def _lay(self, laid: dict[str, Any]) -> None:
        """Add to the conversation, whether or not it waits for an answer."""
        self._run(Command(resume={"kind": "lay", "laid": laid}) if self._waiting() else {**laid, "entry": "lay"})

    def conclude(self, study_id: str) -> None:
        """When a search has ended: tell its result once, and lay the best plan on the table."""
        with self._alone():
            if any(e["type"] == "study_report" and e["study"] == study_id for e in self.events()):
                return
            self._tell_study(study_id)

    def _tell_study(self, study_id: str) -> None:
        found = StudyStore(self.folder).get(study_id)
        best, text = best_order(found), str(found.state().get("text", ""))
        done = event("study_report", study=study_id)
        if best is not None:
            self.lay(best, f"{text}\nThis is the plan with those values. Approve it, change it, or decline.", done)
            return
        told = {"log": [event("message", role="assistant", text=text), done]}
        self._lay(told)

    def lay(self, order: Order, words: str, *more: dict[str, Any]) -> list[dict[str, Any]]:
        """Put an order on the table that the person made themselves (an edited plan, a search's best)."""
        with self._alone():
            self._go_on()
            before = len(self.events())
            paper = order.paper()
            shown = event(paper.pop("type"), **paper)
            note = event("message", role="assistant", text=words)
            number = self.state.get("order_number", 0) + 1
            laid = {
                "order": order.model_dump(mode="json"),
                "order_state": "proposed",
                "order_number": number,
                "log": [note, shown, *more],
            }
            self._lay(laid)
            return self.events()[before:]

    def _answer(self, answer: dict[str, Any]) -> list[dict[str, Any]]:
        with self._alone():
            self._go_on()
            before = len(self.events())
            if self._waiting():
                self._run(Command(resume=answer))
                return self.events()[before:]
            started = self.state.get("order_state") == "started"
            order = order_of(self.state)
            if started and order is not None and answer.get("hash") == order.hash:
                run = self.state.get("run_id") or "the search"
                done = "That is done already." if order.replay or order.extent else "That file is written already."
                text = done if order.proposal is None else f"Already started as {run}."
                return [event("message", role="assistant", text=text)]
            raise UserFacingError("there is nothing on the table to answer", "", "Say what you want to train.")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One step of the conversation at a time. Raises UserFacingError where a long one is going on."""
        try:
            self._lock.acquire()
        except Timeout:
            raise UserFacingError(
                "something long is still going on in this conversation", "", "Wait for it, or end it with its button."
            ) from None
        try:
            yield
        finally:
            self._lock.release()

    def _go_on(self) -> None:
        """Finish what a killed process left: an approved order is launched, once."""
        snapshot = self._graph.get_state(self._config)
        if "launch" in snapshot.next and not snapshot.interrupts:
            self._run(None)

    def _waiting(self) -> bool:
        return bool(self._graph.get_state(self._config).interrupts)

    def _run(self, step: Any) -> None:
        self._graph.invoke(step, self._config, durability="sync")


def _safe(thread: str) -> str:
    """A thread id that is also a harmless file name."""
    name = re.sub(r"[^A-Za-z0-9_-]", "-", thread)[:64].strip("-")
    return name or f"thread-{int(time.time())}"
