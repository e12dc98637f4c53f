"""The one list of tools. A wrong signature fails here, at import."""

from __future__ import annotations

import inspect as signatures
from typing import Any, get_type_hints

from tools import arguments as a
from tools.augmenting import augment_data
from tools.comparing import compare_runs
from tools.desk import Desk, Tool, ToolResult
from tools.evaluating import evaluate_run
from tools.explaining import explain_run
from tools.planning import decline_plan, inspect_data, propose_plan, revise_plan
from tools.preparing import prepare_data
from tools.probing import probe_plan
from tools.replaying import learning_curve, replay_run
from tools.running import resume_run, run_status, start_training, stop_run
from tools.searching import search_hyperparameters
from tools.talking import advise, clarify, refuse
from tools.using import ask_model, export_model

_FUNCTIONS = (
    inspect_data,
    prepare_data,
    augment_data,
    propose_plan,
    revise_plan,
    decline_plan,
    probe_plan,
    search_hyperparameters,
    start_training,
    run_status,
    stop_run,
    resume_run,
    explain_run,
    replay_run,
    learning_curve,
    compare_runs,
    evaluate_run,
    ask_model,
    export_model,
    advise,
    clarify,
    refuse,
)


def _tool(function) -> Tool:  # type: ignore[no-untyped-def]
    """A function as a tool; raises TypeError when it is not args, desk -> ToolResult."""
    hints = get_type_hints(function)
    names = list(signatures.signature(function).parameters)
    if names != ["args", "desk"] or hints["desk"] is not Desk or hints["return"] is not ToolResult:
        raise TypeError(f"{function.__name__} must be (args, desk) -> ToolResult")
    if not issubclass(hints["args"], a.Arguments | a.PlanArguments) or not function.__doc__:
        raise TypeError(f"{function.__name__} needs typed arguments and a docstring")
    return Tool(function.__name__, hints["args"], function)


TOOLS: dict[str, Tool] = {f.__name__: _tool(f) for f in _FUNCTIONS}
_CORE = ("goal", "dataset_path", "base_model", "method", "learning_rate", "num_train_epochs")
"""What the tool that is hardly wanted now lists of a plan's arguments; the other one lists all of them."""


def schemas(planned: bool) -> list[dict[str, Any]]:
    """All tools for a language model, in few tokens: of proposing and revising, the one that fits now in full."""
    brief = "propose_plan" if planned else "revise_plan"
    return [tool.schema(_CORE if tool.name == brief else ()) for tool in TOOLS.values()]
