"""The chosen language model as a writer of rows: through the same door, every call in an account of the job's own.

An approved job that is cut off and goes on pays no answer twice: answers are kept beside its account.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields, replace
from pathlib import Path

from agent.model.door import Brain
from agent.model.ledger import Ceilings, Ledger
from agent.model.prices import price_of
from agent.model.reply import Message, Reply
from agent.model.troubles import DoorError
from agent.model.untrusted import without_keys
from trainer.data.more.spending import CHARACTERS_A_TOKEN, Cost, Price, Stopped
from trainer.records import append, read_from

_OPEN = Ceilings(**{f.name: float("inf") for f in fields(Ceilings)})
"""The limits of a job are those of its order."""


class DoorWriter:
    """One job's writer. `job` is its approval; '' for a look at the price only."""

    def __init__(self, brain: Brain, folder: Path, job: str) -> None:
        self.model = brain.model
        self._brain = brain
        self._price: Price | None = None
        name = hashlib.sha256(job.encode()).hexdigest()[:16]
        self._replies = folder / f"{name}-replies.jsonl"
        self._ledger = Ledger(folder / f"{name}-model.jsonl", _OPEN)

    @property
    def price(self) -> Price:
        """What the model costs."""
        if self._price is None:
            self._price = price_of(self.model, getattr(self._brain, "api_base", None))
        return self._price

    @property
    def cost(self) -> Cost:
        """What the job has used so far, also before a restart."""
        spent = self._ledger.spent()
        usd = 0.0 if self.price.local else None if spent.unpriced else spent.usd
        return Cost(spent.calls, spent.tokens, usd)

    def write(self, prompt: str) -> str:
        """The model's answer. No tool is offered, so whatever it says is only text. Raises Stopped."""
        mark = hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).hexdigest()
        known = self._known().get(mark)
        if known is not None:
            return known
        text = self._asked([{"role": "user", "content": without_keys(prompt)}])
        append(self._replies, {"prompt": mark, "text": text})
        return text

    def _asked(self, messages: list[Message]) -> str:
        self._replies.parent.mkdir(parents=True, exist_ok=True)
        try:
            number = self._ledger.ask(messages)
            reply = self._brain.complete(messages, [])
        except DoorError as error:
            raise Stopped(str(error)) from error
        self._ledger.settle(number, replace(reply, usd=self._usd(reply, messages)))
        return reply.text

    def _usd(self, reply: Reply, messages: list[Message]) -> float | None:
        """The provider's own figure, else tokens times the price; None where neither is known."""
        if reply.usd is not None:
            return reply.usd
        sent = len(str(messages[0]["content"])) / CHARACTERS_A_TOKEN[0]
        return self.price.usd(min(sent, reply.tokens or sent), max(0.0, (reply.tokens or 2 * sent) - sent))

    def _known(self) -> dict[str, str]:
        rows, _ = read_from(self._replies)
        return {row["prompt"]: row["text"] for row in rows}
