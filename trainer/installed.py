"""Does the installed TRL, transformers and PEFT know the arguments we pass? Read, not imported."""

from __future__ import annotations

import ast
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from trainer.errors import UserFacingError
from trainer.methods.arguments import lora_arguments, sft_arguments
from trainer.plan import Lora, Plan

_TRAINING = (
    ("trl", "trainer/sft_config.py"),
    ("trl", "trainer/base_config.py"),
    ("transformers", "training_args.py"),
)
_LORA = (("peft", "tuners/lora/config.py"), ("peft", "config.py"))


@cache
def fields_of(files: tuple[tuple[str, str], ...]) -> frozenset[str]:
    """Names of the annotated class fields in these source files."""
    names: set[str] = set()
    for package, file in files:
        spec = find_spec(package)
        folder = Path((spec.submodule_search_locations or [""])[0]) if spec else Path()
        source = folder / file
        if source.is_file():
            names |= _annotated(source.read_text("utf-8"))
    return frozenset(names)


def _annotated(source: str) -> set[str]:
    return {
        item.target.id
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef)
        for item in node.body
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
    }


def check_signatures(plan: Plan, training: frozenset[str] | None = None) -> None:
    """Raise, naming the argument and the version, when an upgrade has renamed one."""
    known = fields_of(_TRAINING) if training is None else training
    unknown = [("trl", name) for name in sft_arguments(plan, "out", 1) if name not in known]
    if isinstance(plan.adapter, Lora):
        unknown += [("peft", n) for n in lora_arguments(plan.adapter) if n not in fields_of(_LORA)]
    if unknown:
        package, name = unknown[0]
        raise UserFacingError(
            f"{package} {version(package)} does not know the argument {name}",
            "",
            "Install the versions in constraints.txt (make install), or tell us about the new name.",
        )
