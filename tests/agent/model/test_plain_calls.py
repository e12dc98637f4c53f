"""Tool calls written as text, in the forms that open models use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model.plain_calls import repaired, written_calls

TOOLS = {"propose_plan", "clarify"}
WANTED = [("propose_plan", {"num_train_epochs": 3})]


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "propose_plan", "arguments": {"num_train_epochs": 3}}',
        'Sure, here it is: {"name": "propose_plan", "parameters": {"num_train_epochs": 3}} - ok?',
        '```json\n{"name": "propose_plan", "arguments": {"num_train_epochs": 3}}\n```',
        '<tool_call>\n{"name": "propose_plan", "arguments": {"num_train_epochs": 3}}\n</tool_call>',
        '[TOOL_CALLS] [{"name": "propose_plan", "arguments": {"num_train_epochs": 3}}]',
        '<function=propose_plan>{"num_train_epochs": 3}</function>',
        '<|python_tag|>{"name": "propose_plan", "parameters": {"num_train_epochs": 3}}',
        "[propose_plan(num_train_epochs=3)]",
        "propose_plan(num_train_epochs=3)",
        'Thought: plan it\nAction: propose_plan\nAction Input: {"num_train_epochs": 3}',
        '{"type": "function", "function": {"name": "propose_plan", "arguments": "{\\"num_train_epochs\\": 3}"}}',
        "{'name': 'propose_plan', 'arguments': {'num_train_epochs': 3,}}",
        '<think>call clarify({"a": 1})</think>{"name": "propose_plan", "arguments": {"num_train_epochs": 3}}',
    ],
)
def test_every_form_is_read(text: str) -> None:
    assert written_calls(text, TOOLS) == WANTED


@pytest.mark.parametrize(
    "text",
    [
        "I would propose_plan with three epochs.",
        '{"name": "launch_rocket", "arguments": {}}',
        '{"num_train_epochs": 3}',
        "propose_plan(__import__('os').system('id'))",
        "",
    ],
)
def test_talk_and_unknown_tools_are_text(text: str) -> None:
    assert written_calls(text, TOOLS) == []


def test_cut_off_arguments_are_not_guessed() -> None:
    assert repaired('{"num_train_epochs": 3, "learning_ra') is None
    assert repaired("{'num_train_epochs': 3,}") == {"num_train_epochs": 3}


@given(st.text(max_size=300))
def test_any_text_is_survived(text: str) -> None:
    assert all(name in TOOLS for name, _ in written_calls(text, TOOLS))
