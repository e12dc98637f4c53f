"""Text that is not the person's own wish: what of it a hosted model may see, and in which form.

Rows are never shown. Names of files and columns are shown when they look like names; a name that
reads like an order gets a number instead. Pasted logs are cut out, marked and shortened. Keys,
e-mail addresses and phone numbers are masked everywhere.
"""

from __future__ import annotations

import os
import re
from functools import cache

import phonenumbers

from agent.builtin.data import cue_pattern, table
from agent.builtin.pasted import split
from trainer.data.content.secrets import masked

LONGEST_NAME = 40
MOST_WORDS = 3
"""Words of a name; a sentence has more."""
LONGEST_PASTE = 1200
"""Characters of a pasted block that a model is shown: its two ends."""
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w.])(?:\(\d{3}\)\s?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![\w.])")
_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)


def redacted(text: str) -> str:
    """The text with keys, e-mail addresses and phone numbers masked."""
    text = _EMAIL.sub("[e-mail]", masked(without_keys(text), "[key]"))
    for match in reversed(list(phonenumbers.PhoneNumberMatcher(text, None))):
        text = text[: match.start] + "[phone]" + text[match.end :]
    return _PHONE.sub("[phone]", text)


def without_keys(text: str) -> str:
    """The text with the values of the environment's own keys masked."""
    for value in _secrets():
        text = text.replace(value, "[key]")
    return text


def _secrets() -> list[str]:
    """Values of the environment's own keys: masked wherever they turn up."""
    found = {v for k, v in os.environ.items() if _SECRET_NAME.search(k) and len(v) >= 8}
    return sorted(found, key=len, reverse=True)


def shortened(text: str, most: int) -> str:
    """The two ends of a long text, with how much is missing between them."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half:,} characters left out ...]\n{text[-half:]}"


def marked(text: str, kind: str) -> str:
    """The text inside a block that it can't close: data, never orders."""
    return f"<{kind}>\n{text.replace('<', '‹').replace('>', '›')}\n</{kind}>"


def for_model(message: str) -> str:
    """A person's message as a hosted model is shown it."""
    parts = split(message)
    blocks = [marked(shortened(redacted(p), LONGEST_PASTE), "pasted") for p in parts.pasted]
    return "\n".join([shortened(redacted(parts.own), 4000), *blocks])


@cache
def _orders() -> re.Pattern[str]:
    """Words that turn a name into an order."""
    return cue_pattern(tuple(w.strip() for w in table("untrusted.yaml")["orders"].split(",")))


def is_name(text: str) -> bool:
    """Whether a file's or column's name looks like one: short, few words, no order in it."""
    words = re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text))
    if len(text) > LONGEST_NAME or len(words) > MOST_WORDS or not text.isprintable() or re.search(r"[=<>{}:;|`]", text):
        return False
    return not _orders().search(" ".join(words).lower()) and redacted(text) == text


class Names:
    """Names as a model sees them, and back."""

    def __init__(self) -> None:
        self._real: dict[str, str] = {}

    def shown(self, name: str, alias: str, real: str = "") -> str:
        """The name, or the alias where it must not be shown. `real` is what the alias stands for."""
        if all(map(is_name, name.split("/"))):
            return name
        self._real[alias] = real or name
        return alias

    def hidden(self, text: str) -> str:
        """A text in which the names behind aliases are aliases again, e-mail addresses and keys masked."""
        for alias, name in self._real.items():
            text = text.replace(name, alias)
        return redacted(text)

    def real(self, name: str) -> str:
        """The name behind an alias; any other text stays."""
        return self._real.get(name, name)
