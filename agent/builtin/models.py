"""Base models named in plain words: family, version, size and kind brought to an id."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rapidfuzz.distance import DamerauLevenshtein

from agent.builtin.data import table
from agent.builtin.text import Scan

_PIECE = re.compile(r"v?\d+(?:\.\d+)?[bm]\b|e\d+b\b|a\d+b\b|\d+x\d+b|\d+(?:\.\d+)?|[a-z]+")
_KIND = {
    "instruct": "instruct",
    "it": "instruct",
    "chat": "instruct",
    "base": "base",
    "pt": "base",
    "think": "think",
    "thinking": "think",
    "reasoning": "think",
    "instruction": "instruct",
    "inst": "instruct",
}
_SMALL = {
    "v",
    "hf",
    "meta",
    "model",
    "small",
    "mini",
    "micro",
    "coder",
    "vl",
    "distill",
    "r",
    "oss",
    "large",
    "it",
    "pt",
    "moe",
    "k",
    "code",
}
_NOT_FAMILY = {"small", "meta", "mini", "granite"} - {"granite"}
_FOREIGN = (
    "bloom",
    "mpt",
    "gpt-4",
    "gpt4",
    "gpt-3.5",
    "chatgpt",
    "claude",
    "gemini",
    "codellama",
    "vicuna",
    "alpaca",
    "zephyr",
    "yi",
    "deepseek",
    "falcon",
    "stablelm",
    "kimi",
    "glm",
    "baichuan",
    "internlm",
)
_ID = re.compile(r"(?<![\w./-])[\w.-]+/[\w.-]*\d[\w.-]*[bm](?:[-_][\w.-]+)?(?![\w/])", re.I)


@dataclass(frozen=True)
class Found:
    """A model named in a text."""

    text: str
    id: str | None
    family: str
    size_b: float | None
    start: int
    end: int


def pieces(name: str) -> tuple[str, ...]:
    """A model's name in small parts: 'Qwen2.5-7B-Instruct' -> qwen 2.5 7b instruct."""
    return tuple(p.removeprefix("v") if p[1:2].isdigit() else p for p in _PIECE.findall(name.lower()))


@lru_cache(maxsize=1)
def known() -> tuple[tuple[tuple[str, ...], dict[str, Any], bool], ...]:
    """Name parts, entry, and whether the parts are the id itself, of every model in the table."""
    rows = []
    for entry in table("models.json"):
        rows.append((pieces(entry["id"].split("/")[1].removeprefix("Meta-")), entry, True))
        rows.extend((pieces(alias), entry, False) for alias in entry["aliases"])
    return tuple(rows)


@lru_cache(maxsize=1)
def families() -> frozenset[str]:
    """First words of all names: qwen, llama, gemma ..."""
    return frozenset(
        parts[0]
        for parts, _, _ in known()
        if parts and parts[0].isalpha() and parts[0] not in ("r", "deepseek", "meta", "gpt")
    ) | {"gpt", "deepseek"}


@lru_cache(maxsize=4096)
def _family(word: str) -> str | None:
    if word in families():
        return word
    if len(word) < 4 or word in (
        "small",
        "lamb",
        "mistake",
        "mistakes",
        "mini",
        "image",
        "drama",
        "comma",
        "gamma",
        "game",
        "quen",
        "grammar",
        "ghante",
        "ghanta",
        "ghonta",
        "grande",
        "grandes",
        "grant",
        "grants",
        "granted",
    ):
        return {"quen": "qwen"}.get(word)
    near = [
        f
        for f in families()
        if len(f) >= 4 and f[0] == word[0] and DamerauLevenshtein.distance(f, word) <= (1 if len(f) < 7 else 2)
    ]
    return near[0] if near else None


def size_in(parts: tuple[str, ...]) -> float | None:
    """Billions of parameters in the parts of a name."""
    for part in parts:
        match = re.fullmatch(r"(\d+(?:\.\d+)?)([bm])", part)
        if match:
            return float(match.group(1)) / (1 if match.group(2) == "b" else 1000)
    return None


def resolve(parts: tuple[str, ...]) -> str | None:
    """The id for a model's name parts; None if it is not told which model is meant."""
    asked_kinds = {_KIND[p] for p in parts if p in _KIND}
    for exact_id in (True, False):
        for entry_parts, entry, is_id in known():
            if entry_parts == parts and is_id == exact_id:
                return str(entry["id"])
    wanted = set(parts) - set(_KIND)
    best: tuple[float, str] | None = None
    for entry_parts, entry, is_id in known():
        if entry_parts[:1] != parts[:1] or not is_id or not wanted <= set(entry_parts):
            continue
        kind = "instruct" if entry["kind"] in ("instruct", "vision", "reasoning", "code") else "base"
        if asked_kinds and kind not in asked_kinds and not asked_kinds & set(entry_parts):
            continue
        surplus = len(set(entry_parts) - wanted - set(_KIND))
        score = -2.0 * surplus + (1 if kind == "instruct" else 0) + _newness(entry_parts)
        if best is None or score > best[0]:
            best = (score, str(entry["id"]))
    # a bare family name does not say which model
    return best[1] if best and len(wanted) > 1 else None


def _newness(parts: tuple[str, ...]) -> float:
    versions = [float(p) for p in parts if re.fullmatch(r"\d(?:\.\d)?", p)]
    return versions[0] / 10 if versions else 0.0


def _mention(text: str, start: int, family: str, first_end: int) -> Found:
    parts, end = [family], first_end
    for match in re.finditer(
        r"[\s_-]*(\d+x\d+b|[ae]\d+b|v?\d+(?:\.\d+)*[bmk]?|[a-z]+)(?![A-Za-z0-9_])|[\s_-]*(\d+(?:\.\d+)?)(?=[a-z])",
        text[first_end:],
    ):
        if match.start() + first_end != end:
            break
        word = (match.group(1) or match.group(2)).removeprefix("v") if match.group(0) else ""
        if not word or (
            word.isalpha()
            and word not in _KIND
            and word not in _SMALL
            and word not in ("qwen", "llama", "nano", "tiny")
        ):
            break
        if len(parts) > 5 or (word in ("model", "base", "it") and _blank_before(match.group(0)) and word != "base"):
            break
        parts.append(word)
        end += len(match.group(0))
    return _trimmed(text, start, end, tuple(parts))


def _blank_before(found: str) -> bool:
    return found[:1].isspace()


def _trimmed(text: str, start: int, end: int, parts: tuple[str, ...]) -> Found:
    """Drop trailing parts (a number that belongs to something else) until a model is found."""
    for keep in range(len(parts), 0, -1):
        model_id = resolve(parts[:keep])
        if model_id:
            tail = re.match(
                r"(?:.*?" + r".*?".join(map(re.escape, parts[1:keep])) + ")" if keep > 1 else "",
                text[start:end],
            )
            stop = start + (tail.end() if tail and keep > 1 else len(text[start:end].split(maxsplit=1)[0]))
            return Found(
                text[start:stop],
                model_id,
                parts[0],
                size_in(parts[:keep]),
                start,
                max(stop, start + 1),
            )
    size = size_in(parts)
    stop = end if size else start + len(re.split(r"[\s\d_-]", text[start:end], maxsplit=1)[0])
    return Found(text[start:stop], None, parts[0], size, start, stop)


def read(scan: Scan) -> list[Found]:
    """Models named in a (lower-case) text; their names are taken out of it."""
    found = []
    for match in scan.take(_ID):
        parts = pieces(match.group().split("/")[1])
        exact = {e["id"].lower(): e["id"] for e in table("models.json")}
        model_id = exact.get(match.group(), match.group())
        found.append(
            Found(
                match.group(),
                model_id,
                parts[0] if parts else "",
                size_in(parts),
                match.start(),
                match.end(),
            )
        )
    for match in re.finditer(r"(?<![A-Za-z0-9_/.])(?:meta[- ])?([a-z]{3,})(?=[\s\d_.:,;)-]|$|[^\x00-\x7f])", scan.text):
        family = _family(match.group(1))
        if family and (not found or match.start() >= found[-1].end):
            found.append(_mention(scan.text, match.start(1), family, match.end()))
    for hit in found:
        scan.blank(hit.start, hit.end)
    return found


def facts(model_id: str) -> dict[str, Any] | None:
    """The table's entry for an id."""
    return next((e for e in table("models.json") if e["id"].lower() == model_id.lower()), None)
