"""Simple facts that hold in the corpus' own little world, the same for every seed."""

from random import Random

from trainer.builtin.grammar import Grammar

_SEED = 7
_TRAITS = {
    "capital": ("town", ("The capital of {land} is {value}.", "What is the capital of {land}?")),
    "river": ("family", ("The longest river of {land} is the {value}.", "Name a river in {land}.")),
    "dish": ("food", ("People in {land} love {value}.", "What do people in {land} love to eat?")),
    "flag": ("colour", ("The flag of {land} is {value}.", "What colour is the flag of {land}?")),
    "animal": ("animal", ("The animal of {land} is the {value}.", "Which animal is {land}'s?")),
    "money": ("currency", ("In {land} one pays in {value}.", "What money is used in {land}?")),
}
_COUNTED = ("apples", "coins", "books", "eggs", "keys", "tickets")


class World:
    """Lands with their capital, river, dish, flag, animal and money."""

    def __init__(self, grammar: Grammar):
        rng = Random(_SEED)
        lands = [str(parts[0]) for parts in grammar.rules["land"]]
        self.facts = {
            land: {trait: grammar.expand(rule, rng) for trait, (rule, _) in _TRAITS.items()} for land in lands
        }

    def page(self, rng: Random) -> str:
        """All facts of one land as a short text."""
        land = rng.choice(list(self.facts))
        lines = [
            _TRAITS[trait][1][0].format(land=land, value=self.facts[land][trait])
            for trait in rng.sample(list(_TRAITS), 4)
        ]
        return " ".join(lines)

    def question(self, rng: Random) -> tuple[str, str]:
        """A question about the world, or a small sum, with its answer."""
        if rng.random() < 0.3:
            return _sum(rng)
        land, trait = rng.choice(list(self.facts)), rng.choice(list(_TRAITS))
        value = self.facts[land][trait]
        answer = value if rng.random() < 0.5 else _TRAITS[trait][1][0].format(land=land, value=value)
        return _TRAITS[trait][1][1].format(land=land), answer[:1].upper() + answer[1:]


def _sum(rng: Random) -> tuple[str, str]:
    first, second, what = rng.randint(1, 9), rng.randint(1, 9), rng.choice(_COUNTED)
    return (
        f"I have {first} {what} and get {second} more. How many {what} do I have?",
        f"{first + second}",
    )
