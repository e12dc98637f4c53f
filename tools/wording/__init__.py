"""The agent's fixed sentences, one file a language, some of them in two registers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

Register = Literal["plain", "expert"]
HERE = Path(__file__).parent
LANGUAGES = tuple(sorted(path.stem for path in HERE.glob("*.yaml")))


@cache
def _table(language: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((HERE / f"{language}.yaml").read_text("utf-8"))
    return found


@dataclass(frozen=True)
class Voice:
    """How a person is spoken to."""

    language: str = "en"
    """ISO 639-1 code; one that has no file is answered in English."""
    register: Register = "plain"
    """plain explains, expert is terse."""

    def say(self, key: str, **filled: Any) -> str:
        """A sentence by its dotted key, filled in. Raises KeyError for an unknown key (the same in all languages)."""
        return str(self._find(key)).format(**filled)

    def knows(self, key: str) -> bool:
        """Whether there is such a sentence."""
        try:
            self._find(key)
        except KeyError:
            return False
        return True

    def _find(self, key: str) -> Any:
        language = self.language if self.language in LANGUAGES else "en"
        node: Any = _table(language)
        for part in key.split("."):
            node = node[part]
        return node.get(self.register, node["plain"]) if isinstance(node, dict) and "plain" in node else node


ENGLISH = Voice()
