"""Runs that are fine, some of which look suspicious at first."""

import numpy as np

from .faults import healthy
from .simulate import Case, base, with_evals


@healthy
def calm_large(rng: np.random.Generator) -> Case:
    return with_evals(base(rng))


@healthy
def tiny_classifier(rng: np.random.Generator) -> Case:
    """A model of three million parameters, tuned in full, from 6 to 1 and below."""
    case = base(
        rng,
        tuning="full",
        params_b=0.003,
        base_model="tiny",
        learning_rate=float(rng.uniform(1e-3, 3e-3)),
        start=rng.uniform(4.5, 7),
        end=rng.uniform(0.4, 1.4),
        steps=int(rng.integers(60, 600)),
        every=int(rng.choice([5, 10])),
        epochs=int(rng.integers(3, 7)),
        tau=rng.uniform(0.1, 0.35),
    )
    return with_evals(case, count=3)


@healthy
def tiny_continued(rng: np.random.Generator) -> Case:
    case = base(
        rng,
        method="cpt",
        tuning="full",
        params_b=0.003,
        base_model="tiny",
        learning_rate=1e-3,
        start=3.5,
        end=2.9,
        steps=int(rng.integers(60, 600)),
        every=5,
        epochs=3,
        tau=rng.uniform(0.2, 0.8),
    )
    return with_evals(case, count=3)


@healthy
def noisy_small_batch(rng: np.random.Generator) -> Case:
    case = base(rng, every=int(rng.choice([1, 2])))
    case.loss *= 1 + 0.13 * rng.standard_normal(case.steps)
    return case


@healthy
def lone_gradient(rng: np.random.Generator) -> Case:
    case = base(rng)
    case.norm[case.steps // case.every // 2 * case.every - 1] = 12.0
    return case


@healthy
def scaler_search(rng: np.random.Generator) -> Case:
    case = base(rng, dtype="fp16", every=1)
    case.norm[: int(rng.integers(1, 4))] = np.nan
    return case


@healthy
def full_resume(rng: np.random.Generator) -> Case:
    return base(
        rng,
        resumed_from_step=100,
        resume_checkpoint_files=["optimizer.pt", "adapter_model.safetensors"],
    )


@healthy
def small_step_at_epoch(rng: np.random.Generator) -> Case:
    case = base(rng, epochs=3)
    case.loss *= 0.965 ** (np.arange(case.steps) // case.per_epoch)
    return with_evals(case)


@healthy
def memory_plateau(rng: np.random.Generator) -> Case:
    case = base(rng, gpu_total_gb=24)
    at = np.arange(case.steps)
    case.extra["gpu_mem_gb"] = (
        np.where(at < 0.4 * case.steps, 12.0, 15.0)
        if rng.random() < 0.5
        else 16 - 4 * np.exp(-at / (0.06 * case.steps))
    )
    return case


@healthy
def no_warmup_no_harm(rng: np.random.Generator) -> Case:
    return base(rng, warmup_steps=0)
