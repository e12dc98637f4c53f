"""What is installed, what this machine can do, which brain is in use, and how to mend the rest."""

from __future__ import annotations

import os
import shutil
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from agent.model.door import Door
from trainer.machine import read_machine
from trainer.paths import BUILTIN_MODEL, home

PACKAGES = (
    "torch",
    "transformers",
    "trl",
    "peft",
    "datasets",
    "optuna",
    "langgraph",
    "litellm",
    "gradio",
    "pydantic",
)


def examine() -> dict[str, Any]:
    """Versions, machine, brain, and what is missing."""
    versions = {name: _version(name) for name in PACKAGES}
    missing = [f"{n} is not installed: run `make install`" for n, v in versions.items() if v is None]
    if not (BUILTIN_MODEL / "model.safetensors").is_file():
        missing.append("the built-in base model is missing: run `make base-model`")
    machine = read_machine()
    if not machine.train_gflops:
        missing.append("this machine's speed could not be measured: times are unknown until it is")
    door = Door()
    return {
        "versions": versions,
        "home": str(home()),
        "free_disk_gb": round(shutil.disk_usage(home()).free / 1e9, 1),
        "machine": machine.model_dump(mode="json"),
        "brain": door.model,
        "missing": missing,
        "keys_in_environment": _keys(door),
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _keys(door: Door) -> str:
    """Keys are counted, never read out; none is used unless a model was chosen."""
    count = sum(name.endswith("_API_KEY") for name in os.environ)
    if not count:
        return "none"
    used = "the chosen model may use one" if not door.builtin else "none is used: no hosted model was chosen"
    return f"{count} found; {used}"
