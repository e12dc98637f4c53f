"""The rules while a run goes: which findings are told at once, and which of them hold the run.

A curve that is not at its end yet may look worse than it is, so that a finding must stand for a few looks before it
counts, and rules that judge a whole run (too short, still falling, repeated shapes) are not asked at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from trainer.diagnosis import diagnose
from trainer.diagnosis.finding import Finding
from trainer.diagnosis.history import History

LOOKS = {
    "fp16_overflow_nan": 1,
    "nan_labels_masked": 3,
    "zero_loss_labels_masked": 1,
    "no_gradient_flow": 2,
    "lr_too_high_spike": 3,
    "divergence": 4,
    "bad_batch": 3,
    "overfitting": 3,
    "data_leak": 3,
    "memory_creep": 3,
    "dpo_margin_collapse": 3,
    "dpo_reward_overoptimization": 4,
    "grpo_reward_flat": 4,
    "grpo_length_explosion": 4,
    "grpo_kl_blowup": 4,
}
"""Label -> how many looks in a row it must be found before it is told."""
HOLDS = frozenset({"divergence", "dpo_margin_collapse", "grpo_kl_blowup"})
"""Findings after which going on only costs: the person is asked."""
LEAST_ROWS = 8
"""Logged rows before which nothing is told."""


@dataclass
class Lookout:
    """What was found so far, look after look."""

    told: set[str] = field(default_factory=set)
    """Labels that were told already: each is told once."""
    seen: dict[str, int] = field(default_factory=dict)

    def look(self, history: History) -> list[Finding]:
        """Findings that are to be told now."""
        if len(history.train) < LEAST_ROWS and not history.train.broken("loss").any():
            return []
        found = {f.label: f for f in diagnose(history) if f.label in LOOKS and f.label not in self.told}
        self.seen = {label: self.seen.get(label, 0) + 1 for label in found}
        now = [f for label, f in found.items() if self.seen[label] >= LOOKS[label]]
        self.told |= {f.label for f in now}
        return now
