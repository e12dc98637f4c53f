"""What a process of ours has held at the most."""

from __future__ import annotations

import os

from trainer.machine import peak_gb
from trainer.plan import Plan


def held_gb(plan: Plan) -> float:
    """GB on the device that matters: on a GPU what PyTorch reserved and the context takes, else the memory."""
    if plan.compute.device == "cuda":
        import torch

        free, total = torch.cuda.mem_get_info()
        others = (total - free - torch.cuda.memory_reserved()) / 1e9
        return torch.cuda.max_memory_reserved() / 1e9 + max(0.0, others)
    return peak_gb(os.getpid())
