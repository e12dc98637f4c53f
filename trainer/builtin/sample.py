"""The sample data set: letters to a made-up shop's support desk and the desk's answers.

`python -m trainer.builtin.sample` writes `sample/support_desk.csv` again, byte for byte. The
answers keep one house style: the same greeting, one concrete step, the same way to sign off. A few
blemishes are put in on purpose, so that an inspection has something to find.
"""

import csv
import io
import sys
from pathlib import Path
from random import Random
from typing import NamedTuple

from trainer.builtin.grammar import Grammar, load

FILE = Path(__file__).parent / "sample" / "support_desk.csv"
FILES = ("words", "desk")
COLUMNS = ("customer_message", "agent_reply", "topic")
TONES = ("polite", "angry", "terse", "rambling", "typos")
GREETING = "Hello from Pinecrest!"
SIGN_OFF = "Happy trails, your Pinecrest desk"
_CLEAN_ROWS = 740
_SORRY = {"delivery.late", "delivery.neighbour", "returns.label", "refunds.waiting",
          "refunds.partial", "sizing.small", "repairs.zip", "repairs.leak", "vouchers.code",
          "membership.points", "membership.login", "payment.twice", "payment.stuck",
          "stock.wrong"}  # fmt: skip


class Row(NamedTuple):
    """One line of the file."""

    customer_message: str
    agent_reply: str
    topic: str


def rows(seed: int = 3) -> list[Row]:
    """All rows in file order: clean ones, shuffled among them the blemished ones."""
    rng, grammar = Random(seed), load(FILES)
    clean = clean_rows(_CLEAN_ROWS, grammar, rng)
    mixed = _blemished(clean, grammar, rng)
    rng.shuffle(mixed)
    return mixed


def clean_rows(count: int, grammar: Grammar, rng: Random) -> list[Row]:
    """So many different letters without a blemish, shuffled."""
    cases = grammar.names("desk.")
    found: dict[str, Row] = {}
    while len(found) < count:
        row = _row(grammar, cases[len(found) % len(cases)].removeprefix("desk."), rng)
        found.setdefault(row.customer_message, row)
    clean = list(found.values())
    rng.shuffle(clean)
    return clean


def text(seed: int = 3) -> str:
    """The file's content."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows(seed))
    return out.getvalue()


def _row(grammar: Grammar, case: str, rng: Random) -> Row:
    item = grammar.expand("gear", rng)
    said = grammar.expand(f"desk.{case}", rng)
    tone = TONES[int(rng.random() * len(TONES))]
    message = _in_tone(grammar, said[:1].upper() + said[1:], tone, rng)
    opening = grammar.expand("sorrow" if case in _SORRY else "thanks", rng)
    step = grammar.expand(f"step.{case}", rng)
    answer = f"{GREETING} {opening} {step} {SIGN_OFF}"
    return Row(message.replace("<item>", item), answer.replace("<item>", item), case.partition(".")[0])


def _in_tone(grammar: Grammar, said: str, tone: str, rng: Random) -> str:
    if tone == "typos":
        return _mistyped(said.lower(), rng)
    framed = grammar.expand(tone, rng)
    return framed.replace("<text>", said if tone != "terse" else said.lower())


def _mistyped(said: str, rng: Random) -> str:
    """One or two slips of the finger: letters swapped, dropped or doubled."""
    for _ in range(1 + (rng.random() < 0.5)):
        at = 1 + int(rng.random() * (len(said) - 3))
        if "<" in said[max(0, at - 6) : at + 2] or ">" in said[at : at + 6]:
            continue  # the item's placeholder has to survive
        slip = int(rng.random() * 3)
        middle = (said[at + 1] + said[at], said[at + 1], said[at] * 2 + said[at + 1])[slip]
        said = said[:at] + middle + said[at + 2 :]
    return said


def _blemished(clean: list[Row], grammar: Grammar, rng: Random) -> list[Row]:
    """Six empty answers, five e-mail addresses, three contradictions, two huge, 12 duplicates."""
    out = list(clean)
    for at in range(6):
        out[at] = out[at]._replace(agent_reply="")
    for at in range(6, 11):
        name = grammar.say("{person}.{family}", rng).lower()
        written = f"{out[at].customer_message} You can reach me at {name}@example.com"
        out[at] = out[at]._replace(customer_message=written)
    topics = sorted({row.topic for row in clean})
    for at in range(11, 14):
        # The same letter once more under another topic: the two contradict each other.
        other = topics[(topics.index(out[at].topic) + 3) % len(topics)]
        out.append(out[at]._replace(topic=other))
    for at in range(14, 16):
        story = " ".join(grammar.expand("rambling", rng) for _ in range(22))
        long = story.replace("<text>", "The path was wet, the view was grand")
        out[at] = out[at]._replace(customer_message=f"{long} {out[at].customer_message}")
    return out + out[20:32]


def main() -> None:
    """Write the file."""
    FILE.write_text(text(), "utf-8")
    sys.stdout.write(f"{FILE.name}: {len(rows())} rows\n")


if __name__ == "__main__":
    main()
