"""Wiring only: which step follows which."""

from __future__ import annotations

from typing import Any

from langgraph.graph import START, StateGraph

from agent.nodes import Nodes
from agent.state import State


def _entry(state: State) -> str:
    return "wait" if state.get("entry") == "lay" else "listen"


def build(nodes: Nodes, checkpointer: Any) -> Any:
    """listen -> act -> (phrase) -> wait -> launch; approval and launch are two nodes."""
    graph = StateGraph(State)
    graph.add_node("listen", nodes.listen)
    graph.add_node("act", nodes.act)
    graph.add_node("phrase", nodes.phrase)
    graph.add_node("wait", nodes.wait)
    graph.add_node("launch", nodes.launch)
    graph.add_conditional_edges(START, _entry, ["listen", "wait"])
    graph.add_edge("listen", "act")
    return graph.compile(checkpointer=checkpointer)
