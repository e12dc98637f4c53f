"""The answer is JSON, and of the shape that was asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import jsonschema
import referencing
import regex

from trainer.plan.methods import Reward
from trainer.rewards.answers import Answer
from trainer.rewards.pattern import fault, found

NO_JSON = object()
"""Stands for a text that is no JSON."""
ALMOST = 0.5
"""Score of JSON with one fault against its schema."""
_FENCE = re.compile(r"```[ \t]*(?:json|JSON)?[ \t]*\r?\n(.*?)```", re.DOTALL)


def json_valid(answer: Answer) -> float | None:
    """1 for a JSON object or list, alone or in the answer's only fenced block (```json), else 0.

    JSON loose in prose does not count: a program could not use it. Nor does a bare number or string: it is JSON by
    the letter, and a model would soon write nothing else. NaN and Infinity are no JSON (RFC 8259).
    """
    return float(isinstance(parsed(answer.final), dict | list))


def json_schema(reward: Reward) -> Callable[[Answer], float | None]:
    """1 for JSON that the schema accepts; with n faults 0.5 / n; 0 for no JSON or the wrong kind of value at the top.

    Fewer faults score higher, so that a model can get there step by step, and no fault scores twice as high as one:
    a plain "0.5 for any JSON" is reached with `{}`, and many a model stays there.
    """
    validator = _validator(reward.json_schema or {})

    def score(answer: Answer) -> float | None:
        value = parsed(answer.final)
        if value is NO_JSON:
            return 0.0
        try:
            faults = list(validator.iter_errors(value))
        except RecursionError:
            return 0.0
        if any(f.validator == "type" and not f.absolute_path for f in faults):
            return 0.0
        return ALMOST / len(faults) if faults else 1.0

    return score


def parsed(text: str) -> Any:
    """The JSON value of a text or of its only fenced block; NO_JSON where there is none."""
    for part in (text, *_only_block(text)):
        try:
            return json.loads(part, parse_constant=_refused)
        except (ValueError, RecursionError):
            continue
    return NO_JSON


def _only_block(text: str) -> list[str]:
    blocks = _FENCE.findall(text)
    return blocks if len(blocks) == 1 else []


def _refused(name: str) -> NoReturn:
    raise ValueError(name)


def wrong(reward: Reward) -> str | None:
    """What is wrong with the schema, if anything: the schema itself, its patterns, addresses it points to."""
    schema = reward.json_schema or {}
    kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    try:
        kind.check_schema(schema)
    except jsonschema.SchemaError as error:
        return f"the schema is faulty at {error.json_path}: {error.message[:200]}"
    for key, value in _parts(schema):
        if key == "$ref" and isinstance(value, str) and not value.startswith("#"):
            return f"the schema points to {value[:100]}; nothing is fetched, write that part into the schema"
        for text in _patterns(key, value):
            if said := fault(text):
                return f"{said} (in the schema: {text[:60]})"
    return None


def _patterns(key: str, value: Any) -> list[str]:
    if key == "patternProperties" and isinstance(value, dict):
        return list(value)
    return [value] if key == "pattern" and isinstance(value, str) else []


def _parts(schema: Any) -> Iterator[tuple[str, Any]]:
    """Every key with its value, however deep."""
    if isinstance(schema, dict):
        yield from schema.items()
    for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from _parts(inner)


def _validator(schema: dict[str, Any]) -> Any:
    """A validator that fetches nothing and whose patterns can't run for ever."""
    kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    extend: Any = jsonschema.validators.extend
    bounded = extend(kind, {"pattern": _pattern, "patternProperties": _named_by_pattern})
    return bounded(schema, registry=referencing.Registry())


def _pattern(validator: Any, text: str, instance: Any, schema: Any) -> Iterator[jsonschema.ValidationError]:
    if validator.is_type(instance, "string") and not found(regex.compile(text), instance):
        yield jsonschema.ValidationError(f"{instance!r:.100} does not match {text!r}")


def _named_by_pattern(validator: Any, named: Any, instance: Any, schema: Any) -> Iterator[jsonschema.ValidationError]:
    if not validator.is_type(instance, "object"):
        return
    for text, inner in named.items():
        for name, value in instance.items():
            if found(regex.compile(text), name):
                yield from validator.descend(value, inner, path=name, schema_path=text)
