"""Learning rates that others have published or that were measured here, by method and size.

The nearest row by model size counts. Where sources disagree the reason says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from trainer.reasons import Reason

SWEEP = "tinker-cookbook, recipes/chat_sl/results/sft_sweep.md (35 models, 548 runs)"
OURS = "measured here, one seed each (benchmarks/rates.py)"
FAR = 4.0
"""A model more than this many times larger or smaller than the row's is an untested corner."""


@dataclass(frozen=True)
class Rate:
    """A learning rate for models of about `size_b` billion parameters."""

    method: str
    tuning: str
    size_b: float
    learning_rate: float
    why: str
    source: str


RATES = (
    Rate(
        "sft",
        "full",
        0.0035,
        1e-3,
        "banking77: 87 % of labels right at 1e-3, 84 % at 2e-3; short replies liked 2e-3",
        OURS,
    ),
    Rate(
        "sft",
        "full",
        0.25,
        1e-3,
        "SmolLM2's own recipe at 0.135 to 0.36 B",
        "alignment-handbook, recipes/smollm2/sft/config_smol.yaml",
    ),
    Rate(
        "sft",
        "full",
        1.7,
        3e-4,
        "SmolLM2-1.7B's own recipe; OLMo-2 1B used 3e-5, ten times less",
        "alignment-handbook, recipes/smollm2/sft/config.yaml; open-instruct, docs/olmo2.md",
    ),
    Rate(
        "sft",
        "full",
        7,
        2e-5,
        "used by Zephyr and OLMo-2 at 7 B; Tulu-3 8B used 5e-6",
        "alignment-handbook, recipes/zephyr-7b-beta; open-instruct, finetune_7b.sh",
    ),
    Rate("sft", "full", 13, 5e-6, "OLMo-2 13B's recipe", "open-instruct, finetune_13b.sh"),
    Rate("sft", "full", 32, 4e-6, "OLMo-2 32B's recipe", "open-instruct, finetune_32b.sh"),
    Rate(
        "sft",
        "full",
        70,
        2e-6,
        "Tulu-3 70B's recipe; Tulu-2 used 1e-5",
        "open-instruct, docs/tulu3.md",
    ),
    Rate("sft", "lora", 0.0035, 2e-3, "79 % of banking77's labels right at 2e-3; 1e-2 learned next to nothing", OURS),
    Rate("sft", "lora", 0.25, 1e-3, "small models' best in the sweep; untested below 1 B", SWEEP),
    Rate(
        "sft",
        "lora",
        4,
        3e-4,
        "safest single rate: median loss 0.0 % above each model's best, worst 2.6 %; 1e-3 was best for some",
        SWEEP,
    ),
    Rate("sft", "lora", 14, 3e-4, "safest single rate of the sweep", SWEEP),
    Rate("sft", "lora", 70, 1e-4, "over 14 B, 1e-3 costs up to 6.9 % of loss", SWEEP),
    Rate("cpt", "full", 0.0003, 1e-3, "perplexity 69 to 14 on a novel in three epochs, calm; not swept", OURS),
    Rate("cpt", "full", 0.0035, 1e-3, "taken over from sft at this size; not swept", OURS),
    Rate(
        "cpt",
        "full",
        3,
        2e-5,
        "SmolLM3's mid-training recipe",
        "alignment-handbook, recipes/smollm3/sft/mid.yaml",
    ),
    Rate(
        "cpt",
        "lora",
        7,
        5e-5,
        "used where embeddings are not trained",
        "unsloth notebooks, Mistral_v0.3_(7B)-CPT",
    ),
)


def rate_for(method: str, tuning: str, params: int) -> tuple[float, Reason]:
    """The nearest published rate and why; says so when nothing near was tested."""
    size = params / 1e9
    rows = [r for r in RATES if (r.method, r.tuning) == (method, tuning)]
    row = min(rows, key=lambda r: abs(math.log(r.size_b / size)))
    ratio = max(row.size_b / size, size / row.size_b)
    why = row.why
    if ratio > FAR:
        why = f"not known for {_size(size)}; starting from {_size(row.size_b)}: {why}"
    return row.learning_rate, Reason(origin="recipe", why=why, source=row.source)


def _size(billions: float) -> str:
    return f"{billions:g} B" if billions >= 0.1 else f"{billions * 1000:.2g} M parameters"
