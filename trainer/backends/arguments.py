"""A plan's way of sharing a model over processes -> arguments of transformers' TrainingArguments. Pure.

`none` and `ddp` were tried on processors. `fsdp2` and `deepspeed` need GPUs and were not tried: their names are held
to the installed signatures by tests, no more (FSDP with `use_cpu` is plain DDP without a word, so it proves nothing).
"""

from __future__ import annotations

from typing import Any

from trainer.facts import DataFinding
from trainer.plan import Plan

PATIENCE_SECONDS = 7200
"""How long a process waits for the others at a meeting: a checkpoint of a large model takes its time."""


def distributed_arguments(plan: Plan) -> dict[str, Any]:
    """What TrainingArguments needs beside the rest; {} for one process alone."""
    compute = plan.compute
    if compute.num_processes == 1 and compute.distributed in ("none", "ddp"):
        return {}
    common = {
        "ddp_timeout": PATIENCE_SECONDS,
        # the loss is the mean over the trained tokens of all processes, as in one
        "average_tokens_across_devices": True,
    }
    return common | _KINDS[compute.distributed](plan)


def _ddp(plan: Plan) -> dict[str, Any]:
    backend = "nccl" if plan.compute.device == "cuda" else "gloo"
    return {"ddp_backend": backend, "ddp_find_unused_parameters": False, "ddp_broadcast_buffers": False}


def _fsdp2(plan: Plan) -> dict[str, Any]:
    """FSDP2: weights, gradients and optimizer states lie in shards; layers are wrapped as the model's class says."""
    config: dict[str, Any] = {
        "version": 2,
        "auto_wrap_policy": "TRANSFORMER_BASED_WRAP",
        "reshard_after_forward": True,
        "cpu_ram_efficient_loading": True,
        "state_dict_type": "FULL_STATE_DICT",  # checkpoints that any number of processes can go on from
        "activation_checkpointing": plan.compute.gradient_checkpointing,
    }
    # FSDP's own checkpointing takes the place of the trainer's, which would gather every layer twice
    return {"fsdp": True, "fsdp_config": config, "gradient_checkpointing": False}


def _deepspeed(plan: Plan) -> dict[str, Any]:
    """ZeRO-3; `auto` takes the trainer's own values, so that the plan stays the one place that says them."""
    config = {
        "train_micro_batch_size_per_gpu": "auto",
        "gradient_accumulation_steps": "auto",
        "gradient_clipping": "auto",
        "bf16": {"enabled": plan.compute.precision == "bf16"},
        "fp16": {"enabled": plan.compute.precision == "fp16"},
        "zero_optimization": {
            "stage": 3,
            "overlap_comm": True,
            "contiguous_gradients": True,
            "stage3_gather_16bit_weights_on_model_save": True,
        },
    }
    return {"deepspeed": config}


_KINDS = {"none": _ddp, "ddp": _ddp, "fsdp2": _fsdp2, "deepspeed": _deepspeed}


def findings(plan: Plan, gpus: int, cores: int, installed: frozenset[str]) -> list[DataFinding]:
    """What is wrong with a plan's processes and backend on this machine. `installed`: names of packages at hand."""
    return [
        DataFinding(rule=rule, severity=severity, count=1, advice=words)
        for rule, severity, words in _found(plan, gpus, cores, installed)
    ]


def _found(plan: Plan, gpus: int, cores: int, installed: frozenset[str]) -> list[tuple[str, Any, str]]:
    c, found = plan.compute, []
    here = c.backend == "local"
    if here and c.num_nodes > 1:
        found.append(("nodes_need_ray", "blocker", f"{c.num_nodes} machines need backend ray; or set num_nodes to 1."))
    if here and c.device == "cuda" and gpus and c.num_processes > gpus:
        words = f"{c.num_processes} processes need as many GPUs; this machine has {gpus}. Set num_processes to {gpus}."
        found.append(("too_many_processes", "blocker", words))
    if here and c.device == "cpu" and c.num_processes > cores:
        words = f"{c.num_processes} processes share {cores} cores: slower than {cores} processes would be."
        found.append(("more_processes_than_cores", "warn", words))
    if c.distributed in ("fsdp2", "deepspeed") and c.device != "cuda":
        words = f"{c.distributed} needs GPUs: on a processor the library runs plain DDP without saying so. Use ddp."
        found.append(("sharding_needs_gpus", "blocker", words))
    if c.distributed == "deepspeed" and "deepspeed" not in installed:
        found.append(
            ("deepspeed_missing", "blocker", "DeepSpeed is not installed: pip install deepspeed, or use fsdp2.")
        )
    if c.backend == "ray" and "ray" not in installed:
        found.append(("ray_missing", "blocker", "Ray is not installed: pip install 'tunesmith[ray]'."))
    return found
