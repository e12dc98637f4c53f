"""A plan -> the keyword arguments of TRL's configs and PEFT's. Imports neither.

`trainer.installed` holds these names to the signatures of the installed versions.
"""

from __future__ import annotations

from typing import Any

from trainer.backends.arguments import distributed_arguments
from trainer.plan import (
    AdaLora,
    Cpo,
    Distillation,
    Dpo,
    Grpo,
    Kto,
    Lora,
    Oft,
    Orpo,
    Plan,
    RewardModeling,
    Rloo,
    Vera,
    Virtual,
)

LOGS = 60
"""About this many points on the loss curve."""
KEPT = 2
"""Checkpoints that are kept, beside the best one."""


def training_arguments(plan: Plan, output_dir: str, total_steps: int) -> dict[str, Any]:
    """Arguments of the method's config. Rows come tokenised and cut, so TRL must not cut again."""
    return {
        "output_dir": output_dir,
        **_optimisation(plan),
        **_schedule(plan, total_steps),
        **_compute(plan),
        **_evaluation(plan),
        **method_arguments(plan),
        **distributed_arguments(plan),
    }


def _optimisation(plan: Plan) -> dict[str, Any]:
    o = plan.optimisation
    return {
        "learning_rate": o.learning_rate,
        "lr_scheduler_type": o.lr_scheduler_type,
        # transformers 5 reads a float below 1 as a share of the steps
        "warmup_steps": o.warmup_steps if o.warmup_steps is not None else o.warmup_ratio,
        "optim": o.optim,
        "weight_decay": o.weight_decay,
        "max_grad_norm": o.max_grad_norm,
        "neftune_noise_alpha": o.neftune_noise_alpha,
    }


def _schedule(plan: Plan, total_steps: int) -> dict[str, Any]:
    s = plan.schedule
    return {
        "num_train_epochs": s.num_train_epochs,
        "max_steps": s.max_steps,
        "per_device_train_batch_size": s.per_device_train_batch_size,
        "per_device_eval_batch_size": s.per_device_train_batch_size,
        "gradient_accumulation_steps": s.gradient_accumulation_steps,
        "train_sampling_strategy": s.train_sampling_strategy,
        "length_column_name": "length",
        "seed": s.seed,
        "data_seed": s.seed,
        "logging_steps": min(10, max(1, total_steps // LOGS)),
        "logging_first_step": True,
        "logging_nan_inf_filter": False,
        "report_to": "none",
        "disable_tqdm": True,
        "remove_unused_columns": False,
    }


def _compute(plan: Plan) -> dict[str, Any]:
    c = plan.compute
    return {
        "bf16": c.precision == "bf16",
        "fp16": c.precision == "fp16",
        "use_cpu": c.device == "cpu",
        "gradient_checkpointing": c.gradient_checkpointing,
        "use_liger_kernel": c.use_liger_kernel,
        "dataloader_pin_memory": c.device == "cuda",
    }


def _evaluation(plan: Plan) -> dict[str, Any]:
    e = plan.evaluation
    rewarded = isinstance(plan.method, Grpo | Rloo)
    return {
        "eval_strategy": "steps",
        "eval_steps": e.eval_steps,
        "save_strategy": "steps",
        "save_steps": e.eval_steps,
        "save_total_limit": KEPT,
        "load_best_model_at_end": e.load_best_model_at_end,
        "metric_for_best_model": "eval_reward" if rewarded else "eval_loss",
        "greater_is_better": rewarded,
    }


def method_arguments(plan: Plan) -> dict[str, Any]:
    """What only this method's config knows."""
    method = plan.method
    if isinstance(method, Dpo):
        return _offloaded(plan) | {
            "beta": method.beta,
            "loss_type": [method.loss_type],
            "label_smoothing": method.label_smoothing,
            "max_length": None,
            # once, before the first step: no second model in memory, no second forward pass a step
            "precompute_ref_log_probs": True,
        }
    if isinstance(method, Kto):
        names = ("beta", "loss_type", "desirable_weight", "undesirable_weight")
        # rows come shuffled, each with its neighbour's answer; their order is part of the loss
        order = {"train_sampling_strategy": "sequential"}
        return _offloaded(plan) | _of(method, names) | order | {"max_length": None, "precompute_ref_log_probs": True}
    if isinstance(method, Orpo):
        return {"beta": method.beta, "max_length": plan.schedule.max_length}
    if isinstance(method, Cpo):
        names = ("beta", "loss_type", "cpo_alpha", "simpo_gamma")
        return _of(method, names) | {"max_length": plan.schedule.max_length}
    if isinstance(method, RewardModeling):
        centre = {"center_rewards_coefficient": method.center_rewards_coefficient}
        return _offloaded(plan) | centre | {"max_length": None}
    if isinstance(method, Grpo | Rloo | Distillation):
        return _online(method)
    return _offloaded(plan) | {
        "max_length": None,
        "padding_free": plan.compute.padding_free,
        "dataset_kwargs": {"skip_prepare_dataset": True},
    }


def _of(method: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(method, name) for name in names}


def _offloaded(plan: Plan) -> dict[str, Any]:
    return {"activation_offloading": plan.compute.activation_offloading}


def _online(method: Grpo | Rloo | Distillation) -> dict[str, Any]:
    shared = {**_of(method, ("beta", "temperature", "max_completion_length")), "shuffle_dataset": True}
    if isinstance(method, Distillation):
        return shared
    weights = [reward.weight for reward in method.rewards]
    shared |= {"num_generations": method.num_generations, "num_generations_eval": 1, "reward_weights": weights}
    if isinstance(method, Rloo):
        return shared
    return shared | _of(method, ("loss_type", "scale_rewards"))


def adapter_arguments(plan: Plan, total_steps: int, new_ids: tuple[int, ...] = ()) -> tuple[str, dict[str, Any]] | None:
    """The name of PEFT's config class and its arguments; None where the model's own weights are trained.

    `new_ids` are ids of added tokens, whose embeddings are trained beside the adapter (LoRA only).
    """
    adapter = plan.adapter
    kind = {"task_type": "SEQ_CLS" if isinstance(plan.method, RewardModeling) else "CAUSAL_LM"}
    if isinstance(adapter, Lora):
        return "LoraConfig", kind | lora_arguments(adapter, new_ids)
    if isinstance(adapter, AdaLora):
        return "AdaLoraConfig", kind | _adalora(adapter, total_steps)
    if isinstance(adapter, Oft):
        block = {"r": 0, "oft_block_size": adapter.oft_block_size}
        return "OFTConfig", kind | block | {"target_modules": _modules(adapter.target_modules)}
    if isinstance(adapter, Vera):
        return "VeraConfig", kind | {"r": adapter.lora_r, "target_modules": _modules(adapter.target_modules)}
    if isinstance(adapter, Virtual):
        name = "PromptTuningConfig" if adapter.tuning == "prompt_tuning" else "PrefixTuningConfig"
        return name, kind | {"num_virtual_tokens": adapter.num_virtual_tokens}
    return None if plan.whole_model else ("IA3Config", kind)


def lora_arguments(adapter: Lora, new_ids: tuple[int, ...] = ()) -> dict[str, Any]:
    """Arguments of `peft.LoraConfig`."""
    init = adapter.init_lora_weights
    out: dict[str, Any] = {
        "r": adapter.lora_r,
        "lora_alpha": adapter.lora_alpha,
        "lora_dropout": adapter.lora_dropout,
        "target_modules": _modules(adapter.target_modules),
        "use_rslora": adapter.use_rslora,
        "use_dora": adapter.tuning == "dora",
        "init_lora_weights": True if init == "default" else init,
    }
    return out | ({"trainable_token_indices": list(new_ids)} if new_ids else {})


def _adalora(adapter: AdaLora, total_steps: int) -> dict[str, Any]:
    """Ranks are cut between a fifth and three fifths of the run, at ten steps or fewer apart."""
    return {
        "init_r": adapter.init_r,
        "target_r": adapter.lora_r,
        "lora_alpha": adapter.lora_alpha,
        "lora_dropout": adapter.lora_dropout,
        "target_modules": _modules(adapter.target_modules),
        "total_step": max(3, total_steps),
        "tinit": total_steps // 5,
        "tfinal": total_steps * 2 // 5,
        "deltaT": max(1, min(10, total_steps // 20)),
    }


def _modules(named: str | tuple[str, ...]) -> str | list[str]:
    return named if isinstance(named, str) else list(named)
