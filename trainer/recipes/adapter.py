"""The section `adapter` of a plan: which weights move."""

from __future__ import annotations

import math
from typing import Any

from trainer.errors import UserFacingError
from trainer.facts import ModelFacts
from trainer.plan.adapters import AdaLora, Freeze, Full, Ia3, Lora, Oft, Vera, Virtual
from trainer.plan.part import Part
from trainer.reasons import Ledger, Reason
from trainer.recipes.draft import Draft, Rung

TINY = 50_000_000
"""Below this many parameters a model is trained whole."""
HOLDS_QUANTIZED = ("lora", "qlora", "dora")
"""Adapters whose frozen weights may be quantised."""
_MODELS: dict[str, type[Part]] = {
    "full": Full,
    "freeze": Freeze,
    "adalora": AdaLora,
    "ia3": Ia3,
    "oft": Oft,
    "vera": Vera,
}
_MODELS |= dict.fromkeys(("lora", "dora", "qlora"), Lora) | dict.fromkeys(("prompt_tuning", "prefix_tuning"), Virtual)
_NAMING = {
    "lora": ("lora_r", "lora_alpha", "lora_dropout", "target_modules", "use_rslora", "init_lora_weights"),
    "freeze": ("freeze_trainable_layers",),
    "prompt_tuning": ("num_virtual_tokens",),
}
"""Values that mean an adapter when none was named."""


def tuning(ledger: Ledger, model: ModelFacts, rung: Rung) -> str:
    """Tiny models whole, larger ones by LoRA, by QLoRA where memory asks; whoever names its value means it."""
    wished, quantized = ledger.said.get("tuning"), ledger.said.get("quantization") in ("4bit", "8bit")
    _agree(wished, ledger.said.get("quantization"))
    if quantized and wished in (None, "lora"):
        return _noted(ledger, "qlora", Reason(origin="user", why="you asked for quantised weights"))
    named = next(((k, n) for k, names in _NAMING.items() for n in names if ledger.said.get(n) is not None), None)
    if wished is None and named and not rung.quantize:
        return _noted(ledger, named[0], Reason(origin="user", why=f"you named {named[1]}"))
    if wished is None and rung.quantize:
        why = f"{rung.need}; frozen weights in 4 bits need a quarter of the room, for a little quality and time"
        return _noted(ledger, "qlora", Reason(origin="hardware", why=why, source="QLoRA (arXiv 2305.14314); litgpt"))
    if model.params < TINY:
        why = f"{model.params / 1e6:.1f} M parameters fit many times over: training all learns more than an adapter"
        return str(ledger.choose("tuning", "full", Reason(origin="hardware", why=why)))
    why = (
        "an adapter needs a fraction of the memory, forgets less, and often learns as much; it trails on code and maths"
    )
    source = "LoRA Without Regret; LoRA Learns Less and Forgets Less (arXiv 2405.09673)"
    return str(ledger.choose("tuning", "lora", Reason(origin="recipe", why=why, source=source)))


def _noted(ledger: Ledger, value: str, reason: Reason) -> str:
    return str(ledger.note("tuning", value, reason))


def _agree(wished: str | None, quantization: str | None) -> None:
    if quantization in ("4bit", "8bit") and wished not in (None, *HOLDS_QUANTIZED):
        raise UserFacingError(
            f"{wished} can't be trained over {quantization} weights",
            "",
            "Choose qlora (or dora) for quantised weights, or leave the quantization away.",
        )
    if quantization == "none" and wished == "qlora":
        raise UserFacingError(
            "qlora is lora over quantised weights, and you asked for none", "", "Choose lora, or 4bit or 8bit."
        )


def section(draft: Draft) -> dict[str, Any]:
    """Every value of the adapter's own section."""
    kind = draft.case.tuning
    if draft.case.method == "distillation" and _MODELS[kind] is Virtual:
        raise UserFacingError(
            f"distillation can't teach {kind}: the teacher's words are compared past the learned tokens",
            "",
            "Choose lora or another adapter for distillation, or sft for prompt and prefix tuning.",
        )
    made: dict[str, Any] = {"tuning": kind}
    for leaf in _MODELS[kind].model_fields:
        if leaf != "tuning":
            made[leaf] = _SPECIAL[leaf](draft) if leaf in _SPECIAL else draft.setting(leaf)
    return made


def _rank(draft: Draft) -> Any:
    usual = {"adalora": (8, "PEFT's target rank", "AdaLoRA (arXiv 2303.10512)"), "vera": _vera(draft)}
    if draft.case.tuning not in usual:
        return draft.setting("lora_r")
    value, why, source = usual[draft.case.tuning]
    return draft.ledger.choose("lora_r", value, Reason(origin="recipe", why=why, source=source))


def _vera(draft: Draft) -> tuple[int, str, str]:
    rank = min(256, draft.facts.model.hidden)
    return (
        rank,
        "shared random matrices cost nothing to train, so ranks are high: 256 to 1,024",
        "VeRA (arXiv 2310.11454)",
    )


def _first_rank(draft: Draft) -> Any:
    """AdaLoRA begins with half as much rank again as it ends with."""
    wished = draft.said("lora_r")
    if wished is None:
        return draft.setting("init_r")
    why = Reason(origin="recipe", why="half as much again as your rank", source="AdaLoRA (arXiv 2303.10512)")
    return draft.fixed("init_r", min(1024, -(-3 * wished // 2)), why)


def _block(draft: Draft) -> Any:
    """OFT's blocks must divide every layer's width."""
    model = draft.facts.model
    block = math.gcd(32, model.hidden, model.intermediate or model.hidden)
    if block == 32 or block < 2:
        return draft.setting("oft_block_size")
    why = f"the largest power of two that divides the layers' widths ({model.hidden} and {model.intermediate})"
    return draft.fixed("oft_block_size", block, Reason(origin="data", why=why, source="PEFT, OFTConfig"))


def _quantization(draft: Draft) -> Any:
    wished = draft.said("quantization")
    if draft.case.tuning == "qlora":
        why = "nf4 with 4 bits: QLoRA's own choice; QLoRA lost 0.01 to 0.10 of loss against lora in litgpt's table"
        source = "QLoRA (arXiv 2305.14314); litgpt, config_hub/finetune/README.md"
        return draft.ledger.choose("quantization", "4bit", Reason(origin="recipe", why=why, source=source))
    if wished and draft.case.tuning != "dora":
        return draft.fixed("quantization", "none", Reason(origin="default", why="only qlora and dora hold them so"))
    return draft.ledger.choose("quantization", "none", Reason(origin="default", why="frozen weights as they are"))


def _layers(draft: Draft) -> Any:
    """Not more layers than there are."""
    wished, have = draft.said("freeze_trainable_layers"), draft.facts.model.layers
    if wished is not None and wished > have:
        raise UserFacingError(
            f"the model has {have} layers, so {wished} can't be trained", "", f"Name 1 to {have}, or tuning full."
        )
    if wished is None and have < 2:
        return draft.fixed("freeze_trainable_layers", 1, Reason(origin="data", why="the model has one layer"))
    return draft.setting("freeze_trainable_layers")


_SPECIAL: dict[str, Any] = {
    "lora_r": _rank,
    "init_r": _first_rank,
    "oft_block_size": _block,
    "quantization": _quantization,
    "freeze_trainable_layers": _layers,
}
