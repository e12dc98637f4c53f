"""Intents and tools: the same thing under two names."""

from __future__ import annotations

from typing import Any

TOOL_OF = {
    "inspect_data": "inspect_data",
    "propose_plan": "propose_plan",
    "revise_plan": "revise_plan",
    "reject": "decline_plan",
    "search_hyperparameters": "search_hyperparameters",
    "start": "start_training",
    "status": "run_status",
    "stop": "stop_run",
    "resume": "resume_run",
    "explain_run": "explain_run",
    "compare_runs": "compare_runs",
    "evaluate": "evaluate_run",
    "chat_with_model": "ask_model",
    "export": "export_model",
    "advise": "advise",
    "refuse": "refuse",
    "clarify": "clarify",
    "prepare_data": "prepare_data",
    "probe_plan": "probe_plan",
    "replay": "replay_run",
    "learning_curve": "learning_curve",
}
INTENT_OF = {tool: intent for intent, tool in TOOL_OF.items()} | {"augment_data": "prepare_data"}


def call_for(intent: str, slots: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The tool call that an understood message asks for. There is no tool that approves."""
    if intent == "approve":
        return "clarify", {"missing": ["confirmation"]}
    return TOOL_OF[intent], slots


def intent_of(tool: str) -> str:
    """The intent behind a tool call."""
    return INTENT_OF.get(tool, "clarify")
