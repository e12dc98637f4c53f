"""How many weights a plan moves, exactly, for each kind of adapter (as PEFT counts them)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from trainer.facts import Linear, ModelFacts
from trainer.plan import AdaLora, Adapter, Freeze, Full, Ia3, Lora, Oft, Plan, Vera, Virtual

_IA3 = {"llama": ("k_proj", "v_proj"), "mistral": ("k_proj", "v_proj"), "gpt2": ("c_attn",)}
_IA3_DEFAULT = ("q_proj", "v_proj")
_IA3_FEEDFORWARD = ("down_proj", "mlp.c_proj", "fc2")
"""PEFT's own targets by architecture; factors stand on outputs, in the feed-forward part on inputs."""


def trainable(plan: Plan, model: ModelFacts) -> int:
    """Numbers the optimizer moves."""
    count = of_adapter(plan.adapter, model)
    rows = len(plan.data.new_tokens) * model.hidden
    scored = plan.method.method == "reward_modeling"
    if isinstance(plan.adapter, Full):
        head = 0 if model.tied else model.vocab * model.hidden
        return count + rows + (model.hidden - head if scored else 0)
    return count + rows + (model.hidden if scored else 0)


def of_adapter(adapter: Adapter, model: ModelFacts) -> int:
    """Numbers of the adapter (or of the trained part of the model) alone."""
    if isinstance(adapter, Full):
        return model.params
    if isinstance(adapter, Freeze):
        return _last_layers(adapter, model)
    if isinstance(adapter, Virtual):
        return adapter.num_virtual_tokens * _virtual_width(adapter, model)
    if isinstance(adapter, Ia3):
        return _ia3(model)
    return _beside(adapter, chosen(model.linears, adapter.target_modules))


def chosen(linears: Iterable[Linear], modules: str | tuple[str, ...]) -> list[Linear]:
    """The matrices that an adapter stands beside: all, those named, or those a pattern fits."""
    if modules == "all-linear":
        return list(linears)
    if isinstance(modules, str):
        return [m for m in linears if re.search(rf"(^|[.|(]){m.name}($|[.|)])", modules) or m.name in modules]
    return [m for m in linears if m.name in {name.split(".")[-1] for name in modules}]


def _beside(adapter: Lora | AdaLora | Oft | Vera, linears: list[Linear]) -> int:
    return sum(m.count * _RULES[type(adapter)](adapter, m) for m in linears)


def _lora(a: Lora, m: Linear) -> int:
    magnitudes = m.outputs if a.tuning == "dora" else 0
    return a.lora_r * (m.inputs + m.outputs) + magnitudes


def _adalora(a: AdaLora, m: Linear) -> int:
    """P, Q and the singular values between them (arXiv 2303.10512)."""
    return a.init_r * (m.inputs + m.outputs + 1)


def _oft(a: Oft, m: Linear) -> int:
    """A skew-symmetric matrix for each block of the input."""
    block = _nearest_divisor(m.inputs, a.oft_block_size)
    return m.inputs // block * (block * (block - 1) // 2)


def _nearest_divisor(size: int, wanted: int) -> int:
    """PEFT takes the divisor nearest to the block size that was asked for, the larger one on a tie."""
    return min((d for d in range(1, size + 1) if size % d == 0), key=lambda d: (abs(d - wanted), -d))


def _vera(a: Vera, m: Linear) -> int:
    """One scale a rank and one an output; the matrices are shared, random and frozen."""
    return a.lora_r + m.outputs


_RULES: dict[type, Callable[..., int]] = {Lora: _lora, AdaLora: _adalora, Oft: _oft, Vera: _vera}


def _ia3(model: ModelFacts) -> int:
    outputs = _IA3.get(model.model_type, _IA3_DEFAULT)
    keys = sum(m.count * m.outputs for m in model.linears if m.name in outputs)
    return keys + sum(m.count * m.inputs for m in model.linears if m.name in _IA3_FEEDFORWARD)


def _virtual_width(adapter: Virtual, model: ModelFacts) -> int:
    """Numbers a learned token has: at the input, or a key and a value in every layer."""
    return model.hidden if adapter.tuning == "prompt_tuning" else 2 * model.layers * model.kv_dim


def _last_layers(adapter: Freeze, model: ModelFacts) -> int:
    """The last layers, the last norm and the head; shared embeddings count as embeddings."""
    layers = min(adapter.freeze_trainable_layers, model.layers) * model.layer_params
    table = model.vocab * model.hidden
    head = 0 if model.tied else table
    return layers + model.hidden + head + (table if adapter.train_embeddings else 0)
