"""The section `compute` of a plan: what it runs on, and the choices that make it fast there."""

from __future__ import annotations

from typing import Any

from trainer.errors import UserFacingError
from trainer.facts import Machine
from trainer.reasons import Ledger, Reason
from trainer.recipes import schedule
from trainer.recipes.draft import Draft
from trainer.recipes.many import spread

LIGER = ("sft", "cpt", "dpo")
"""Methods for which TRL has a fused loss that was compared with the plain one."""


def device(ledger: Ledger, machine: Machine) -> str:
    """A GPU when there is one or one was described, else the CPU."""
    if ledger.said.get("device") is None and (ledger.said.get("max_gpu_gb") or ledger.said.get("num_gpus")):
        return str(ledger.note("device", "cuda", Reason(origin="user", why="you described a GPU")))
    if machine.gpus:
        why = f"{machine.gpus[0].name}, {machine.gpus[0].memory_gb:g} GB"
        return str(ledger.choose("device", "cuda", Reason(origin="hardware", why=why)))
    return str(ledger.choose("device", "cpu", Reason(origin="hardware", why="no GPU was found here")))


def precision(ledger: Ledger, device: str, machine: Machine) -> tuple[str, Reason]:
    """What the hardware is fast at, measured where it can be."""
    for name in ("bf16", "fp16"):
        if ledger.said.get(name):
            return name, Reason(origin="user", why="you said so")
    if device == "cuda":
        modern = not machine.gpus or machine.gpus[0].bf16
        why = "native on this kind of GPU" if modern else "this GPU has no native bf16"
        return ("bf16" if modern else "fp32"), Reason(origin="hardware", why=why)
    if ledger.said.get("bf16") is not False and machine.bf16_faster:
        return "bf16", Reason(origin="hardware", why="timed steps were faster in bf16 on this processor")
    why = "timed steps were not clearly faster in bf16" if machine.bf16_faster is False else "safe everywhere"
    return "fp32", Reason(origin="hardware", why=why)


def section(draft: Draft, device: str, batch: int) -> dict[str, Any]:
    """Every value of the section, for passes of `batch` rows."""
    kind, why = precision(draft.ledger, device, draft.facts.machine)
    many = spread(draft, device)
    free = _flatten(draft, batch)
    return {
        "device": device,
        "precision": draft.fixed("precision", kind, why),
        "threads": _threads(draft, device, many["num_processes"]),
        "padding_free": free,
        "attn_implementation": _attention(draft, device, free),
        "gradient_checkpointing": _checkpointing(draft),
        "activation_offloading": _off(draft, "activation_offloading", "activations stay where they are computed"),
        "torch_compile": _compile(draft, device),
        "use_liger_kernel": _liger(draft, device),
        **many,
    }


def _off(draft: Draft, name: str, why: str) -> Any:
    return draft.ledger.choose(name, False, Reason(origin="default", why=why))


def _threads(draft: Draft, device: str, processes: int) -> Any:
    cores = draft.facts.machine.cores
    share = max(1, cores // processes) if device == "cpu" else cores
    why = f"{cores} cores" + (f" for {processes} processes" if share != cores else "")
    return draft.fixed("threads", share, Reason(origin="hardware", why=f"{why}; fewer are used when others are busy"))


def _flatten(draft: Draft, batch: int) -> bool:
    """Rows end to end, where that saves more than it costs."""
    wished = [draft.said(name) for name in ("padding_free", "packing")]
    if not schedule.can_flatten(draft):
        if draft.said("padding_free"):
            raise UserFacingError(
                f"{draft.case.method} with {draft.case.tuning} can't lay rows end to end",
                "",
                "padding_free is for sft and cpt, and not for prompt_tuning or prefix_tuning. Leave it away.",
            )
        why = "rows are padded: this trainer compares whole rows, or puts learned tokens before each"
        return bool(draft.fixed("padding_free", False, Reason(origin="recipe", why=why)))
    free, share = schedule.padding_free(draft, batch), schedule.waste(draft, batch)
    if any(w is not None for w in wished):
        return bool(draft.fixed("padding_free", free, Reason(origin="user", why="you said so")))
    if free:
        why = f"padding would be {share:.0%} of all tokens: rows end to end are faster, with the same loss"
    else:
        why = f"rows are of like length: padding is {share:.0%} of all tokens, not worth avoiding"
    return bool(draft.fixed("padding_free", free, Reason(origin="data", why=why)))


def _attention(draft: Draft, device: str, free: bool) -> Any:
    here = draft.facts.beside.installed
    if draft.said("attn_implementation") == "flash_attention_2" and (device != "cuda" or "flash_attn" not in here):
        raise UserFacingError(
            "flash_attention_2 needs a GPU and the package flash-attn",
            "",
            "Leave it away (sdpa has kernels of its own), or install flash-attn where the GPU is.",
        )
    if device == "cpu" and free:
        why = "one attention a row: a mask over rows end to end would compute what is thrown away (3.8x against 2.6x)"
        value, source = "per_document", "measured with TRL 1.16 on two cores (docs/knowledge.md)"
    elif device == "cpu":
        why = "causal attention without a mask: what stands after a row's end can't be seen from before it"
        value, source = "per_document", None
    elif device == "cuda" and "flash_attn" in here and kind_is_half(draft, device):
        why, value, source = (
            "installed here, and made for rows end to end",
            "flash_attention_2",
            "axolotl, docs/agents/sft.md",
        )
    elif device == "cuda" and free and precision(draft.ledger, device, draft.facts.machine)[0] == "bf16":
        why = "one kernel of PyTorch's own for rows of uneven length end to end; no mask is made"
        value, source = "per_document", "PyTorch, torch.nn.attention.varlen"
    else:
        why, value, source = "PyTorch's own kernels, on every device", "sdpa", None
    return draft.ledger.choose("attn_implementation", value, Reason(origin="hardware", why=why, source=source))


def kind_is_half(draft: Draft, device: str) -> bool:
    """FlashAttention works in half precision only."""
    return precision(draft.ledger, device, draft.facts.machine)[0] != "fp32"


def _checkpointing(draft: Draft) -> Any:
    if draft.rung.checkpointing and draft.case.tuning != "prefix_tuning":
        need = draft.rung.need or "you asked to save memory"
        why = Reason(
            origin="hardware",
            why=f"{need}: layers are computed again instead of kept, about 30 % slower",
            source="axolotl, docs/choosing_method.qmd",
        )
        return draft.ledger.choose("gradient_checkpointing", True, why)
    if draft.said("gradient_checkpointing") and draft.case.tuning == "prefix_tuning":
        raise UserFacingError(
            "prefix_tuning can't be trained with gradient_checkpointing", "", "Leave one of them away."
        )
    why = Reason(origin="hardware", why="memory is enough; it would cost about 30 % time")
    return draft.ledger.choose("gradient_checkpointing", False, why)


def _compile(draft: Draft, device: str) -> Any:
    if draft.rung.compile and device == "cuda":
        why = "the run is long enough to win back a minute of warm-up: steps were 1.3 times as fast on an H100"
        source = "measured (docs/knowledge.md); torchtune's ablation gained 27 %"
        return draft.ledger.choose("torch_compile", True, Reason(origin="hardware", why=why, source=source))
    why = (
        "no gain and 78 s of warm-up were measured on a CPU"
        if device == "cpu"
        else "only a run known to be longer than six minutes wins back its warm-up"
    )
    return draft.ledger.choose("torch_compile", False, Reason(origin="hardware", why=why))


def _liger(draft: Draft, device: str) -> Any:
    here = "liger_kernel" in draft.facts.beside.installed
    if draft.said("use_liger_kernel") and (device != "cuda" or not here):
        raise UserFacingError(
            "use_liger_kernel needs a GPU and the package liger-kernel",
            "",
            "Leave it away, or install liger-kernel where the GPU is.",
        )
    if draft.rung.compile and draft.case.method in ("sft", "cpt") and not draft.said("use_liger_kernel"):
        why = "compiled layers do the same, and were 1.29 times as fast as Liger's kernels on an H100"
        source = "measured (docs/knowledge.md)"
        return draft.ledger.choose("use_liger_kernel", False, Reason(origin="hardware", why=why, source=source))
    if device == "cuda" and here and draft.case.method in LIGER:
        fused = Reason(
            origin="hardware",
            why="fused kernels: less memory for the logits",
            source="TRL, docs/source/reducing_memory_usage.md",
        )
        return draft.ledger.choose("use_liger_kernel", True, fused)
    why = "its kernels are for GPUs" if device != "cuda" else "not installed here, or not for this method"
    return draft.ledger.choose("use_liger_kernel", False, Reason(origin="hardware", why=why))
