"""Customers' messages as combinations: a domain's object, a problem, and how the person writes."""

import re
from dataclasses import dataclass
from random import Random

from trainer.builtin.grammar import Grammar
from trainer.builtin.reserved import is_reserved

_QUESTION = re.compile(
    r"(how|what|why|when|where|who|which|can|could|may|must|will|do|does|did|is|are|was|am)\b",
    re.IGNORECASE,
)
_LONE_I = re.compile(r"\bi\b(?!\.)")

LABEL_WORDS = {
    "late": ("late", "not arrived", "delayed"),
    "delivery": ("delivery time", "delivery", "when it comes"),
    "track": ("tracking", "where is it"),
    "order": ("order", "get", "request"),
    "lost": ("lost", "missing"),
    "stolen": ("stolen", "theft"),
    "broken": ("broken", "not working", "out of order"),
    "activate": ("activate", "set up"),
    "link": ("link", "add"),
    "expire": ("expired", "runs out"),
    "accepted": ("accepted", "where to use", "acceptance"),
    "stuck": ("stuck", "swallowed"),
    "return": ("return", "send back"),
    "limit": ("limit", "maximum", "limits"),
    "price": ("price", "cost"),
    "pending": ("pending", "not finished"),
    "refused": ("refused", "declined", "rejected"),
    "failed": ("failed", "error"),
    "fee": ("fee", "charge", "charged"),
    "amount": ("wrong amount", "amount"),
    "unknown": ("unknown", "not recognised", "not mine"),
    "twice": ("twice", "double", "duplicate"),
    "back": ("reversed", "returned", "reverted"),
    "cancel": ("cancel", "stop", "undo"),
    "how": ("how to", "help", "make"),
    "time": ("time", "how long", "duration"),
    "missing": ("missing", "not received", "not showing"),
    "rate": ("rate", "wrong rate", "exchange rate"),
    "forgotten": ("forgotten", "reset"),
    "blocked": ("blocked", "locked"),
    "change": ("change", "edit", "update"),
    "open": ("open", "new"),
    "close": ("close", "end", "delete"),
    "country": ("country", "countries"),
    "why": ("why", "reason"),
}
"""Problem in a rule's name -> words for it in a label; the first is the usual one."""


@dataclass(frozen=True)
class Issue:
    """One thing a message can be about: `subject` is an object rule, `problem` an issue rule."""

    domain: str
    kind: str
    subject: str
    problem: str

    @property
    def rule(self) -> str:
        """Rule with the message templates."""
        return f"issue.{self.kind}.{self.problem}"

    @property
    def alias(self) -> dict[str, str]:
        """What `{it}` stands for in the templates."""
        return {"it": f"object.{self.domain}.{self.kind}.{self.subject}"}

    @property
    def label(self) -> str:
        """The usual label, in snake_case."""
        return snake(f"{self.subject} {LABEL_WORDS[self.problem][0]}")

    def words(self, rng: Random) -> str:
        """Label as plain words, in one of several wordings."""
        words, subject = LABEL_WORDS[self.problem], self.subject.replace("_", " ")
        while True:
            problem = words[int(rng.random() * len(words))]
            label = f"{subject} {problem}" if rng.random() < 0.6 else f"{problem} {subject}"
            if not is_reserved(label):
                return label


def snake(words: str) -> str:
    """Words joined as snake_case."""
    return words.lower().replace(" ", "_")


def catalogue(grammar: Grammar) -> dict[str, list[Issue]]:
    """Every issue that objects and problems can form, by domain."""
    found: dict[str, list[Issue]] = {}
    for name in grammar.names("object."):
        _, domain, kind, subject = name.split(".")
        for rule in grammar.names(f"issue.{kind}."):
            issue = Issue(domain, kind, subject, rule.rsplit(".", 1)[1])
            found.setdefault(domain, []).append(issue)
    return found


def message(grammar: Grammar, issue: Issue, rng: Random) -> str:
    """A customer's message about `issue`, with greeting, closing, case and slips of the finger."""
    parts = [_core(grammar, issue, rng)]
    if rng.random() < 0.15:
        parts.append(_core(grammar, issue, rng))
    if rng.random() < 0.2:
        context = grammar.expand(f"context.{issue.kind}", rng)
        parts.insert(int(rng.random() * 2), context)
    if rng.random() < 0.22:
        parts.insert(0, _sentence(grammar.expand("opener", rng)).rstrip(".?") + ",")
        parts[1] = parts[1][:1].lower() + parts[1][1:]
    if rng.random() < 0.3:
        parts.append(_sentence(grammar.expand("closer", rng)))
    return _as_typed(" ".join(parts), rng)


def reply(grammar: Grammar, issue: Issue, rng: Random) -> str:
    """A short answer that the service of the issue's domain could give."""
    return grammar.expand(f"answer.{issue.kind}", rng, issue.alias)


def _core(grammar: Grammar, issue: Issue, rng: Random) -> str:
    while is_reserved(text := grammar.expand(issue.rule, rng, issue.alias)):
        pass
    if rng.random() < 0.15:
        rule = "ask.lead" if _QUESTION.match(text) else "lead"
        return _sentence(f"{grammar.expand(rule, rng)} {text}")
    return _sentence(text)


def _sentence(text: str) -> str:
    asks = _QUESTION.match(text.rsplit(", ", 1)[-1]) or _QUESTION.match(text)
    ended = text + ("?" if asks else ".")
    return ended[:1].upper() + ended[1:]


def _as_typed(text: str, rng: Random) -> str:
    """Proper case two times in three; else lower case, no full stop, or a typing error."""
    draw = rng.random()
    if draw < 0.2:
        text = text.lower().rstrip(".?") if draw < 0.12 else text.lower()
    else:
        text = _LONE_I.sub("I", text)
    if rng.random() < 0.08:
        at = int(rng.random() * (len(text) - 2))
        text = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text
