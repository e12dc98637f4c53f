"""Plans and facts made by hand: what estimates are computed from."""

from __future__ import annotations

from typing import Any

from trainer.base_models import resolve
from trainer.facts import DataProfile, Facts, Gpu, Lengths, Machine, ModelFacts
from trainer.plan import Plan

LENGTHS = Lengths(
    tokenizer="t",
    basis="measured",
    sampled=100,
    mean=80,
    p50=75,
    p95=140,
    p99=170,
    max=200,
    answer_p95=30,
    answer_max=40,
    trained_share=0.4,
)
METHODS: dict[str, dict[str, Any]] = {
    "sft": {},
    "cpt": {},
    "dpo": {},
    "kto": {},
    "orpo": {},
    "cpo": {},
    "reward_modeling": {},
    "grpo": {"max_completion_length": 32, "rewards": [{"kind": "exact_match"}]},
    "rloo": {"max_completion_length": 32, "rewards": [{"kind": "exact_match"}]},
    "distillation": {"max_completion_length": 32, "teacher_model": "t", "teacher_fingerprint": "f"},
}
ADAPTERS: dict[str, dict[str, Any]] = {
    "full": {},
    "freeze": {"freeze_trainable_layers": 2},
    "lora": {"lora_r": 16, "lora_alpha": 32, "lora_dropout": 0.0},
    "dora": {"lora_r": 8, "lora_alpha": 32, "lora_dropout": 0.0},
    "qlora": {"lora_r": 16, "lora_alpha": 32, "lora_dropout": 0.0, "quantization": "4bit"},
    "adalora": {},
    "ia3": {},
    "oft": {},
    "vera": {},
    "prompt_tuning": {"num_virtual_tokens": 20},
    "prefix_tuning": {"num_virtual_tokens": 20},
}


def profile(**more: Any) -> DataProfile:
    """A file of 1,000 short questions with answers."""
    shared = {"path": "x.csv", "fingerprint": "f", "bytes": 200_000, "rows": 1000, "format": "qa", "encoding": "utf-8"}
    return DataProfile(**shared, columns=(), roles={"prompt": "q", "completion": "a"}, lengths=LENGTHS, **more)


def machine(**more: Any) -> Machine:
    """Two cores whose speed was measured."""
    rates = {f"{p}/{t}": 50.0 for p in ("fp32", "bf16") for t in (1, 2)}
    shared: dict[str, Any] = {"cores": 2, "memory_gb": 16, "free_disk_gb": 50, "fingerprint": "here"}
    return Machine(**(shared | {"train_gflops": rates} | more))


H100 = Gpu(name="NVIDIA H100 80GB HBM3", memory_gb=85.0, bf16=True)


def facts(model: ModelFacts | None = None, **more: Any) -> Facts:
    """The built-in model, the file above, the machine above."""
    return Facts(data=profile(), usable_rows=1000, model=model or resolve(None), machine=machine(**more))


def plan(method: str = "sft", tuning: str = "lora", **more: Any) -> Plan:
    """A plan; `more` are leaf values of any section, by name."""
    document: dict[str, Any] = {
        "goal": "g",
        "task": "chat_assistant",
        "base_model": "tunesmith-tiny",
        "model_fingerprint": "f",
        "method": {"method": method, **METHODS[method]},
        "adapter": {"tuning": tuning, **ADAPTERS[tuning]},
        "data": {"dataset_path": "x.csv", "fingerprint": "f", "format": "qa", "roles": {}},
        "optimisation": {"learning_rate": 1e-4},
        "schedule": {"num_train_epochs": 1, "per_device_train_batch_size": 8, "max_length": 256},
        "evaluation": {"eval_steps": 20, "metric": "chrf", "generate_rows": 60, "max_new_tokens": 32},
        "compute": {"device": "cpu", "precision": "fp32", "threads": 2, "padding_free": _flat(method, tuning)},
        "budget": {},
    }
    document["data"] |= {"val_split": 0.1, "holdout_split": 0.1}
    for name, value in more.items():
        document[_section(document, name)][name] = value
    return Plan.model_validate(document)


def _flat(method: str, tuning: str) -> bool:
    return method in ("sft", "cpt") and tuning not in ("prompt_tuning", "prefix_tuning")


def _section(document: dict[str, Any], name: str) -> str:
    from trainer.plan.sections import Budget, Compute, Data, Evaluation, Optimisation, Schedule

    kinds = {"data": Data, "optimisation": Optimisation, "schedule": Schedule}
    kinds |= {"evaluation": Evaluation, "compute": Compute, "budget": Budget}
    for section, kind in kinds.items():
        if name in kind.model_fields:
            return section
    return "method" if name in document["method"] or name in ("beta", "num_generations", "loss_type") else "adapter"
