"""Builders for preference and reward training, and for runs with two faults at once."""

from typing import Any

import numpy as np

from .faults import Builder, bad_batch, diverged, fault, healthy, truncated
from .faults_learning import creep, overfit, padding
from .simulate import Case, base


def preference(rng: np.random.Generator, **plan: Any) -> Case:
    """A calm DPO run."""
    case = base(
        rng,
        method="dpo",
        tuning="lora",
        learning_rate=plan.pop("learning_rate", 5e-6),
        beta=0.1,
        **plan,
    )
    at = np.arange(case.steps)
    grown = 1 - np.exp(-at / (0.2 * case.steps))
    _preferences(case, margin=rng.uniform(0.8, 2) * grown, chosen=-0.3 * grown)
    return case


def _preferences(case: Case, margin: np.ndarray, chosen: np.ndarray) -> None:
    """Columns of DPO from margins and chosen rewards."""
    noise = case.rng.standard_normal
    margin = margin + 0.06 * noise(case.steps) * np.clip(np.abs(margin), 0.01, 3)
    case.loss = np.log1p(np.exp(-margin)) * (1 + 0.02 * noise(case.steps))
    case.extra = {
        "rewards/chosen": chosen,
        "rewards/rejected": chosen - margin,
        "rewards/margins": margin,
        "rewards/accuracies": np.clip(0.5 + 0.45 * np.tanh(margin), 0, 1),
        "logps/chosen": -200 + 10 * chosen,
    }


@healthy
def calm_preferences(rng: np.random.Generator) -> Case:
    return preference(rng)


@fault("dpo_margin_collapse")
def _collapse(rng: np.random.Generator) -> Case:
    case = preference(rng)
    start = int(rng.uniform(0.35, 0.7) * case.steps)
    after = np.arange(case.steps - start)
    margin = case.extra["rewards/margins"].copy()
    margin[start:] *= np.exp(-after / (0.06 * case.steps))
    chosen = case.extra["rewards/chosen"].copy()
    chosen[start:] -= 12 * (1 - np.exp(-after / (0.08 * case.steps)))
    _preferences(case, margin, chosen)
    case.loss[start:] = 0.75 * (1 + 0.03 * rng.standard_normal(len(after)))
    case.onset = start
    return case


@fault("dpo_reward_overoptimization")
def _overdone(rng: np.random.Generator) -> Case:
    case = preference(rng, learning_rate=9e-5)
    grown = 1 - np.exp(-np.arange(case.steps) / (0.1 * case.steps))
    _preferences(case, rng.uniform(11, 25) * grown, -6 * grown)
    return case


@fault("dpo_loss_stuck_0693", ("no_gradient_flow", "loss_flat_lr_too_low"))
def _stuck(rng: np.random.Generator) -> Case:
    case = preference(rng, learning_rate=float(rng.choice([5e-6, 3e-9])))
    _preferences(case, np.zeros(case.steps), np.zeros(case.steps))
    case.loss = np.log(2) + 0.002 * rng.standard_normal(case.steps)
    if case.plan["learning_rate"] > 1e-7:
        case.norm[:], case.loss[:] = 0.0, 0.6931
    case.onset = 1
    return case


def rewarded(rng: np.random.Generator) -> Case:
    """A calm GRPO run."""
    case = base(rng, method="grpo", tuning="full", learning_rate=1e-6, beta=0.04, max_completion_length=512)
    at = np.arange(case.steps) / case.steps
    noise = rng.standard_normal
    n = case.steps
    case.loss = 0.001 * at + 0.0004 * noise(n)
    case.norm = 0.25 * rng.lognormal(0, 0.2, n)
    case.extra = {
        "reward": rng.uniform(0.2, 0.5) + 0.3 * at + 0.05 * noise(n),
        "reward_std": 0.28 + 0.03 * noise(n),
        "frac_reward_zero_std": np.clip(0.15 + 0.2 * at + 0.04 * noise(n), 0, 1),
        "completions/mean_length": 200 * (1 + 0.25 * at) + 15 * noise(n),
        "completions/clipped_ratio": np.clip(0.04 + 0.02 * noise(n), 0, 1),
        "kl": 0.0005 + 0.05 * at * rng.lognormal(0, 0.2, n),
    }
    return case


@healthy
def calm_rewards(rng: np.random.Generator) -> Case:
    return rewarded(rng)


@healthy
def saturating_rewards(rng: np.random.Generator) -> Case:
    case = rewarded(rng)
    at = np.arange(case.steps) / case.steps
    case.extra["frac_reward_zero_std"] = np.clip(0.15 + 0.6 * at, 0, 1)
    case.extra["reward_std"] = 0.25 * (1 - 0.6 * at)
    return case


@fault("grpo_reward_flat")
def _flat(rng: np.random.Generator) -> Case:
    case = rewarded(rng)
    cut = rng.random() < 0.5
    case.extra["reward"][:] = rng.choice([0.0, 1.0])
    case.extra["reward_std"][:], case.extra["frac_reward_zero_std"][:] = 0.0, 1.0
    case.extra["completions/clipped_ratio"][:] = 1.0 if cut else 0.05
    case.norm[:], case.loss[:] = 0.0, 0.0
    case.onset = 1
    return case


@fault("grpo_length_explosion")
def _long(rng: np.random.Generator) -> Case:
    case = rewarded(rng)
    start = int(rng.uniform(0.15, 0.5) * case.steps)
    after = np.arange(case.steps - start)
    climb = 1 - np.exp(-after / (0.1 * case.steps))
    case.extra["completions/mean_length"][start:] += 290 * climb
    case.extra["completions/clipped_ratio"][start:] += 0.85 * climb
    case.extra["reward"][start:] *= 1 - 0.6 * climb
    case.onset = start
    return case


@fault("grpo_kl_blowup")
def _runaway(rng: np.random.Generator) -> Case:
    case = rewarded(rng)
    start = int(rng.uniform(0.25, 0.6) * case.steps)
    after = np.arange(case.steps - start)
    growth = np.exp(np.minimum(after / (0.04 * case.steps), np.log(600)))
    case.extra["kl"][start:] *= growth
    case.extra["reward"][start:] *= np.exp(-after / (0.1 * case.steps))
    case.norm[start:] *= np.minimum(growth, 40)
    case.onset = start
    return case


def both(first: Builder, second: Builder, rng: np.random.Generator) -> Case:
    """Two faults in one run: the first shapes the curve, the second only the plan and columns."""
    case = first(rng)
    other = second(rng)
    for name in (
        "padding",
        "max_length",
        "tokens_mean",
        "tokens_p50",
        "tokens_p95",
        "truncated_fraction",
        "expected_tokens_per_s",
        "gpu_util_pct",
        "gpu_total_gb",
    ):
        if name in other.plan:
            case.plan[name] = other.plan[name]
    for name, values in other.extra.items():
        case.extra[name] = np.interp(np.linspace(0, 1, case.steps), np.linspace(0, 1, other.steps), values)
    case.labels = [*case.labels, *other.labels]
    return case


@fault("overfitting", ("epoch_memorization",))
def _overfit_and_padding(rng: np.random.Generator) -> Case:
    case = both(overfit, padding, rng)
    case.labels = case.labels[1:]
    return case


@fault("bad_batch")
def _bad_batch_and_creep(rng: np.random.Generator) -> Case:
    case = both(bad_batch, creep, rng)
    case.labels = case.labels[1:]
    return case


@fault("divergence", ("lr_too_high_spike",))
def _diverged_and_cut(rng: np.random.Generator) -> Case:
    case = both(diverged, truncated, rng)
    case.labels = case.labels[1:]
    return case
