"""Many processes, machines and backends: who works together on one run."""

from __future__ import annotations

from typing import Any

from trainer.errors import UserFacingError
from trainer.reasons import Reason
from trainer.recipes.draft import Draft


def processes(draft: Draft, device: str) -> int:
    """Processes that train one model together: as asked, else one for each GPU."""
    said = draft.said("num_processes")
    if said is not None:
        return int(said)
    if draft.said("backend") == "hosted" or device != "cuda":
        return int(draft.said("num_nodes") or 1)
    gpus = draft.said("num_gpus") or len(draft.facts.machine.gpus) or 1
    return _dividing(int(gpus) * int(draft.said("num_nodes") or 1), draft.said("effective_batch_size"))


def _dividing(wanted: int, batch: int | None) -> int:
    """As many as can share the person's batch evenly."""
    return wanted if batch is None else next(n for n in range(min(wanted, batch), 0, -1) if batch % n == 0)


def spread(draft: Draft, device: str) -> dict[str, Any]:
    """backend, address, num_processes, num_nodes, distributed."""
    count, nodes = processes(draft, device), int(draft.said("num_nodes") or 1)
    if count % nodes:
        raise UserFacingError(
            f"{count} processes can't be shared evenly by {nodes} machines", "", f"Name a multiple of {nodes}."
        )
    many = f"{count} processes share each step's batch" if count > 1 else "one process is all there is work for"
    origin: Any = "user" if draft.said("num_processes") or draft.said("num_gpus") else "hardware"
    here = Reason(origin="default", why="one machine")
    return {
        "backend": _backend(draft, nodes),
        "address": draft.ledger.choose("address", None, Reason(origin="default", why="on this machine")),
        "num_processes": draft.fixed("num_processes", count, Reason(origin=origin, why=many)),
        "num_nodes": draft.ledger.choose("num_nodes", nodes, here),
        "distributed": _how(draft, device, count),
    }


def _backend(draft: Draft, nodes: int) -> Any:
    if draft.said("backend") == "hosted":
        _hosted(draft)
    if nodes > 1 and draft.said("backend") is None:
        why = f"{nodes} machines: Ray starts and watches a worker on each"
        return draft.fixed("backend", "ray", Reason(origin="recipe", why=why, source="Ray Train"))
    return draft.ledger.choose("backend", "local", Reason(origin="default", why="on this machine"))


def _hosted(draft: Draft) -> None:
    """What a service that speaks OpenAI's protocol can be asked for."""
    if draft.case.method not in ("sft", "dpo"):
        raise UserFacingError(
            f"hosted services tune by sft or dpo, not by {draft.case.method}",
            "",
            "Choose one of them, or train here (backend local).",
        )


def _how(draft: Draft, device: str, count: int) -> Any:
    if count == 1:
        return draft.fixed("distributed", "none", Reason(origin="default", why="one process"))
    if draft.rung.shard and device == "cuda":
        why = f"{draft.rung.need}, so the model itself is divided over the GPUs"
        return draft.fixed("distributed", "fsdp2", Reason(origin="hardware", why=why, source="PyTorch FSDP2"))
    why = "the model fits into each: every process holds it and sees its own rows"
    return draft.fixed("distributed", "ddp", Reason(origin="hardware", why=why, source="PyTorch DDP"))
