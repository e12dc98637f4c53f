"""The house: small rooms, light starts, a README that tells the truth."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("agent", "tools", "trainer", "ui", "prompts")
MODULE_LINES = 400
FUNCTION_LINES = 60
HEAVY = ("torch", "transformers", "peft", "trl", "datasets", "optuna")


def sources() -> list[Path]:
    return [p for room in ROOMS for p in sorted((ROOT / room).rglob("*.py"))]


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_rooms_stay_small(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= MODULE_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < FUNCTION_LINES, f"{node.name} is too long"


def imported_by(module: str) -> set[str]:
    script = f"import {module}, sys; print('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True, cwd=ROOT
    )
    return {name.split(".")[0] for name in done.stdout.splitlines()}


@pytest.mark.parametrize("module", ["ui.app", "ui.cli", "agent.session", "tools.registry", "trainer.proposal"])
def test_nothing_heavy_is_imported(module: str) -> None:
    assert not imported_by(module) & set(HEAVY)


def test_help_starts_before_torch_could() -> None:
    def seconds(*command: str) -> float:
        started = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True, cwd=ROOT, timeout=120)
        return time.perf_counter() - started

    ours = min(seconds(sys.executable, "-c", "from ui.cli import main; main()", "--help") for _ in range(3))
    torch = min(seconds(sys.executable, "-c", "import torch") for _ in range(2))
    assert ours < 0.5 * torch


def test_every_command_of_the_readme_exists() -> None:
    text = "\n".join(p.read_text("utf-8") for p in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))])
    told = {c for c in re.findall(r"tunesmith ([a-z]+)", text) if c not in ("is", "at")}
    shown = subprocess.run(
        [sys.executable, "-c", "from ui.cli import main; main()", "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout
    known = set(re.findall(r"^  ([a-z]+) ", shown, re.MULTILINE))
    assert told <= known
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)`", text)) <= targets


def test_every_prompt_renders_and_uses_what_it_is_given() -> None:
    from prompts import render

    given = {
        "system": {"situation": "{}", "examples": "e"},
        "phrase": {"words": 10, "question": "q", "result": "r"},
        "more_paraphrase": {"texts": "t"},
        "more_translate": {"language": "German", "texts": "t"},
        "more_new_rows": {"wanted": 5, "rows": "r", "columns": "c", "label": "", "label_column": "", "labels": ""},
        "more_answers": {"examples": "e", "questions": "q"},
        "more_judge": {"examples": "e", "rows": "r"},
        "judge_reward": {"rubric": "r", "question": "q", "reference": "", "answer": "a"},
        "judge_pair": {"rubric": "r", "question": "q", "reference": "", "first": "a", "second": "b"},
    }
    assert {p.stem for p in (ROOT / "prompts").glob("*.md")} == set(given)
    for name, variables in given.items():
        assert render(name, **variables).text
        with pytest.raises(ValueError, match="does not use"):
            render(name, **variables, surplus=1)


def test_pictures_in_the_docs_are_there() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for name in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text("utf-8")):
            assert (page.parent / name).is_file(), name
