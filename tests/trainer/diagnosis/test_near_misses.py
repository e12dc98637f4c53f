"""For each label a run that looks like it and is not: one thing that tells them apart is changed."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from . import faults, faults_learning, faults_rewards  # noqa: F401  they register builders
from .faults import FAULTS
from .simulate import Case, base, labels, quiet, seeds, with_evals

NearMiss = Callable[[np.random.Generator], Case]


def _with_plan(label: str, **plan: Any) -> NearMiss:
    def build(rng: np.random.Generator) -> Case:
        case = FAULTS[label][0](rng)
        case.plan.update(plan)
        return case

    return build


def _one_log_spike(rng: np.random.Generator) -> Case:
    return faults.bad_batch(rng)


def _slow_spikes(rng: np.random.Generator) -> Case:
    return FAULTS["lr_too_high_spike"][0](rng)


def _warm_start(rng: np.random.Generator) -> Case:
    return _with_plan("warmup_missing", warmup_steps=40)(rng)


def _spike_that_heals(rng: np.random.Generator) -> Case:
    case = base(rng)
    case.jump(case.steps // 3, 5.0, 20)
    return case


def _restarts_without_bumps(rng: np.random.Generator) -> Case:
    case = base(rng, lr_scheduler_type="cosine_with_restarts")
    at = np.arange(case.steps)
    case.rate = case.plan["learning_rate"] * (1 - (at % (case.steps // 3)) / (case.steps // 3))
    return case


def _resume_without_jump(rng: np.random.Generator) -> Case:
    return base(rng, resumed_from_step=120, resume_checkpoint_files=["adapter_model.safetensors"])


def _scaler_nan(rng: np.random.Generator) -> Case:
    case = base(rng, dtype="fp16", every=1)
    case.norm[:2] = np.nan
    return case


def _low_but_real_loss(rng: np.random.Generator) -> Case:
    case = base(rng, start=0.6, end=0.001, tau=0.1)
    case.loss = np.abs(case.loss)
    return case


def _far_domain(rng: np.random.Generator) -> Case:
    return base(rng, start=3.1, end=1.8, chat_template="model's own")


def _trained_tokens(rng: np.random.Generator) -> Case:
    return base(rng, new_tokens_added=5, modules_to_save=["embed_tokens"], embedding_init="mean")


def _some_truncation(rng: np.random.Generator) -> Case:
    return base(rng, truncated_fraction=0.07)


def _unshuffled_but_mixed(rng: np.random.Generator) -> Case:
    return base(rng, shuffle=False, epochs=3)


def _high_loss_everywhere(rng: np.random.Generator) -> Case:
    case = base(rng, gradient_accumulation_steps=4, start=7, end=4.5)
    return with_evals(case)


def _low_rate_that_learns(rng: np.random.Generator) -> Case:
    return base(rng, tuning="lora", learning_rate=5e-6)


def _zero_loss_and_gradient(rng: np.random.Generator) -> Case:
    return FAULTS["zero_loss_labels_masked"][0](rng)


def _few_weights_that_learn(rng: np.random.Generator) -> Case:
    return base(rng, tuning="lora", trainable_params_pct=0.01)


def _finished(rng: np.random.Generator) -> Case:
    return with_evals(base(rng, tau=0.08))


def _eval_plateau(rng: np.random.Generator) -> Case:
    case = base(rng, epochs=3)
    curve = quiet(case)
    case.add_evals(lambda s: max(float(curve[s - 1]), float(curve[case.steps // 3])))
    return case


def _small_stairs(rng: np.random.Generator) -> Case:
    case = base(rng, epochs=3)
    case.loss *= 0.96 ** (np.arange(case.steps) // case.per_epoch)
    return case


def _eval_above(rng: np.random.Generator) -> Case:
    return with_evals(base(rng, tuning="lora", lora_dropout=0.2), factor=1.03)


def _steady_general_loss(rng: np.random.Generator) -> Case:
    case = with_evals(base(rng))
    case.add_evals(lambda s: 2.0, name="eval_general_loss")
    return case


def _clipped_now_and_then(rng: np.random.Generator) -> Case:
    case = base(rng)
    case.norm = 1.2 * rng.lognormal(0, 0.4, case.steps)
    return case


def _memory_step(rng: np.random.Generator) -> Case:
    case = base(rng, gpu_total_gb=24)
    case.extra["gpu_mem_gb"] = np.where(np.arange(case.steps) < case.steps // 2, 12.0, 18.0)
    return case


def _short_rows_packed(rng: np.random.Generator) -> Case:
    return _with_plan("throughput_padding", packing=True)(rng)


def _calm_pairs(rng: np.random.Generator) -> Case:
    return faults_rewards.preference(rng)


def _slow_pairs(rng: np.random.Generator) -> Case:
    case = faults_rewards.preference(rng)
    case.loss = np.log(2) - 0.1 * np.linspace(0, 1, case.steps) ** 0.5
    return case


def _saturating(rng: np.random.Generator) -> Case:
    return faults_rewards.saturating_rewards(rng)


def _growing_with_reward(rng: np.random.Generator) -> Case:
    case = faults_rewards.rewarded(rng)
    case.extra["completions/mean_length"] *= np.linspace(1, 1.8, case.steps)
    return case


def _drifting(rng: np.random.Generator) -> Case:
    case = faults_rewards.rewarded(rng)
    case.extra["kl"] *= 4
    return case


NEAR_MISSES: dict[str, NearMiss] = {
    "lr_too_high_spike": _one_log_spike,
    "bad_batch": _slow_spikes,
    "warmup_missing": _warm_start,
    "divergence": _spike_that_heals,
    "lr_restart_spikes": _restarts_without_bumps,
    "resume_without_optimizer": _resume_without_jump,
    "fp16_overflow_nan": _scaler_nan,
    "nan_labels_masked": FAULTS["fp16_overflow_nan"][0],
    "zero_loss_labels_masked": _low_but_real_loss,
    "loss_high_start_template": _far_domain,
    "loss_high_start_new_tokens": _trained_tokens,
    "truncated_data": _some_truncation,
    "data_order_sawtooth": _unshuffled_but_mixed,
    "loss_scaled_by_grad_accum": _high_loss_everywhere,
    "loss_flat_lr_too_low": _low_rate_that_learns,
    "no_gradient_flow": _zero_loss_and_gradient,
    "target_modules_wrong": _few_weights_that_learn,
    "underfitting": _finished,
    "overfitting": _eval_plateau,
    "epoch_memorization": _small_stairs,
    "eval_below_train_regularization": _eval_above,
    "data_leak": FAULTS["eval_below_train_regularization"][0],
    "catastrophic_forgetting": _steady_general_loss,
    "grad_clipping_always": _clipped_now_and_then,
    "throughput_padding": _short_rows_packed,
    "memory_creep": _memory_step,
    "dpo_margin_collapse": _calm_pairs,
    "dpo_reward_overoptimization": _calm_pairs,
    "dpo_loss_stuck_0693": _slow_pairs,
    "grpo_reward_flat": _saturating,
    "grpo_length_explosion": _growing_with_reward,
    "grpo_kl_blowup": _drifting,
}


def test_every_label_has_a_near_miss() -> None:
    assert set(NEAR_MISSES) == set(FAULTS)


@pytest.mark.parametrize("label", sorted(NEAR_MISSES))
def test_near_miss_is_not_taken_for_it(label: str) -> None:
    wrong = [label in labels(NEAR_MISSES[label](rng)) for rng in seeds(6)]
    assert not any(wrong)
