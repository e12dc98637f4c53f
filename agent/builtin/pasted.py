"""What a message says and what was pasted into it: logs, traces, fenced blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_PASTE = 3
"""Lines of a log in a row that make a pasted block."""
_MACHINE_LINE = re.compile(
    r"^\s*(?:Traceback \(most recent|File \"|\[?\d{4}-\d\d-\d\d|\[?\d\d:\d\d:\d\d|\{['\"]|\d+%\|"
    r"|[\w.]+(?:Error|Exception)\b|(?:INFO|WARN(?:ING)?|ERROR|DEBUG|CRITICAL)\b|(?:step|epoch|iter)\w*\W*\d+.*(?:loss|lr)|\s{4,}\S|[-*]?\s*[\w.-]+:(?:\s|$)"
    r"|(?:assistant|system|user|tool)\s*[:>]|<\|?\w+\|?>|#{1,3}\s|\S+\s*\|\s*\S+)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Split:
    """A message, cut into what the person says and what they pasted."""

    own: str
    pasted: list[str]


def split(message: str) -> Split:
    """Own words, and pasted blocks: fenced, or several lines in a row that machines write."""
    pasted = _FENCE.findall(message)
    own, block = list[str](), list[str]()
    for line in [*_FENCE.sub("\n", message).splitlines(), ""]:
        if _MACHINE_LINE.match(line) or (block and not line.strip() and line != ""):
            block.append(line)
            continue
        (pasted if len(block) >= _PASTE else own).extend(["\n".join(block)] if block else [])
        block = []
        own.append(line)
    return Split("\n".join(line for line in own if line.strip()), pasted)
