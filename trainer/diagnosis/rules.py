"""The one list of rules, and which causes explain away which other findings."""

from collections.abc import Callable

from trainer.diagnosis import (
    dpo,
    efficiency,
    generalisation,
    grpo,
    inputs,
    instability,
    labels_masked,
    learning,
    nans,
    order,
    schedule,
)
from trainer.diagnosis.finding import Finding
from trainer.diagnosis.history import History

Rule = Callable[[History], Finding | None]

RULES: tuple[Rule, ...] = (
    nans.fp16_overflow_nan,
    nans.diverged_to_nan,
    labels_masked.nan_labels_masked,
    labels_masked.zero_loss_labels_masked,
    instability.divergence,
    instability.lr_too_high_spike,
    instability.warmup_missing,
    instability.bad_batch,
    schedule.lr_restart_spikes,
    schedule.resume_without_optimizer,
    inputs.loss_high_start_new_tokens,
    inputs.loss_high_start_template,
    inputs.truncated_data,
    inputs.loss_scaled_by_grad_accum,
    order.data_order_sawtooth,
    learning.no_gradient_flow,
    learning.target_modules_wrong,
    learning.loss_flat_lr_too_low,
    learning.underfitting,
    generalisation.overfitting,
    generalisation.epoch_memorization,
    generalisation.eval_below_train_regularization,
    generalisation.data_leak,
    generalisation.catastrophic_forgetting,
    efficiency.grad_clipping_always,
    efficiency.throughput_padding,
    efficiency.memory_creep,
    dpo.dpo_diverged,
    dpo.dpo_margin_collapse,
    dpo.dpo_reward_overoptimization,
    dpo.dpo_loss_stuck_0693,
    grpo.grpo_reward_flat,
    grpo.grpo_length_explosion,
    grpo.grpo_kl_blowup,
)

_CURVE = frozenset(
    {
        "lr_too_high_spike",
        "warmup_missing",
        "bad_batch",
        "underfitting",
        "loss_flat_lr_too_low",
        "overfitting",
        "epoch_memorization",
        "grad_clipping_always",
        "eval_below_train_regularization",
        "data_leak",
    }
)

EXPLAINS: dict[str, frozenset[str]] = {
    # A broken run has no curve left to judge.
    "fp16_overflow_nan": _CURVE | {"nan_labels_masked", "divergence", "zero_loss_labels_masked"},
    "divergence": _CURVE | {"resume_without_optimizer", "data_order_sawtooth"},
    "zero_loss_labels_masked": _CURVE | {"no_gradient_flow", "nan_labels_masked"},
    "nan_labels_masked": frozenset({"divergence"}),
    # A high start has a fall and large gradients of its own.
    "loss_high_start_new_tokens": frozenset(
        {"loss_high_start_template", "target_modules_wrong", "warmup_missing", "underfitting"}
    ),
    "loss_high_start_template": frozenset({"warmup_missing", "underfitting"}),
    # A regular pattern is neither a spike nor a stair.
    "data_order_sawtooth": frozenset(
        {
            "bad_batch",
            "lr_too_high_spike",
            "epoch_memorization",
            "warmup_missing",
            "underfitting",
            "grad_clipping_always",
        }
    ),
    "lr_restart_spikes": frozenset({"data_order_sawtooth"}),
    "resume_without_optimizer": frozenset({"underfitting", "data_order_sawtooth"}),
    "lr_too_high_spike": frozenset(
        {"underfitting", "bad_batch", "epoch_memorization", "eval_below_train_regularization"}
    ),
    "warmup_missing": frozenset({"underfitting", "bad_batch"}),
    # Nothing moves: one cause is enough.
    "no_gradient_flow": frozenset(
        {"loss_flat_lr_too_low", "underfitting", "target_modules_wrong", "grad_clipping_always"}
    ),
    "target_modules_wrong": frozenset({"underfitting", "loss_flat_lr_too_low"}),
    "loss_flat_lr_too_low": frozenset({"underfitting", "grad_clipping_always"}),
    "dpo_loss_stuck_0693": frozenset({"no_gradient_flow", "loss_flat_lr_too_low", "underfitting"}),
    "dpo_margin_collapse": frozenset({"overfitting", "divergence", "dpo_reward_overoptimization"}),
    "grpo_reward_flat": frozenset({"no_gradient_flow", "grpo_length_explosion"}),
    "grpo_kl_blowup": frozenset({"grad_clipping_always", "divergence"}),
    "data_leak": frozenset({"eval_below_train_regularization", "underfitting"}),
    "overfitting": frozenset({"underfitting"}),
    "epoch_memorization": frozenset({"underfitting"}),
    "loss_scaled_by_grad_accum": frozenset({"grad_clipping_always"}),
}


def unexplained(findings: list[Finding]) -> list[Finding]:
    """Findings that no other finding explains away; of two with one label the surer."""
    best: dict[str, Finding] = {}
    for finding in findings:
        rival = best.get(finding.label)
        if rival is None or finding.confidence > rival.confidence:
            best[finding.label] = finding
    away = {label for cause in best for label in EXPLAINS.get(cause, ())}
    return [finding for label, finding in best.items() if label not in away]
