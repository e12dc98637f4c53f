"""Instruction tasks of the corpus: each gives what the user writes and what the answer is."""

from collections.abc import Callable
from random import Random

from trainer.builtin.grammar import Grammar
from trainer.builtin.issues import Issue, catalogue, message, reply, snake
from trainer.builtin.world import World

Exchange = tuple[str, str]
_BANK_SHARE = 0.55


class Tasks:
    """Draws tasks at random, each kind with its weight."""

    def __init__(self, grammar: Grammar, world: World):
        self.grammar = grammar
        self.world = world
        self.issues = catalogue(grammar)
        self.domains = sorted(set(self.issues) - {"bank"})
        weighted: list[tuple[Callable[[Random], Exchange], int]] = [
            (self.classify, 22), (self.label, 22), (self.answer, 18), (self.rephrase, 10),
            (self.same, 6), (self.repeat, 5), (self.short, 4), (self.polite, 4),
            (self.number, 3), (self.name, 3), (self.things, 2), (world.question, 6),
        ]  # fmt: skip
        self._drawn = [task for task, weight in weighted for _ in range(weight)]

    def exchange(self, rng: Random) -> Exchange:
        """One user message and its answer."""
        return self._drawn[int(rng.random() * len(self._drawn))](rng)

    def paraphrases(self, rng: Random) -> str:
        """Several messages about one issue, one under the other, as a support team's notes."""
        issue = self._issue(rng)
        lines = [self._message(issue, rng) for _ in range(2 + int(rng.random() * 4))]
        heads = (f"{issue.words(rng).capitalize()}:", f"[{issue.label}]", f"# {issue.words(rng)}")
        return "\n".join([heads[int(rng.random() * 3)], *lines])

    def classify(self, rng: Random) -> Exchange:
        """Choose one of the labels listed in the question."""
        options = self._options(rng, 2 + int(rng.random() * 7))
        style = _LABEL_STYLES[int(rng.random() * len(_LABEL_STYLES))]
        names = [style(option.words(rng)) for option in options]
        at = int(rng.random() * len(options))
        ask = self.grammar.expand("ask.classify", rng, {}).replace("<labels>", ", ".join(names))
        text = self._message(options[at], rng)
        return (f"{ask}\n{text}" if rng.random() < 0.7 else f"{text}\n{ask}"), names[at]

    def label(self, rng: Random) -> Exchange:
        """Name the issue of a message in its usual label, without a list to choose from."""
        issue = self._issue(rng)
        text = self._message(issue, rng)
        if rng.random() < 0.5:
            text = f"{self.grammar.expand('ask.label', rng)}\n{text}"
        return text, issue.label

    def answer(self, rng: Random) -> Exchange:
        """Answer a customer."""
        issue = self._issue(rng)
        return self._message(issue, rng), reply(self.grammar, issue, rng)

    def rephrase(self, rng: Random) -> Exchange:
        """Say the same in other words."""
        issue = self._issue(rng)
        return self._ask("ask.rephrase", self._message(issue, rng), rng), self._message(issue, rng)

    def same(self, rng: Random) -> Exchange:
        """Whether two messages ask for the same thing."""
        first, other = self._options(rng, 2)
        alike = rng.random() < 0.5
        ask = self._ask("ask.same", self._message(first, rng), rng)
        ask = ask.replace("<other>", self._message(first if alike else other, rng))
        return ask, "Yes" if alike else "No"

    def repeat(self, rng: Random) -> Exchange:
        """Repeat a sentence, or write it in capitals."""
        text = self.grammar.expand("sentence", rng)
        if rng.random() < 0.25:
            return self._ask("ask.upper", text, rng), text.upper()
        return self._ask("ask.repeat", text, rng), text

    def short(self, rng: Random) -> Exchange:
        """Give the main point: who did what."""
        who, did = self.grammar.expand("person", rng), self.grammar.expand("verbpast", rng)
        what = self.grammar.expand("thing", rng)
        first = f"{who} {did} a {self.grammar.expand('adjective', rng)} {what}"
        where = self.grammar.say("{past} near the {place} in {town}", rng)
        more = self.grammar.expand("sentence", rng)
        return self._ask("ask.short", f"{first} {where}. {more}", rng), f"{who} {did} a {what}."

    def polite(self, rng: Random) -> Exchange:
        """Turn a rude order into a polite wish."""
        deed = self.grammar.say("{verb} the {adjective} {thing}", rng)
        rude = rng.choice((f"{deed.capitalize()}!", f"{deed.capitalize()} now!", f"Just {deed}."))
        return self._ask("ask.polite", rude, rng), f"Could you please {deed}? Thank you."

    def number(self, rng: Random) -> Exchange:
        """Extract the reference from a message."""
        found = self.grammar.expand("reference", rng)
        text = self._message(self._issue(rng), rng)
        place = rng.choice((f"My number is {found}. {text}", f"{text} The number is {found}."))
        return self._ask("ask.number", place, rng), found

    def name(self, rng: Random) -> Exchange:
        """Extract the customer's name."""
        found = self.grammar.expand("fullname", rng)
        text = self._message(self._issue(rng), rng)
        place = rng.choice((f"I am {found}. {text}", f"{text} Regards, {found}"))
        return self._ask("ask.name", place, rng), found

    def things(self, rng: Random) -> Exchange:
        """List a few members of a class of words."""
        kind = rng.choice(("animal", "colour", "food", "job", "town"))
        words = [str(parts[0]) for parts in self.grammar.rules[kind]]
        count = rng.randint(2, 5)
        plural = {"food": "foods"}.get(kind, kind + "s")
        return f"List {count} {plural}.", ", ".join(rng.sample(words, count))

    def _ask(self, rule: str, text: str, rng: Random) -> str:
        return self.grammar.expand(rule, rng).replace("<text>", text)

    def _message(self, issue: Issue, rng: Random) -> str:
        return message(self.grammar, issue, rng)

    def _issue(self, rng: Random) -> Issue:
        known = self.issues[self._domain(rng)]
        return known[int(rng.random() * len(known))]

    def _domain(self, rng: Random) -> str:
        return "bank" if rng.random() < _BANK_SHARE else rng.choice(self.domains)

    def _options(self, rng: Random, count: int) -> list[Issue]:
        """Distinct issues of one domain; near ones half the time, or telling apart is too easy."""
        known = self.issues[self._domain(rng)]
        chosen = rng.choice(known)
        if rng.random() < 0.5:
            known = [i for i in known if i.subject == chosen.subject or i.problem == chosen.problem]
        return rng.sample(known, min(count, len(known)))


_LABEL_STYLES: tuple[Callable[[str], str], ...] = (snake, str.title, str, str.upper, str.capitalize)
