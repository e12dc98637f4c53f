"""Equality that an object can't lie about: one that says it equals everything equals nothing."""

from __future__ import annotations

from typing import Any

PLAIN = (int, float, complex, str, bytes, bool, type(None))


def same(a: Any, b: Any) -> bool:
    """Whether a == b, and no part of either would also equal some other plain value."""
    return bool(a == b) and _honest(a, b)


def _honest(a: Any, b: Any) -> bool:
    if type(a) in PLAIN and type(b) in PLAIN:
        return True
    if type(b) in PLAIN:
        return not a == _other(b)  # noqa: SIM201  (a foreign != is another method)
    if type(a) in PLAIN:
        return _honest(b, a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(_honest(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return all(key in a and _honest(a[key], value) for key, value in b.items())
    return _container(a, b) and _container(b, a)


def _container(claims: Any, value: Any) -> bool:
    """Whether something that claims to equal a list, dict or set stays unequal to a longer one."""
    if type(value) in (list, tuple):
        return not claims == type(value)([*value, object()])  # noqa: SIM201
    if type(value) is dict:
        return not claims == {**value, object(): None}  # noqa: SIM201
    if type(value) in (set, frozenset):
        return not claims == value | {object()}  # noqa: SIM201
    return True


def _other(value: Any) -> Any:
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return value + "\0"
    if isinstance(value, bytes):
        return value + b"\0"
    return object() if value is None else value * 2 + 1
