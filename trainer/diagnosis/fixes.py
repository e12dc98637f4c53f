"""A finding's fix in the names of our own plan: the rules speak of any tool's settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_OWN: dict[str, tuple[str, Mapping[Any, Any]]] = {
    "dtype": ("precision", {}),
    "shuffle": ("train_sampling_strategy", {True: "random", False: "sequential"}),
    "group_by_length": ("train_sampling_strategy", {True: "group_by_length", False: "random"}),
    "packing": ("padding_free", {}),
}
"""Name -> our field, and our values where they differ."""


def own_fields(fix: Mapping[str, Any]) -> dict[str, Any]:
    """The same changes by our fields' names; what we call the same stays."""
    out = {}
    for name, value in fix.items():
        own, values = _OWN.get(name, (name, {}))
        out[own] = values.get(value, value)
    return out
