"""How faults of learning, generalisation and efficiency change a calm run."""

import numpy as np

from .faults import fault
from .simulate import Case, base, cosine, quiet, with_evals


@fault("loss_flat_lr_too_low", ("underfitting",))
def _too_low(rng: np.random.Generator) -> Case:
    case = base(rng, tuning="lora", learning_rate=float(rng.uniform(2e-7, 2e-6)))
    case.loss = case.loss[:5].mean() * (1 + 0.04 * rng.standard_normal(case.steps))
    return case


@fault("no_gradient_flow")
def _frozen(rng: np.random.Generator) -> Case:
    case = _too_low(rng)
    case.labels, case.also = [], []
    case.plan["learning_rate"] = 2e-4
    case.norm[:] = 0.0
    case.onset = 1
    return case


@fault("target_modules_wrong", ("underfitting",))
def _wrong_modules(rng: np.random.Generator) -> Case:
    case = _too_low(rng)
    case.labels, case.also = [], []
    case.plan.update(learning_rate=2e-4, trainable_params_pct=0.003, target_modules=["c_attn"])
    case.norm *= 0.03
    return case


@fault("underfitting")
def _too_short(rng: np.random.Generator) -> Case:
    start = rng.uniform(1.5, 2.5)
    return with_evals(base(rng, start=start, end=start * 0.55, tau=1.1, steps=int(rng.integers(60, 200)), every=2))


@fault("underfitting", ("loss_flat_lr_too_low",))
def _slow_rate(rng: np.random.Generator) -> Case:
    return with_evals(base(rng, tuning="lora", learning_rate=2.5e-5, tau=0.6, start=1.9, end=1.45))


@fault("underfitting")
def _rank_one(rng: np.random.Generator) -> Case:
    return with_evals(base(rng, tuning="lora", lora_r=1, start=1.9, end=1.76, tau=0.3))


@fault("overfitting", ("epoch_memorization",))
def overfit(rng: np.random.Generator) -> Case:
    case = base(rng, epochs=int(rng.integers(2, 6)), steps=int(rng.integers(120, 900)))
    turn = int(rng.uniform(0.25, 0.6) * case.steps)
    curve = quiet(case)
    case.loss[turn:] *= np.linspace(1, rng.uniform(0.3, 0.6), case.steps - turn)
    slope = rng.uniform(0.12, 0.5) * curve[turn] / (case.steps - turn)
    case.add_evals(lambda s: curve[s - 1] * 1.03 + slope * max(0, s - turn), count=int(rng.integers(6, 14)))
    case.onset = turn
    return case


@fault("epoch_memorization", ("overfitting",))
def _stairs(rng: np.random.Generator) -> Case:
    case = base(
        rng,
        epochs=int(rng.integers(2, 5)),
        steps=int(rng.integers(240, 900)),
        every=int(rng.choice([2, 5])),
        tau=0.05,
    )
    case.loss *= (1 - rng.uniform(0.15, 0.35)) ** (np.arange(case.steps) // case.per_epoch)
    case.onset = case.per_epoch + 1
    return case


@fault("eval_below_train_regularization")
def _dropout(rng: np.random.Generator) -> Case:
    noisy = {"lora_dropout": 0.2} if rng.random() < 0.5 else {"neftune_noise_alpha": 10}
    return with_evals(base(rng, tuning="lora", **noisy), factor=rng.uniform(0.84, 0.93))


@fault("data_leak")
def _leak(rng: np.random.Generator) -> Case:
    case = base(rng, epochs=3, steps=int(rng.integers(250, 800)))
    curve, floor, tau = quiet(case), rng.uniform(0.05, 0.4), rng.uniform(0.05, 0.2) * case.steps
    case.add_evals(lambda s: curve[s - 1] * (floor + (1 - floor) * np.exp(-s / tau)))
    return case


@fault("catastrophic_forgetting")
def _forgets(rng: np.random.Generator) -> Case:
    case = with_evals(base(rng))
    rise = rng.uniform(0.3, 1.2) / case.steps
    case.add_evals(lambda s: 2.0 + rise * s, name="eval_general_loss")
    return case


@fault("grad_clipping_always")
def _clipped(rng: np.random.Generator) -> Case:
    case = base(rng)
    if rng.random() < 0.5:
        case.plan["max_grad_norm"] = 0.05
    else:
        case.norm = 9 * rng.lognormal(0, 0.25, case.steps)
    case.onset = 1
    return case


@fault("throughput_padding")
def padding(rng: np.random.Generator) -> Case:
    case = base(
        rng,
        padding="max_length",
        max_length=4096,
        tokens_mean=250,
        expected_tokens_per_s=5000,
        gpu_util_pct=95,
    )
    case.extra["tokens_per_s"] = 350 * rng.lognormal(0, 0.05, case.steps)
    return case


@fault("memory_creep")
def creep(rng: np.random.Generator) -> Case:
    case = base(rng, gpu_total_gb=24)
    line = np.linspace(10, rng.uniform(14, 23), case.steps)
    case.extra["gpu_mem_gb"] = (
        np.floor(line / 1.3) * 1.3 if rng.random() < 0.4 else line
    ) + 0.05 * rng.standard_normal(case.steps)
    case.status, case.onset = "failed: CUDA out of memory", 1
    return case


@fault("underfitting")
def _decayed_early(rng: np.random.Generator) -> Case:
    """The schedule was planned for half the steps: the rest of the run learns nothing."""
    start = rng.uniform(1.5, 2.5)
    case = base(rng, start=start, end=start * 0.55, tau=0.6, every=int(rng.choice([2, 5])))
    stop = int(rng.uniform(0.35, 0.55) * case.steps)
    case.rate = np.concatenate([cosine(stop, 2e-4, 10), np.zeros(case.steps - stop)])
    case.loss[stop:] = case.loss[stop - 30 : stop].mean() * (1 + 0.04 * rng.standard_normal(case.steps - stop))
    return with_evals(case)
