"""Facts for plans, made without a file: rows of any format, any model, any machine."""

from __future__ import annotations

from functools import cache
from typing import Any, get_args

from trainer.base_models import resolve
from trainer.facts import Beside, Column, DataProfile, Facts, Gpu, Lengths, Machine, ModelFacts
from trainer.wishes import Wishes

METHODS: tuple[str, ...] = get_args(get_args(Wishes.model_fields["method"].annotation)[0])
TUNINGS: tuple[str, ...] = get_args(get_args(Wishes.model_fields["tuning"].annotation)[0])
ROLES = {
    "preference": {"prompt": "q", "chosen": "c", "rejected": "r"},
    "kto": {"prompt": "q", "completion": "a", "label": "good"},
    "text": {"text": "t"},
    "text_label": {"prompt": "t", "label": "l"},
    "messages": {"messages": "m"},
    "sharegpt": {"messages": "m"},
    "prompt_completion": {"prompt": "q", "completion": "a"},
    "alpaca": {"prompt": "instruction", "input": "input", "completion": "output"},
}
FORMATS = tuple(ROLES)
FORMAT_OF = {
    "cpt": "text",
    "kto": "kto",
    "grpo": "text_label",
    "rloo": "text_label",
    "sft": "prompt_completion",
    "distillation": "prompt_completion",
}
"""Method -> a format that fits it; pairs for the others."""
LABELS = {"kto": {"true": 700, "false": 300}, "text_label": {"a": 600, "b": 400}}
H100 = Gpu(name="H100", memory_gb=80, bf16=True)


@cache
def model(name: str) -> ModelFacts:
    """A base model by name; '' is the built-in one."""
    return resolve(name or None)


def lengths(mean: float = 60, p50: int = 50, p95: int = 120, p99: int = 180, longest: int = 200) -> Lengths:
    """Row lengths in tokens."""
    return Lengths(
        tokenizer="t", basis="measured", sampled=100, mean=mean, p50=p50, p95=p95, p99=p99, max=longest,
        answer_p95=40, answer_max=60, trained_share=0.5,
    )  # fmt: skip


def facts(
    form: str,
    base: str = "",
    gpus: tuple[Gpu, ...] = (),
    rows: int = 1000,
    sizes: Lengths | None = None,
    memory_gb: float = 16,
    **beside: Any,
) -> Facts:
    """Facts of `rows` rows of a format on a machine of two cores."""
    columns = (Column(name="q", kind="text", filled=rows, distinct=rows, mean_chars=80),)
    data = DataProfile(
        path="rows.csv", fingerprint="f" * 64, bytes=1, rows=rows, format=form, encoding="utf-8", columns=columns,
        roles=ROLES[form], label_counts=LABELS.get(form, {}), lengths=sizes or lengths(),
    )  # fmt: skip
    machine = Machine(cores=2, memory_gb=memory_gb, free_disk_gb=100, gpus=gpus)
    return Facts(data=data, usable_rows=rows, model=model(base), machine=machine, beside=Beside(**beside))


def fitting(method: str, base: str = "", **more: Any) -> Facts:
    """Facts whose rows fit a method, with a teacher where one is needed."""
    if method == "distillation":
        more.setdefault("teacher", model("Qwen/Qwen3-32B"))
    return facts(FORMAT_OF.get(method, "preference"), base, **more)
