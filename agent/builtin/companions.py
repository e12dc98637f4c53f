"""What stands beside the data: a teacher, a judge, rewards, general rows, new tokens, a place to train at."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from agent.builtin import values
from agent.builtin.data import cue_pattern, cues, table
from agent.builtin.models import Found
from agent.builtin.paths import Places, raw_spelling
from agent.builtin.quantities import neat, numbers
from agent.builtin.text import Message, Scan
from agent.situation import Situation
from trainer.plan.methods import ONLINE

_MODEL = r"(?P<model>(?=[\w./:-]*[\d/])[a-z][\w.-]*(?:/[\w.:-]*[\w])*)"
_NEAR = 48
"""Letters around a word in which what belongs to it stands."""
_LEARNS_BY_REWARD = frozenset(ONLINE) - {"distillation"}


@cache
def _cue(name: str) -> re.Pattern[str]:
    return cue_pattern(cues(table("companions.yaml")[name]))


@cache
def _ending(name: str) -> re.Pattern[str]:
    """A cue that ends where something else begins, with words that say nothing between."""
    return re.compile(rf"(?:{_cue(name).pattern})\W*(?:(?:{table('companions.yaml')['filler']})\W+)*$")


@cache
def _listed(name: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(str(p).replace("{model}", _MODEL)) for p in table("companions.yaml")[name])


def places(scan: Scan, raw: str) -> dict[str, Any]:
    """Where it is to run: 'ray://head:10001', 'train it at https://...'."""
    if match := re.search(r"(?<!\w)ray://[^\s,;]+", scan.text):
        found = {"backend": "ray"}
    elif (match := re.search(r"https?://[^\s,;]+", scan.text)) and _ending("hosted_before").search(
        scan.text[max(0, match.start() - _NEAR) : match.start()]
    ):
        found = {"backend": "hosted"}
    else:
        return {}
    scan.blank(match.start(), match.end())
    return found | {"address": raw_spelling(match.group().rstrip(".!?)\"'"), raw)}


def files(scan: Scan, raw: str, named: Places, situation: Situation) -> dict[str, Any]:
    """The person's own reward program, and general rows to mix in; neither is what is trained on."""
    found: dict[str, Any] = {}
    program = re.search(r"(?<![\w/.])[\w./~-]*\w\.py(?!\w)", scan.text)
    if program and _cue("own_reward").search(scan.text):
        found |= {"reward": ["custom"], "reward_file": raw_spelling(program.group(), raw)}
        scan.blank(program.start(), program.end())
    mixed = _cue("retention").search(scan.text) or (_cue("keep_general").search(scan.text) if named.files else None)
    if mixed:
        found |= _general(scan, mixed, named, situation)
    return found


def _general(scan: Scan, mixed: re.Match[str], named: Places, situation: Situation) -> dict[str, Any]:
    """The file nearest after 'mix in', if it is not the only one there is to train on, and the share."""
    only = {f.path for f in situation.files} if len(situation.files) == 1 else set()
    own = {situation.plan.get("dataset_path"), *only}
    open_to = [p for p in named.files if p not in own]
    if not open_to:
        return {}
    path = min(open_to, key=lambda p: (named.positions[p] < mixed.start(), abs(named.positions[p] - mixed.start())))
    named.files.remove(path)
    found: dict[str, Any] = {"retention_path": path}
    for number in numbers(scan.text):
        between = scan.text[min(mixed.end(), number.end) : max(mixed.start(), number.start)]
        if number.mark == "%" and 0 < number.fraction < 0.9 and len(" ".join(between.split())) <= _NEAR:
            scan.blank(number.start, number.end)
            return found | {"retention_share": neat(number.fraction)}
    return found


def judge(scan: Scan, raw: str) -> dict[str, Any]:
    """'let gpt-4o-mini judge'."""
    for pattern in _listed("judge"):
        if match := pattern.search(scan.text):
            name = match.group("model").rstrip(".")
            scan.blank(match.start("model"), match.end("model"))
            return {"reward": ["judge"], "judge_model": raw_spelling(name, raw)}
    return {}


def teaches(text: str, found: Found) -> bool:
    """Whether a model is named as the one that is learned from."""
    before, after = text[max(0, found.start - _NEAR) : found.start], text[found.end :][:_NEAR]
    return bool(_ending("teacher_before").search(before) or re.match(rf"\W*(?:{_cue('teacher_after').pattern})", after))


def teacher_by_name(text: str, raw: str) -> dict[str, Any]:
    """A teacher that the table of models does not know: an id or a folder."""
    match = re.search(rf"teacher(?: model)?(?: is| =|:|,)? (?:the )?{_MODEL}", text)
    return {"teacher_model": raw_spelling(match.group("model").rstrip("."), raw)} if match else {}


def tokens(message: Message, plan: dict[str, Any]) -> dict[str, Any]:
    """Words that are to become tokens, beside the plan's: '<order>' as it stands, quoted words, or a list's words."""
    if not _cue("new_tokens").search(message.order):
        return {}
    named = re.findall(r"<[\w|/:-]{1,40}>|\[[A-Z][A-Z0-9_]{0,40}\]", message.raw)
    named += [q.strip() for q in message.quotes if len(q.split()) == 1]
    if not named:
        named = _words_listed(message)
    have = [] if _cue("instead").search(message.order) else plan.get("new_tokens", [])
    return {"new_tokens": list(dict.fromkeys([*have, *named]))} if named else {}


def _words_listed(message: Message) -> list[str]:
    for pattern in _listed("new_tokens_listed"):
        if match := pattern.search(message.order):
            parts = re.split(r"\s*(?:,|;|(?<!\w)(?:and|und|y|et|or|plus)(?!\w))\s*", match.group("words"))
            return [raw_spelling(p, message.raw) for p in parts if p and re.fullmatch(r"[^\s<>]{1,40}", p)]
    return []


def rewards(message: Message, said: dict[str, Any], found: dict[str, Any], plan: dict[str, Any]) -> dict[str, Any]:
    """What scores written answers, where the words speak of rewards or the method learns from them.

    `said` are the values read from the words, `found` what was read here before.
    """
    method = said.get("method") or plan.get("method")
    online = method in _LEARNS_BY_REWARD
    if not (online or found.get("reward") or _cue("rewarding").search(message.order)):
        return {}
    kinds = [*found.get("reward", []), *values.values_of("reward", message.order)]
    parts = _parts(message, kinds)
    kinds += [kind for kind, field in (("regex", "reward_pattern"), ("json_schema", "reward_schema")) if field in parts]
    kinds += ["length"] if {"reward_min_length", "reward_max_length"} & said.keys() else []
    if kinds and _cue("also").search(message.order):
        kinds = [*(r["kind"] for r in plan.get("rewards", [])), *kinds]
    kinds = list(dict.fromkeys(kinds))
    if "json_schema" in kinds and "json_valid" in kinds:
        kinds.remove("json_valid")
    if not kinds:
        return parts
    slots = {"reward": kinds[0] if len(kinds) == 1 else kinds, **parts}
    return slots if online or method else slots | {"method": "grpo"}


def _parts(message: Message, kinds: list[str]) -> dict[str, Any]:
    """The pattern of a regex, the schema, what a judge goes by."""
    parts: dict[str, Any] = {}
    at = re.search(
        r"(?:regex|regular expression|pattern|正则\S*)\s*(?:[:=]|is|like|der|wie)?\s*(\S+)", message.raw, re.I
    )
    if "regex" in kinds and message.quotes:
        parts["reward_pattern"] = message.quotes[0].strip()
    elif "regex" in kinds and at and re.search(r"[\\^$\[\](){}*+?|]", at.group(1)):
        parts["reward_pattern"] = at.group(1).rstrip(",;")
    if "json_schema" in kinds and "{" in message.raw:
        try:
            schema, _ = json.JSONDecoder().raw_decode(message.raw[message.raw.index("{") :])
        except json.JSONDecodeError:
            schema = None
        parts |= {"reward_schema": schema} if isinstance(schema, dict) else {}
    if "judge" in kinds and message.quotes:
        parts["rubric"] = message.quotes[-1].strip()
    return parts
