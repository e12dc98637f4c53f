"""Does the installed TRL, transformers and PEFT know the arguments we pass? Read, not imported."""

from __future__ import annotations

import ast
import platform
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from trainer.errors import UserFacingError
from trainer.methods.arguments import adapter_arguments, training_arguments
from trainer.plan import Plan

_BASE = (("trl", "trainer/base_config.py"), ("transformers", "training_args.py"))
_CONFIGS = {
    "sft": "trainer/sft_config.py",
    "cpt": "trainer/sft_config.py",
    "dpo": "trainer/dpo_config.py",
    "kto": "trainer/kto_config.py",
    "orpo": "experimental/orpo/orpo_config.py",
    "cpo": "experimental/cpo/cpo_config.py",
    "reward_modeling": "trainer/reward_config.py",
    "grpo": "trainer/grpo_config.py",
    "rloo": "trainer/rloo_config.py",
    "distillation": "trainer/distillation_config.py",
}
"""Method -> the source of TRL's config, in its package."""
_ADAPTERS = {
    "LoraConfig": "tuners/lora/config.py",
    "AdaLoraConfig": "tuners/adalora/config.py",
    "IA3Config": "tuners/ia3/config.py",
    "OFTConfig": "tuners/oft/config.py",
    "VeraConfig": "tuners/vera/config.py",
    "PromptTuningConfig": "tuners/prompt_tuning/config.py",
    "PrefixTuningConfig": "tuners/prefix_tuning/config.py",
}


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


def versions() -> dict[str, str]:
    """What a run depends on, as installed now: a result is repeated with the same ones."""
    names = ("torch", "transformers", "trl", "peft", "accelerate", "datasets", "tokenizers")
    return {"python": platform.python_version()} | {name: version(name) for name in names}


def check_signatures(plan: Plan, training: frozenset[str] | None = None) -> None:
    """Raise, naming the argument and the version, when an upgrade has renamed one."""
    known = training or fields_of((("trl", _CONFIGS[plan.method.method]), *_BASE))
    unknown = [("trl", name) for name in training_arguments(plan, "out", 1) if name not in known]
    if (adapter := adapter_arguments(plan, 1)) is not None:
        unknown += [("peft", n) for n in adapter[1] if n not in _adapter_fields(adapter[0])]
    if unknown:
        package, name = unknown[0]
        raise UserFacingError(
            f"{package} {version(package)} does not know the argument {name}",
            "",
            "Install the versions in constraints.txt (make install), or tell us about the new name.",
        )


def _adapter_fields(config: str) -> frozenset[str]:
    """Fields of PEFT's config, those it inherits included."""
    files = (_ADAPTERS[config], "tuners/lora/config.py", "tuners/prompt_tuning/config.py", "config.py")
    return fields_of(tuple(("peft", file) for file in files))
