"""What a question about a run asks for, and the numbers that are nearest to it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trainer.diagnosis.finding import Finding
from trainer.diagnosis.history import History
from trainer.diagnosis.stats import clean, find_spikes, head, level_before, tail

_SPIKES = (
    "bad_batch",
    "lr_too_high_spike",
    "lr_restart_spikes",
    "resume_without_optimizer",
    "warmup_missing",
    "divergence",
    "data_order_sawtooth",
    "grpo_kl_blowup",
)
_STANDSTILL = (
    "loss_flat_lr_too_low",
    "no_gradient_flow",
    "target_modules_wrong",
    "underfitting",
    "zero_loss_labels_masked",
    "nan_labels_masked",
    "dpo_loss_stuck_0693",
    "grpo_reward_flat",
    "lr_too_high_spike",
    "divergence",
)
_REACH = 3  # logging windows around a step that count as "there"


@dataclass(frozen=True)
class Topic:
    """What is asked about: a symptom, and perhaps a step."""

    name: str
    labels: tuple[str, ...] = ()
    step: int | None = None


# The first pattern that fits decides; narrow ones come first.
_TOPICS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "nan",
        r"\bnans?\b|not a number|\binf(inity)?\b|overflow",
        ("fp16_overflow_nan", "nan_labels_masked", "divergence"),
    ),
    (
        "zero",
        r"(loss|it) (is|was|of|=|exactly|stays|shows|at)* ?(exactly )?(0|zero)\b",
        ("zero_loss_labels_masked", "nan_labels_masked", "fp16_overflow_nan", "grpo_reward_flat"),
    ),
    (
        "overfitting",
        r"over-?fit|memori[sz]|by heart|generali[sz]|eval(uation)? loss",
        ("overfitting", "epoch_memorization", "data_leak"),
    ),
    ("leak", r"\bleak|too good|contaminat|duplicate", ("data_leak",)),
    ("forgetting", r"forg[eo]t|general abilit", ("catastrophic_forgetting",)),
    ("memory", r"memory|\boom\b|\bvram\b", ("memory_creep",)),
    (
        "speed",
        r"\bslow(er|ly)?\b|speed|throughput|tokens? per second|padding",
        ("throughput_padding", "memory_creep"),
    ),
    ("clipping", r"clip|grad(ient)?[ _]norm", ("grad_clipping_always", *_SPIKES)),
    ("order", r"saw-?tooth|wav(e|y)|periodic|pattern|zig", ("data_order_sawtooth", *_SPIKES)),
    ("truncation", r"truncat|cut off|max_?length", ("truncated_data", "nan_labels_masked")),
    (
        "spike",
        r"spik|jump|bump|blip|peak|sudden|unstable|explod|diverg|blow"
        r"|went up|goes up|going up|ris(es|ing|e)",
        _SPIKES,
    ),
    (
        "standstill",
        r"flat|stuck|(not|n.t) (learn|fall|improv|decreas|go)|plateau|under-?fit|nothing learn",
        _STANDSTILL,
    ),
    (
        "high",
        r"(so |too |very )?high|start(s|ed)? (so |at )",
        (
            "loss_high_start_template",
            "loss_high_start_new_tokens",
            "loss_scaled_by_grad_accum",
            "divergence",
            "lr_too_high_spike",
        ),
    ),
    (
        "reward",
        r"reward|margin|\bkl\b|preference",
        (
            "dpo_margin_collapse",
            "dpo_reward_overoptimization",
            "dpo_loss_stuck_0693",
            "grpo_reward_flat",
            "grpo_length_explosion",
            "grpo_kl_blowup",
        ),
    ),
)
_STEP = re.compile(r"\bsteps?\s*#?\s*(\d[\d,]*)", re.IGNORECASE)


def topic_of(question: str) -> Topic | None:
    """The symptom and step a question names; None if it asks about the run as a whole."""
    found = _STEP.search(question)
    step = int(found[1].replace(",", "")) if found else None
    lowered = question.lower()
    for name, pattern, labels in _TOPICS:
        if re.search(pattern, lowered):
            return Topic(name, labels, step)
    return Topic("step", (), step) if step is not None else None


def select(topic: Topic, findings: Sequence[Finding], history: History) -> list[Finding]:
    """Findings that answer the question: of the right kind, and at the step if one is named."""
    real = [f for f in findings if f.label != "healthy"]
    if topic.name == "nan" and not _has_nan(history):
        return []
    if topic.labels:
        real = [f for f in real if f.label in topic.labels]
    if topic.step is not None:
        real = [f for f in real if _covers(f, topic.step, history)]
    return real


def _has_nan(history: History) -> bool:
    """Whether a value is no number, or a zero that may stand for one."""
    broken = history.train.broken("loss") | history.train.broken("grad_norm")
    return bool(broken.any() or (history.loss == 0).any() or history.evals.broken("eval_loss").any())


def _covers(finding: Finding, step: int, history: History) -> bool:
    reach = _REACH * history.logging_steps
    if finding.onset_step is not None and abs(finding.onset_step - step) <= reach:
        return True
    length = max(1, history.last_step)
    spans = [(e.step_from, e.step_to) for e in finding.evidence if e.step_from is not None and e.step_to is not None]
    narrow = [(a, b) for a, b in spans if b - a < 0.5 * length]
    return any(a - reach <= step <= b + reach for a, b in narrow)


def unnamed_spike(topic: Topic, history: History) -> str | None:
    """A rise that is in the record but that no rule could name, for a question about spikes."""
    if topic.name != "spike" or topic.step is not None:
        return None
    spikes = find_spikes(history.loss)
    if not spikes:
        return None
    top = max(spikes, key=lambda spike: spike.height)
    end = int(history.steps[min(top.end, len(history.steps) - 1)])
    return (
        f"At step {int(history.steps[top.start])} the loss rose from {_round(top.level)} to "
        f"{_round(top.level + top.height)}, until about step {end}. The record does not show why: "
        "the samples of those steps, the checkpoint files of a resume, or a plan would tell."
    )


def nearest_numbers(topic: Topic, history: History) -> str:
    """What the record does hold, nearest to what was asked: one sentence."""
    if not len(history.train):
        return "it holds no training rows."
    if topic.step is not None:
        return _at_step(history, topic.step)
    if topic.name == "nan":
        return _no_nan(history)
    if topic.name in {"overfitting", "leak"}:
        return _evals(history, "eval_loss", "eval loss")
    if topic.name in {"spike", "order"}:
        return _largest_rise(history)
    return _other(topic, history)


def _other(topic: Topic, history: History) -> str:
    train = history.train
    columns = {
        "memory": ("gpu_mem_gb", "GPU memory in GB"),
        "speed": ("tokens_per_s", "number of tokens per second"),
        "clipping": ("grad_norm", "gradient norm"),
        "reward": ("reward" if train.has("reward") else "rewards/margins", "reward"),
    }
    if topic.name == "forgetting":
        return "no loss on general text was measured, so the record cannot tell."
    if topic.name in columns:
        name, what = columns[topic.name]
        values = clean(train.column(name))
        if not len(values):
            return f"the {what} was not logged, so the record cannot tell."
        return f"the {what} went from {_round(head(values))} to {_round(tail(values))}."
    return _course(history)


def _course(history: History) -> str:
    loss = clean(history.loss)
    if not len(loss):
        return "no finite loss was logged."
    return f"the loss went from {_round(head(loss))} to {_round(tail(loss, 0.1))}."


def _no_nan(history: History) -> str:
    count = int(np.isfinite(history.loss).sum())
    if count == len(history.loss):
        return f"all {count} logged losses are finite numbers."
    logged = len(history.loss)
    return f"{count} of {logged} logged losses are finite numbers, and no pattern stands out."


def _evals(history: History, name: str, what: str) -> str:
    steps, values = history.evals.finite(name)
    if not len(values):
        return f"no {what} was measured, so the record cannot tell."
    least = int(np.argmin(values))
    return (
        f"the {what} was lowest at step {int(steps[least])} with {_round(values[least])} "
        f"and ended at {_round(values[-1])}."
    )


def _largest_rise(history: History) -> str:
    rises = history.loss - level_before(history.loss)
    if not np.isfinite(rises).any():
        return _course(history)
    row = int(np.nanargmax(rises))
    level = history.loss[row] - rises[row]
    return (
        f"the largest rise of the loss is at step {int(history.steps[row])}, "
        f"to {_round(history.loss[row])} from a level of {_round(level)}."
    )


def _at_step(history: History, step: int) -> str:
    if step > history.last_step:
        return f"it ends at step {history.last_step}."
    row = int(np.argmin(np.abs(history.steps - step)))
    level = level_before(history.loss)[row]
    told = f"the nearest logged step is {int(history.steps[row])}"
    loss = history.loss[row]
    told += f", with a loss of {_round(loss)}" if np.isfinite(loss) else ", without a finite loss"
    return told + (f" (level before it: {_round(level)})." if np.isfinite(level) else ".")


def _round(value: float) -> str:
    return f"{value:.3g}"
