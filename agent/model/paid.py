"""Questions to a model that are put on an account, from several threads at once."""

from __future__ import annotations

from dataclasses import replace
from threading import Lock

from agent.model.door import Brain
from agent.model.ledger import Ledger
from agent.model.prices import price_of
from agent.model.reply import Message, Reply
from trainer.data.more.spending import CHARACTERS_A_TOKEN, Price


class Paid:
    """A model with its account: each question is written down before it is asked and settled after."""

    def __init__(self, brain: Brain, ledger: Ledger) -> None:
        self.brain, self._ledger, self._lock = brain, ledger, Lock()
        self.price: Price = price_of(brain.model, getattr(brain, "api_base", None))

    def text(self, prompt: str) -> str:
        """The model's answer. Raises DoorError when it can't be asked, or the account is used up."""
        messages: list[Message] = [{"role": "user", "content": prompt}]
        with self._lock:
            number = self._ledger.ask(messages)
        reply = self.brain.complete(messages, [])
        with self._lock:
            self._ledger.settle(number, replace(reply, usd=self._usd(reply, prompt)))
        return reply.text

    def _usd(self, reply: Reply, prompt: str) -> float | None:
        """The provider's own figure, else tokens times the price; None where neither is known."""
        if self.price.local:
            return 0.0
        if reply.usd is not None:
            return reply.usd
        sent = len(prompt) / CHARACTERS_A_TOKEN[0]
        return self.price.usd(min(sent, reply.tokens or sent), max(0.0, (reply.tokens or sent) - sent))
