"""The whole diagnosis on odd, empty and random input, and on real short runs."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.diagnosis import History, diagnose
from trainer.diagnosis.words import answer, tell

from .simulate import base, logs_of, seeds, with_evals

NAMES = [
    "step", "loss", "grad_norm", "learning_rate", "epoch", "eval_loss", "eval_general_loss",
    "reward", "reward_std", "frac_reward_zero_std", "completions/mean_length", "kl",
    "completions/clipped_ratio", "rewards/margins", "rewards/chosen", "rewards/accuracies",
    "logps/chosen", "gpu_mem_gb", "tokens_per_s", "entropy", "train_runtime",
]  # fmt: skip
PLAN_NAMES = [
    "learning_rate", "max_steps", "steps_per_epoch", "logging_steps", "lora_r", "max_length",
    "tokens_p50", "tokens_p95", "tokens_mean", "gradient_accumulation_steps", "vocab_size",
    "new_tokens_added", "trainable_params_pct", "max_grad_norm", "resumed_from_step", "dtype",
    "method", "tuning", "shuffle", "warmup_steps", "params_b", "beta", "max_completion_length",
    "truncated_fraction", "padding", "expected_tokens_per_s", "num_train_epochs", "chat_template",
]  # fmt: skip
VALUES = st.one_of(
    st.none(),
    st.floats(allow_nan=True, allow_infinity=True),
    st.integers(-5, 2000),
    st.sampled_from(["NaN", "Infinity", "-Infinity", "1.5", "x", "fp16", "dpo", "lora", "none"]),
    st.booleans(),
)
ROWS = st.lists(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8), max_size=60)
PLANS = st.dictionaries(st.sampled_from(PLAN_NAMES), VALUES, max_size=12)


@settings(max_examples=300, deadline=None)
@given(rows=ROWS, plan=PLANS)
def test_never_raises_on_random_rows(rows: list[dict[str, Any]], plan: dict[str, Any]) -> None:
    _check(History.from_log(rows, plan))


@settings(max_examples=150, deadline=None)
@given(
    losses=st.lists(st.floats(-1e3, 1e6), min_size=8, max_size=80),
    column=st.sampled_from(NAMES[2:]),
    others=st.lists(VALUES, min_size=8, max_size=80),
    plan=PLANS,
)
def test_never_raises_on_random_curves(
    losses: list[float], column: str, others: list[Any], plan: dict[str, Any]
) -> None:
    rows = [
        {"step": 5 * i, "loss": loss, "epoch": i / 20, column: others[i % len(others)]}
        for i, loss in enumerate(losses, start=1)
    ]
    _check(History.from_log(rows, plan))


def _check(history: History) -> None:
    findings = diagnose(history)
    assert findings
    assert all(0 <= f.confidence <= 1 and f.confidence_basis for f in findings)
    assert len(findings) == 1 or all(f.label != "healthy" for f in findings)
    for register in ("plain", "expert"):
        assert tell(findings, history, register)
        assert answer("why did it spike at step 12?", findings, history, register)


def test_empty_log() -> None:
    assert [f.label for f in diagnose(History.from_log([]))] == ["healthy"]


def test_sorted_by_severity_then_confidence() -> None:
    case = base(seeds(1)[0], padding="max_length", max_length=4096, tokens_mean=200)
    case.extra["gpu_mem_gb"] = 10 + 10 * case.loss.cumsum() / case.loss.sum()
    case.norm *= 20
    severities = [f.severity for f in diagnose(History.from_log(*logs_of(case)))]
    assert severities == sorted(severities, key=["critical", "warn", "info"].index)
    assert len(severities) >= 3


def test_confidence_falls_without_a_plan() -> None:
    case = with_evals(base(seeds(1)[0]))
    rows, plan, run = logs_of(case)
    with_plan, without = (diagnose(History.from_log(rows, p, run))[0] for p in (plan, None))
    assert without.confidence < with_plan.confidence


# Logged by a 3-million-parameter model of random weights, trained in full on a CPU.
CLASSIFIER = [
    5.27, 3.88, 2.56, 1.43, 1.0, 0.61, 0.44, 0.28, 0.22, 0.09, 0.05, 0.02, 0.01, 0.01, 0.02,
    0.01, 0.01, 0.0027, 0.003, 0.0028, 0.003, 0.0027, 0.003, 0.0026, 0.003, 0.0027,
]  # fmt: skip
CONTINUED = [
    5.5, 4.71, 3.96, 3.57, 3.46, 3.47, 3.44, 3.47, 3.44, 3.31, 3.17, 3.17, 3.17, 3.17, 3.08, 3.0,
    3.08, 3.02, 3.05, 2.97, 3.0, 2.94, 2.96, 2.89, 2.92, 2.99, 2.91, 2.87, 2.87, 2.86,
]  # fmt: skip
SHORT = [5.4, 4.35, 3.24, 2.06, 1.43, 1.05, 0.83, 0.69, 0.47, 0.37, 0.32, 0.27]


@pytest.mark.parametrize("with_plan", [True, False])
@pytest.mark.parametrize(
    ("losses", "evals", "method"),
    [
        (CLASSIFIER, {55: 0.033, 105: 0.003, 130: 0.003}, "sft"),
        (CONTINUED, {50: 3.251, 100: 2.997, 150: 2.922}, "cpt"),
        (SHORT, {20: 1.61, 40: 0.543, 60: 0.29}, "sft"),
    ],
)
def test_real_short_runs_on_a_cpu_are_healthy(
    losses: list[float], evals: dict[int, float], method: str, with_plan: bool
) -> None:
    rows: list[dict[str, Any]] = []
    for step, loss in zip(range(5, 5 * len(losses) + 1, 5), losses, strict=True):
        rows.append({"step": step, "epoch": step / 40, "loss": loss, "grad_norm": 1.0 + loss / 2})
        if step in evals:
            rows.append({"step": step, "epoch": step / 40, "eval_loss": evals[step]})
    plan = {
        "method": method,
        "tuning": "full",
        "base_model": "tunesmith-tiny",
        "params_b": 0.003,
        "learning_rate": 2e-3,
        "warmup_steps": 10,
        "vocab_size": 300,
    }
    findings = diagnose(History.from_log(rows, plan if with_plan else None))
    assert [f.label for f in findings] == ["healthy"]


def test_no_heavy_imports() -> None:
    code = (
        "import sys, trainer.diagnosis.words, trainer.diagnosis.logs, json;"
        "print(json.dumps([m for m in ('torch', 'transformers', 'pandas') if m in sys.modules]))"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
