"""Whether the device of the plan is there, before anything is loaded."""

from __future__ import annotations

import torch

from trainer.errors import UserFacingError
from trainer.plan import Plan

CPU_INSTEAD = (
    "See what nvidia-smi says and resume when it is back. To train on the processor say 'use the cpu': "
    "that is a new plan with its own time, and needs your yes."
)


def check_device(plan: Plan) -> None:
    """Raise UserFacingError where the plan wants a GPU that can't be used: an approval is for its device."""
    if plan.compute.device != "cuda":
        return
    if not torch.cuda.is_available():
        raise UserFacingError("the plan is for a GPU and none can be used now", "device", CPU_INSTEAD)
    try:
        torch.zeros(1, device="cuda").sum().item()
    except RuntimeError as error:
        first = str(error).splitlines()[0][:200]
        raise UserFacingError(f"the GPU of the plan does not answer ({first})", "device", CPU_INSTEAD) from None
