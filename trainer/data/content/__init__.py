"""What stands in a text that should not: personal data, keys, markup, orders, broken characters."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from trainer.data.content.check import Check, Span

if TYPE_CHECKING:
    from trainer.data.content.broken import fix_encoding
    from trainer.data.content.control import control_tokens, escape_control
    from trainer.data.content.markup import strip_html
    from trainer.data.content.redaction import Mapping, redact

    CHECKS: tuple[Check, ...]

__all__ = [
    "CHECKS",
    "Check",
    "Mapping",
    "Span",
    "control_tokens",
    "escape_control",
    "fix_encoding",
    "redact",
    "strip_html",
]

_FAMILIES = (
    "personal",
    "phones",
    "addresses",
    "names",
    "secrets",
    "markup",
    "marks",
    "control",
    "characters",
    "broken",
    "wording",
    "injection",
)
_HOMES = {
    "Mapping": "redaction",
    "redact": "redaction",
    "control_tokens": "control",
    "escape_control": "control",
    "fix_encoding": "broken",
    "strip_html": "markup",
}


@cache
def _checks() -> tuple[Check, ...]:
    families = (import_module(f"{__name__}.{family}") for family in _FAMILIES)
    return tuple(check for family in families for check in family.checks())


def __getattr__(name: str) -> Any:
    """Give CHECKS and the repairs when asked for: the tables and lists of names take time to read."""
    if name == "CHECKS":
        return _checks()
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(name)
