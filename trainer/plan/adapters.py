"""Which weights move: all, some, or a small adapter beside them, in PEFT's names."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from trainer.plan.part import Part

Modules = str | tuple[str, ...]
Quantization = Literal["none", "4bit", "8bit"]


class Full(Part):
    """All weights are trained."""

    tuning: Literal["full"] = "full"


class Freeze(Part):
    """The last layers are trained, the rest is frozen."""

    tuning: Literal["freeze"] = "freeze"
    freeze_trainable_layers: int = Field(ge=1, le=1000)
    """How many layers, counted from the output, are trained; the head and the last norm with them."""
    train_embeddings: bool = False


class Lora(Part):
    """A low-rank adapter beside frozen weights (PEFT's LoraConfig); dora and qlora are kinds of it."""

    tuning: Literal["lora", "dora", "qlora"] = "lora"
    lora_r: int = Field(ge=1, le=1024)
    lora_alpha: int = Field(ge=1, le=4096)
    lora_dropout: float = Field(ge=0, lt=1)
    target_modules: Modules = "all-linear"
    use_rslora: bool = False
    """Scale by alpha / sqrt(r) instead of alpha / r (arXiv 2312.03732; papers call it RoRA's scaling too)."""
    init_lora_weights: Literal["default", "gaussian", "pissa", "olora", "eva", "orthogonal"] = "default"
    quantization: Quantization = "none"
    """How the frozen weights are held (bitsandbytes): nf4 for 4bit, int8 for 8bit."""

    @model_validator(mode="after")
    def _qlora_is_quantized(self) -> Lora:
        if (self.tuning == "qlora") != (self.quantization != "none") and self.tuning != "dora":
            raise ValueError("tuning qlora and quantization 4bit or 8bit go together")
        if self.quantization != "none" and self.init_lora_weights in ("pissa", "olora", "eva"):
            raise ValueError(f"init_lora_weights {self.init_lora_weights} needs weights that are not quantized")
        return self


class AdaLora(Part):
    """LoRA that moves rank to where it helps (arXiv 2303.10512)."""

    tuning: Literal["adalora"] = "adalora"
    lora_r: int = Field(default=8, ge=1, le=1024)
    """The average rank at the end (PEFT's target_r)."""
    init_r: int = Field(default=12, ge=1, le=1024)
    lora_alpha: int = Field(default=32, ge=1, le=4096)
    lora_dropout: float = Field(default=0.0, ge=0, lt=1)
    target_modules: Modules = "all-linear"


class Ia3(Part):
    """Learned factors on keys, values and the MLP: the fewest weights of all (arXiv 2205.05638)."""

    tuning: Literal["ia3"] = "ia3"


class Oft(Part):
    """Orthogonal turns of the weights (arXiv 2306.07280)."""

    tuning: Literal["oft"] = "oft"
    oft_block_size: int = Field(default=32, ge=2, le=1024)
    target_modules: Modules = "all-linear"


class Vera(Part):
    """Shared random matrices with learned scales (arXiv 2310.11454)."""

    tuning: Literal["vera"] = "vera"
    lora_r: int = Field(default=256, ge=1, le=4096)
    target_modules: Modules = "all-linear"


class Virtual(Part):
    """Learned tokens before the prompt, at the input (prompt tuning) or in every layer (prefix tuning)."""

    tuning: Literal["prompt_tuning", "prefix_tuning"]
    num_virtual_tokens: int = Field(default=20, ge=1, le=1024)


Adapter = Annotated[
    Full | Freeze | Lora | AdaLora | Ia3 | Oft | Vera | Virtual,
    Field(discriminator="tuning"),
]
WHOLE = (Full, Freeze)
"""Kinds that change the model's own weights; the others save an adapter beside it."""
