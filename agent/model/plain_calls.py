"""Tool calls that a small model wrote as text instead of using the provider's field for them.

Read are the forms that open models were trained on: JSON objects with name and arguments (or
parameters), bare or in a code fence, in Hermes' and Qwen's <tool_call> tags, after Mistral's
[TOOL_CALLS], in Llama's <function=name>{...}</function>, Python calls as Llama 4 writes them, and
ReAct's "Action: / Action Input:". What names no known tool is text.
"""

from __future__ import annotations

import ast
import json
import re
from typing import Any

from json_repair import repair_json

Written = tuple[str, dict[str, Any]]
_FUNCTION_TAG = re.compile(r"<function=([\w-]+)>(.*?)</function>", re.DOTALL)
_ACTION = re.compile(r"Action:\s*([\w-]+)\s*(?:Action Input:\s*(.*))?", re.DOTALL)
_FENCE = re.compile(r"```(?:\w+)?\s*\n(.*?)```", re.DOTALL)
_MARKS = re.compile(r"</?tool_calls?>|\[/?TOOL_CALLS\]|<\|python_tag\|>|<\|[\w]*tool[\w]*\|>")
_THOUGHTS = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_LONGEST = 20_000
"""Characters that are searched for a call."""


def repaired(text: str) -> dict[str, Any] | None:
    """An object from JSON with small faults (quotes, commas); None when it was cut off or is something else."""
    if text.count("{") != text.count("}"):
        return None
    found = repair_json(text, return_objects=True)
    return found if isinstance(found, dict) and found else None


def written_calls(text: str, tools: set[str]) -> list[Written]:
    """The calls in a model's text, in order; [] when there are none."""
    text = _THOUGHTS.sub("", text[:_LONGEST])
    for read in (_tagged, _action, _json_calls, _python_calls):
        calls = [call for call in read(text) if call[0] in tools]
        if calls:
            return calls
    return []


def _tagged(text: str) -> list[Written]:
    return [(name, repaired(body) or {}) for name, body in _FUNCTION_TAG.findall(text)]


def _action(text: str) -> list[Written]:
    match = _ACTION.search(text)
    return [(match[1], _first_object(match[2] or "") or {})] if match else []


def _json_calls(text: str) -> list[Written]:
    fenced = _FENCE.findall(text)
    for part in [*fenced, _MARKS.sub(" ", text)]:
        documents = [d for o in _objects(part) if (d := _loaded(o)) is not None]
        calls = [c for d in documents for c in _as_calls(d)]
        if calls:
            return calls
    return []


def _as_calls(document: dict[str, Any]) -> list[Written]:
    inner = document.get("function")
    if isinstance(inner, dict):
        document = inner
    name = document.get("name") or document.get("tool") or document.get("function")
    said: Any = next((document[k] for k in ("arguments", "parameters", "args", "input") if k in document), {})
    if isinstance(said, str):
        said = _loaded(said) or {}
    return [(name, said)] if isinstance(name, str) and isinstance(said, dict) else []


def _objects(text: str) -> list[str]:
    """The outermost {...} parts of a text, braces inside strings left out of the count."""
    found, depth, start, quoted, escaped = [], 0, 0, False, False
    for at, sign in enumerate(text):
        if escaped:
            escaped = False
        elif sign == "\\":
            escaped = quoted
        elif sign == '"':
            quoted = not quoted and depth > 0
        elif sign == "{" and not quoted:
            start, depth = (at if depth == 0 else start), depth + 1
        elif sign == "}" and not quoted and depth:
            depth -= 1
            if depth == 0:
                found.append(text[start : at + 1])
    return found


def _first_object(text: str) -> dict[str, Any] | None:
    return next((d for o in _objects(text) if (d := _loaded(o)) is not None), None)


def _loaded(text: str) -> dict[str, Any] | None:
    try:
        document = json.loads(text)
    except ValueError:
        return repaired(text)
    return document if isinstance(document, dict) else None


def _python_calls(text: str) -> list[Written]:
    """`[propose_plan(num_train_epochs=3)]`: keywords with literal values only; nothing is run."""
    for part in [*_FENCE.findall(text), _MARKS.sub(" ", text)]:
        try:
            body = ast.parse(part.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        calls = body.elts if isinstance(body, ast.List | ast.Tuple) else [body]
        found = [_python_call(c) for c in calls]
        if found and all(found):
            return [f for f in found if f]
    return []


def _python_call(node: ast.expr) -> Written | None:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.args:
        return None
    try:
        return node.func.id, {k.arg: ast.literal_eval(k.value) for k in node.keywords if k.arg}
    except ValueError:
        return None
