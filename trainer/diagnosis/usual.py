"""Usual values, with sources; "unknown" where nothing is published for the case."""

from dataclasses import dataclass
from math import log, log2

from trainer.diagnosis.history import History


@dataclass(frozen=True)
class Range:
    """A usual range and where it comes from."""

    low: float
    high: float
    why: str

    @property
    def text(self) -> str:
        """The range as people write it: "5e-6 to 2e-5"."""
        return f"{self.low:.1g} to {self.high:.1g}".replace("e-0", "e-")

    @property
    def middle(self) -> float:
        """Geometric middle: learning rates live on a log scale."""
        return float((self.low * self.high) ** 0.5)


_LORA = Range(1e-4, 3e-4, "QLoRA paper, table 9: 2e-4 to 13B, 1e-4 above")
_FULL_7B = Range(5e-6, 2e-5, "Alpaca and Llama 2 fine-tuning: 1e-5 to 2e-5 at 7B to 70B")
_DPO_LORA = Range(2e-6, 1e-5, "TRL's DPO examples with adapters: 5e-6")
_DPO_FULL = Range(3e-7, 1e-6, "Zephyr 5e-7, TRL's default 1e-6")
_GRPO_LORA = Range(1e-6, 1e-5, "TRL's GRPO examples with adapters: 1e-6 to 1e-5")
_GRPO_FULL = Range(5e-7, 3e-6, "TRL's GRPO default 1e-6")

# Small models take larger rates: GPT-3's table 2.1 and Cerebras-GPT fall with size; an exponent of
# one half reaches the 1e-3 of models with a few million parameters from the 1e-5 of 7B.
_SIZE_EXPONENT = 0.5
_LARGEST_FULL = 3e-3  # Cerebras-GPT and nanoGPT stay at or below this at any size
_SMALLEST_B = 1e-3
_APART = 3.0  # published rates for one case lie within about a factor of ten


def learning_rates(history: History) -> Range | None:
    """Usual learning rates for this method, tuning and size; None if the plan is too silent."""
    if recipe := history.number("usual_learning_rate"):
        return Range(recipe / _APART, recipe * _APART, "the recipe for this method, adapter and size")
    lora = history.tuning == "lora"
    if history.tuning is None:
        return None
    if history.is_preference:
        return _DPO_LORA if lora else _DPO_FULL
    if history.is_reinforcement:
        return _GRPO_LORA if lora else _GRPO_FULL
    if lora:
        return _LORA
    return _scaled(history.params_b)


def _scaled(params_b: float | None) -> Range:
    if params_b is None:
        # Size unknown: from the usual rate of a large model to that of a tiny one.
        return Range(_FULL_7B.low, _LARGEST_FULL, _FULL_7B.why + "; size of the model unknown")
    factor = max(1.0, (7.0 / max(params_b, _SMALLEST_B)) ** _SIZE_EXPONENT)
    high = min(_LARGEST_FULL, _FULL_7B.high * factor)
    return Range(min(_FULL_7B.low * factor, high), high, _FULL_7B.why + ", scaled by size")


def lower_rate(history: History) -> dict[str, float]:
    """A learning rate three times lower, or the top of the usual range if that is lower."""
    if history.peak_lr is None:
        return {}
    usual = learning_rates(history)
    third = history.peak_lr / 3
    return {"learning_rate": one_digit(min(third, usual.high) if usual else third)}


def usual_rate(history: History) -> dict[str, float]:
    """The middle of the usual range, if it is known and above the present rate."""
    usual = learning_rates(history)
    if usual is None or (history.peak_lr or 0.0) >= usual.middle:
        return {}
    return {"learning_rate": one_digit(usual.middle)}


def one_digit(value: float) -> float:
    """A learning rate as people write it: one significant digit."""
    return float(f"{value:.0e}")


def next_power_of_two(value: float) -> int:
    """The smallest power of two that is not below the value."""
    return int(2 ** -(-log2(max(1.0, value)) // 1))


def chance_loss(history: History) -> float | None:
    """Loss of guessing every token at random: ln(vocabulary size), in nats."""
    size = history.number("vocab_size")
    return log(size) if size and size > 1 else None
