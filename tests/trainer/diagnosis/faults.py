"""How faults of stability, schedule and inputs change a calm run; the register of all builders."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .simulate import Case, base, with_evals

Builder = Callable[[np.random.Generator], Case]
FAULTS: dict[str, list[Builder]] = {}
HEALTHY: dict[str, Builder] = {}


def fault(label: str, also: tuple[str, ...] = ()) -> Callable[[Builder], Builder]:
    """Register a builder that must lead to this label."""

    def register(build: Builder) -> Builder:
        def labelled(rng: np.random.Generator) -> Case:
            case = build(rng)
            case.labels = [label, *case.labels]
            case.also += also
            return case

        FAULTS.setdefault(label, []).append(labelled)
        return labelled

    return register


def healthy(build: Builder) -> Builder:
    """Register a calm run."""
    HEALTHY[build.__name__] = build
    return build


@fault("lr_too_high_spike")
def _spikes(rng: np.random.Generator) -> Case:
    lora = rng.random() < 0.5
    case = base(
        rng,
        tuning="lora" if lora else "full",
        learning_rate=1.5e-3 if lora else 1.5e-4,
        every=int(rng.choice([1, 2, 5, 10])),
    )
    starts = np.sort(rng.choice(np.arange(12, 60), int(rng.integers(2, 5)), replace=False))
    starts = [int(s / 100 * case.steps) for s in starts if s == starts[0] or True]
    starts = [s for i, s in enumerate(starts) if i == 0 or s - starts[i - 1] > 50]
    if len(starts) < 2:
        starts = [case.steps // 5, case.steps // 2]
    for start in starts:
        case.jump(start, rng.uniform(1.0, 3.0), rng.uniform(14, 35))
    case.loss[starts[-1] :] += 0.1
    case.onset = starts[0]
    return case


@fault("bad_batch")
def bad_batch(rng: np.random.Generator) -> Case:
    case = base(rng, every=int(rng.choice([1, 2, 5, 10])))
    step = int(rng.uniform(0.25, 0.9) * case.steps) // case.every * case.every - 1
    case.loss[step] += rng.uniform(1.2, 2.5) * case.every
    case.norm[step] += rng.uniform(5, 15)
    if case.every == 1 and rng.random() < 0.5:
        case.loss[step + 1] += 0.8
    case.onset = step + 1
    return case


@fault("divergence", ("lr_too_high_spike",))
def diverged(rng: np.random.Generator) -> Case:
    case = base(rng, learning_rate=2e-3)
    start = int(rng.uniform(0.2, 0.75) * case.steps)
    after = np.arange(case.steps - start)
    top = rng.uniform(4.5, 10)
    climb = 1 / (1 + np.exp(-(after - 15) / rng.uniform(3, 8)))
    case.loss[start:] += (top - case.loss[start]) * climb
    case.norm[start:] += 12 * np.exp(-after / 150)
    case.onset = start
    return with_evals(case, count=int(rng.integers(3, 12)))


@fault("warmup_missing", ("lr_too_high_spike",))
def _no_warmup(rng: np.random.Generator) -> Case:
    case = base(rng, warmup_steps=0, every=int(rng.choice([1, 2, 5])))
    at = np.arange(case.steps)
    hump = np.clip(at / rng.uniform(3, 8), 0, 1) * np.exp(-at / rng.uniform(12, 30))
    case.loss += rng.uniform(1.5, 3.0) * hump
    case.norm += 18 * np.exp(-at / 12) * rng.lognormal(0, 0.3, case.steps)
    case.onset = 3
    return case


@fault("lr_restart_spikes")
def _restarts(rng: np.random.Generator) -> Case:
    case = base(rng, lr_scheduler_type="cosine_with_restarts", every=int(rng.choice([2, 5, 10])))
    cycles = int(rng.integers(2, 5))
    length = case.steps // cycles
    at = np.arange(case.steps)
    case.rate = case.plan["learning_rate"] * 0.5 * (1 + np.cos(np.pi * (at % length) / length))
    for start in range(length, case.steps - 20, length):
        case.jump(start, rng.uniform(0.35, 0.6), 18, norm=0.8)
    case.onset = length
    return case


@fault("resume_without_optimizer")
def _resume(rng: np.random.Generator) -> Case:
    case = base(rng, every=int(rng.choice([1, 5, 10])))
    start = int(rng.uniform(0.3, 0.7) * case.steps) // 10 * 10
    case.jump(start, rng.uniform(0.5, 1.2), rng.uniform(20, 50), norm=2.0)
    case.plan["resumed_from_step"] = start
    case.plan["resume_checkpoint_files"] = ["adapter_model.safetensors", "trainer_state.json"]
    case.onset = start + 1
    return case


def _broken(rng: np.random.Generator, zero: bool, **plan: Any) -> Case:
    case = base(rng, dtype="fp16", **plan)
    start = int(rng.uniform(0.1, 0.8) * case.steps)
    case.loss[start:] = 0.0 if zero else np.nan
    case.norm[start:] = np.nan
    case.onset = start
    return case


@fault("fp16_overflow_nan")
def _overflow_zero(rng: np.random.Generator) -> Case:
    return _broken(rng, zero=True)


@fault("fp16_overflow_nan")
def _overflow_nan(rng: np.random.Generator) -> Case:
    return _broken(rng, zero=False, logging_nan_inf_filter=False)


@fault("nan_labels_masked", ("zero_loss_labels_masked",))
def _nan_from_start(rng: np.random.Generator) -> Case:
    case = base(rng, labels_unmasked_fraction=0.0)
    case.loss[:], case.norm[:] = np.nan, np.nan
    case.onset = 1
    return case


@fault("nan_labels_masked", ("zero_loss_labels_masked", "truncated_data"))
def _nan_now_and_then(rng: np.random.Generator) -> Case:
    case = base(rng, prompt_tokens_p95=2500, labels_unmasked_fraction=0.1)
    hits = np.sort(rng.choice(case.steps - 30, 4, replace=False)) + 5
    case.loss[hits] = np.nan
    case.onset = int(hits[0])
    return case


@fault("zero_loss_labels_masked", ("nan_labels_masked",))
def _zero(rng: np.random.Generator) -> Case:
    case = base(rng)
    case.loss[:], case.norm[:] = 0.0, 0.0
    case.onset = 1
    return case


@fault("loss_high_start_template")
def _template(rng: np.random.Generator) -> Case:
    named = {"chat_template": "chatml (model's own: other)"} if rng.random() < 0.6 else {}
    case = base(rng, start=rng.uniform(4.8, 9), end=rng.uniform(2.2, 3.0), **named)
    case.onset = 1
    return case


@fault("loss_high_start_new_tokens")
def _new_tokens(rng: np.random.Generator) -> Case:
    case = base(
        rng,
        start=rng.uniform(8, 120),
        end=rng.uniform(3, 5),
        new_tokens_added=6,
        modules_to_save=None,
        embedding_init="random",
    )
    case.norm[: case.steps // 20] += 20
    case.onset = 1
    return case


@fault("truncated_data")
def truncated(rng: np.random.Generator) -> Case:
    case = base(
        rng,
        max_length=512,
        tokens_p50=600,
        tokens_p95=1800,
        tokens_mean=750,
        truncated_fraction=rng.choice([None, 0.4, 0.8]),
    )
    case.onset = 1
    return case


@fault("data_order_sawtooth")
def _sorted(rng: np.random.Generator) -> Case:
    case = base(
        rng,
        epochs=int(rng.integers(2, 5)),
        shuffle=False,
        every=int(rng.choice([2, 5])),
        steps=int(rng.integers(300, 900)),
    )
    phase = (np.arange(case.steps) % case.per_epoch) / case.per_epoch
    shape = phase - 0.5 if rng.random() < 0.5 else np.sin(2 * np.pi * np.floor(phase * 4) / 4)
    case.loss *= 1 + rng.uniform(0.25, 0.5) * shape
    case.onset = 1
    return case


@fault("data_order_sawtooth")
def _grouped(rng: np.random.Generator) -> Case:
    case = base(
        rng,
        epochs=1,
        group_by_length=True,
        every=int(rng.choice([1, 2, 5])),
        steps=int(rng.integers(400, 900)),
    )
    phase = (np.arange(case.steps) % int(rng.integers(34, 55))) / 40
    case.loss *= 1 + 0.4 * np.exp(-phase * 4)
    case.onset = 1
    return case


@fault("loss_scaled_by_grad_accum")
def _scaled(rng: np.random.Generator) -> Case:
    case = with_evals(base(rng, gradient_accumulation_steps=int(rng.choice([2, 4, 8, 32]))))
    case.loss *= case.plan["gradient_accumulation_steps"]
    case.onset = 1
    return case


@fault("divergence")
def _diverged_to_nan(rng: np.random.Generator) -> Case:
    """In bf16 a climb that ends in NaN."""
    case = base(rng, learning_rate=2e-3)
    start = int(rng.uniform(0.3, 0.6) * case.steps)
    climb = min(40, case.steps - start)
    case.loss[start : start + climb] += 6 * np.linspace(0, 1, climb) ** 2
    case.norm[start : start + climb] += 30 * np.linspace(0, 1, climb)
    case.loss[start + climb :] = np.nan
    case.norm[start + climb :] = np.nan
    return case


@fault("loss_scaled_by_grad_accum")
def _scaled_without_evals(rng: np.random.Generator) -> Case:
    case = base(rng, gradient_accumulation_steps=int(rng.choice([4, 8, 16])))
    case.extra["entropy"] = case.loss * rng.uniform(0.9, 1.05)
    case.loss = case.loss * case.plan["gradient_accumulation_steps"]
    case.onset = 1
    return case
