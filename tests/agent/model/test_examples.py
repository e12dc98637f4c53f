"""The examples a model is shown: valid calls, and the built-in brain makes the same of them."""

from __future__ import annotations

from typing import Any

import pytest

from agent.builtin.understand import understand
from agent.intents import TOOL_OF
from agent.situation import Situation
from prompts import example_rows
from tools.registry import TOOLS


@pytest.mark.parametrize("row", example_rows(), ids=lambda r: r["person"])
def test_an_example_is_a_valid_call_that_both_brains_make(row: dict[str, Any]) -> None:
    ((tool, arguments),) = row["call"].items()
    TOOLS[tool].arguments.model_validate(arguments)
    read = understand(row["person"], Situation.model_validate(row["situation"]))
    assert TOOL_OF[read.intent] == tool
    assert {k: read.slots.get(k) for k in arguments} == arguments
