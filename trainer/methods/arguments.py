"""A plan -> the keyword arguments of TRL's SFTConfig and PEFT's LoraConfig. Imports neither."""

from __future__ import annotations

from typing import Any

from trainer.plan import Lora, Plan

LOGS = 60
"""About this many points on the loss curve."""


def sft_arguments(plan: Plan, output_dir: str, total_steps: int) -> dict[str, Any]:
    """Arguments of `trl.SFTConfig`. Rows come tokenised and cut, so TRL must not cut again."""
    o, s, e, c = plan.optimisation, plan.schedule, plan.evaluation, plan.compute
    return {
        "output_dir": output_dir,
        "learning_rate": o.learning_rate,
        "lr_scheduler_type": o.lr_scheduler_type,
        # transformers 5 reads a float below 1 as a share of the steps
        "warmup_steps": o.warmup_steps if o.warmup_steps is not None else o.warmup_ratio,
        "optim": o.optim,
        "weight_decay": o.weight_decay,
        "max_grad_norm": o.max_grad_norm,
        "num_train_epochs": s.num_train_epochs,
        "max_steps": s.max_steps,
        "per_device_train_batch_size": s.per_device_train_batch_size,
        "per_device_eval_batch_size": s.per_device_train_batch_size,
        "gradient_accumulation_steps": s.gradient_accumulation_steps,
        "seed": s.seed,
        "data_seed": s.seed,
        "max_length": None,
        "padding_free": c.padding_free,
        "dataset_kwargs": {"skip_prepare_dataset": True},
        "bf16": c.precision == "bf16",
        "fp16": c.precision == "fp16",
        "use_cpu": c.device == "cpu",
        "gradient_checkpointing": c.gradient_checkpointing,
        "logging_steps": min(10, max(1, total_steps // LOGS)),
        "logging_first_step": True,
        "logging_nan_inf_filter": False,
        "eval_strategy": "steps",
        "eval_steps": e.eval_steps,
        "save_strategy": "steps",
        "save_steps": e.eval_steps,
        "save_total_limit": 2,
        "load_best_model_at_end": e.load_best_model_at_end,
        "metric_for_best_model": "eval_loss",
        "greater_is_better": False,
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_pin_memory": c.device == "cuda",
        "remove_unused_columns": False,
    }


def lora_arguments(adapter: Lora) -> dict[str, Any]:
    """Arguments of `peft.LoraConfig`."""
    modules = adapter.target_modules
    return {
        "r": adapter.lora_r,
        "lora_alpha": adapter.lora_alpha,
        "lora_dropout": adapter.lora_dropout,
        "target_modules": modules if isinstance(modules, str) else list(modules),
        "task_type": "CAUSAL_LM",
    }
