"""Files, folders and columns named in a message, matched to what the situation knows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from agent.builtin.data import table
from agent.builtin.text import Scan
from agent.situation import FileFact, Situation

_SUFFIX = r"(?:csv|tsv|jsonl|json|parquet|xlsx?|ods|txt|md|pdf|docx?|zip|ya?ml|arrow|gz|html?|sql|db|feather)"
_FILE = re.compile(
    r"(?<![A-Za-z0-9_])((?:[~.]{0,2}/)?(?:[A-Za-z0-9_.-]+[/\\])*[A-Za-z0-9_.-]*[A-Za-z0-9_-]\."
    rf"{_SUFFIX})(?![A-Za-z0-9_])",
    re.I,
)
_FOLDER = re.compile(r"(?<![\w/.~-])((?:[~.]{0,2}/)?[\w.-]+/(?:[\w.-]+/?)*)(?![\w])")
_OUTSIDE = re.compile(
    r"(?<![\w])(?:\.\./[\w./-]*|~[/\\][\w./-]+|/(?:etc|home|root|var|usr|proc"
    r"|mnt|tmp|opt|srv|users|media|dev|sys)(?:/[\w./-]*)?(?![\w])|[a-z]:\\[\w\\.-]+"
    r"|\\\\[\w.-]+\\)",
    re.I,
)
_EVAL_NAME = re.compile(
    r"(?:^|[/_.-])(?:test|eval|val|valid|validation|holdout|held[_-]?out|dev|gold)(?=[/_.-]|\d|$)",
    re.I,
)


@dataclass
class Places:
    """What a message names in the workspace."""

    files: list[str] = field(default_factory=list)
    positions: dict[str, int] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)


def is_eval_name(path: str) -> bool:
    """Whether a file's name says that it is for measuring, not for training."""
    return bool(_EVAL_NAME.search(path.rsplit("/", 1)[-1]))


def _known_in(scan: Scan, facts: list[FileFact], places: Places) -> None:
    for fact in sorted(facts, key=lambda f: -len(f.path)):
        for name in dict.fromkeys((fact.path, fact.path.rsplit("/", 1)[-1])):
            pattern = rf"(?<![A-Za-z0-9_./-]){re.escape(name)}(?![A-Za-z0-9_])"
            hits = list(re.finditer(pattern, scan.text, re.I))
            if hits and fact.path not in places.files:
                places.files.append(fact.path)
                places.positions[fact.path] = hits[0].start()
            for hit in hits:
                scan.blank(hit.start(), hit.end())


def _by_stem(scan: Scan, facts: list[FileFact], places: Places) -> None:
    """'use clean' for clean.jsonl, where the stem is no ordinary word of the trade."""
    for fact in facts:
        stem = fact.path.rsplit("/", 1)[-1].split(".")[0].lower()
        ordinary = stem in set(str(table("columns.yaml")["ordinary_words"]).split())
        if fact.path in places.files or len(stem) < 4 or ordinary:
            continue
        hit = re.search(rf"(?<![\w/.]){re.escape(stem)}(?:\s+(?:file|csv|data|dataset))(?![\w])", scan.text)
        if hit:
            places.files.append(fact.path)
            places.positions[fact.path] = hit.start()


def read(scan: Scan, raw: str, situation: Situation) -> Places:
    """Files and folders named in the text; known ones come in the spelling of the situation."""
    places = Places()
    known = {f.path for f in situation.files}
    _known_in(scan, situation.files, places)
    places.outside = [m.group() for m in scan.take(_OUTSIDE) if m.group() not in known]
    for match in scan.take(_FILE):
        path = raw_spelling(match.group(1), raw)
        places.files.append(path)
        places.positions[path] = match.start()
    _by_stem(scan, situation.files, places)
    places.folders = [raw_spelling(m.group(1), raw) for m in _FOLDER.finditer(scan.text)]
    places.files.sort(key=lambda p: places.positions[p])
    return places


def raw_spelling(found: str, raw: str) -> str:
    """A name as it was typed, capitals kept."""
    at = raw.lower().find(found.lower())
    return raw[at : at + len(found)] if at >= 0 else found


def data_files(situation: Situation) -> list[FileFact]:
    """Files that could be trained on or inspected: no checkpoints."""
    return [f for f in situation.files if "checkpoint" not in str((f.model_extra or {}).get("kind", ""))]
