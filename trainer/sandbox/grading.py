"""Tests as text -> single steps, of which some count. Read before the tested program can touch anything.

What counts: an `assert` at the top (a loop or `with` around some counts once), a function `test_*`, a method `test*` of
a `TestCase`, and a call of a function that the tests define (`check(add)`). Everything else prepares.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from types import CodeType
from typing import Any

SAME = "__same__"
ACTING = ("antigravity", "this", "idlelib", "turtledemo", "__main__")
"""Modules that do something when they are imported."""


@dataclass(frozen=True)
class Step:
    """A piece of the tests, compiled. `counts`: it passes or fails; else it prepares."""

    code: CodeType
    counts: bool


def steps(tests: str, entry_point: str = "") -> list[Step]:
    """The steps of the tests. `entry_point` is what a `check(candidate)` is called with. Raises SyntaxError."""
    tree = _Equal().visit(ast.parse(tests))
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    called = {_called(node) for node in tree.body}
    found: list[Step] = []
    for node in tree.body:
        found.append(_compiled(node, _counts(node, defined)))
        found += [_compiled(ast.parse(call).body[0], True) for call in _calls(node, called, entry_point)]
    return found


def _calls(node: ast.stmt, called: set[str], entry_point: str) -> list[str]:
    """Calls that a definition asks for."""
    if isinstance(node, ast.ClassDef):
        methods = [m.name for m in node.body if isinstance(m, ast.FunctionDef) and m.name.startswith("test")]
        return [f"__unit__({node.name}, {name!r})" for name in methods] if _is_case(node) else []
    if not isinstance(node, ast.FunctionDef) or node.name in called:
        return []
    wanted = len(node.args.args) - len(node.args.defaults)
    if node.name.startswith("test") and wanted == 0:
        return [f"{node.name}()"]
    return [f"check({entry_point})"] if node.name == "check" and wanted == 1 and entry_point.isidentifier() else []


def _is_case(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).endswith("TestCase") for base in node.bases)


def _called(node: ast.stmt) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name):
        return node.value.func.id
    return ""


def _counts(node: ast.stmt, defined: set[str]) -> bool:
    if isinstance(node, ast.For | ast.While | ast.With | ast.If | ast.Try):
        return any(isinstance(inner, ast.Assert) for inner in ast.walk(node))
    return isinstance(node, ast.Assert) or _called(node) in defined


def _compiled(node: ast.stmt, counts: bool) -> Step:
    module = ast.fix_missing_locations(ast.Module([node], []))
    return Step(compile(module, "<tests>", "exec"), counts)


def modules(source: str) -> list[str]:
    """Modules that a source imports, to be loaded before the program can change them; [] where it can't be read.

    Some need, while they are loaded, what the guard refuses later (asyncio changes code objects).
    """
    names: list[str] = []
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.append(node.module)
    return names


class _Equal(ast.NodeTransformer):
    """`a == b` in the tests asks `same(a, b)`."""

    def visit_Compare(self, node: ast.Compare) -> Any:
        self.generic_visit(node)
        if len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq):
            call = ast.Call(ast.Name(SAME, ast.Load()), [node.left, node.comparators[0]], [])
            return ast.copy_location(call, node)
        return node
