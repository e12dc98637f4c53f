"""A training history as arrays: what a run wrote down, and what its plan said.

Everything is optional. A log without gradient norms, a plan with three fields or no plan at all
still gives a `History`; rules then see `None` or an empty array and say less, with less confidence.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_LARGEST = 1e30  # beyond this a value is an overflow in all but name, and its square would be one
_TRAIN_MARKS = ("loss", "grad_norm", "reward", "kl", "learning_rate")
_SUMMARY_MARKS = ("train_runtime", "train_samples_per_second")  # the last row `Trainer` writes
_SIZE_IN_NAME = re.compile(r"(?<![a-z0-9.])(\d+(?:\.\d+)?)([bm])(?![a-z])", re.IGNORECASE)


def number(value: object) -> float:
    """The value as a float; "NaN", "Infinity", None and whatever is no number become NaN or inf."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return float("nan")
    try:
        result = float(value)
    except (ValueError, OverflowError):
        return float("nan")
    return result if abs(result) < _LARGEST or np.isnan(result) else float(np.sign(result) * np.inf)


@dataclass(frozen=True, eq=False)
class Table:
    """Logged rows of one kind (training or evaluation), a column per metric, NaN where missing."""

    steps: Floats
    columns: Mapping[str, Floats] = field(default_factory=dict)
    written: Mapping[str, npt.NDArray[np.bool_]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.steps)

    def column(self, name: str) -> Floats:
        """Values of a metric, NaN where absent or not a number; all NaN if it was never logged."""
        return self.columns.get(name, np.full(len(self.steps), np.nan))

    def broken(self, name: str) -> npt.NDArray[np.bool_]:
        """Where the metric was written but is not a finite number."""
        written = self.written.get(name, np.zeros(len(self.steps), dtype=bool))
        return written & ~np.isfinite(self.column(name))

    def has(self, name: str) -> bool:
        """Whether the metric was ever written."""
        return name in self.columns

    def finite(self, name: str) -> tuple[Floats, Floats]:
        """Steps and values of a metric where it is a finite number."""
        values = self.column(name)
        good = np.isfinite(values)
        return self.steps[good], values[good]


@dataclass(frozen=True, eq=False)
class History:
    """A recorded training run: training rows, evaluation rows, plan, state of the run."""

    train: Table
    evals: Table
    plan: Mapping[str, Any]
    run: Mapping[str, Any]
    went_back_to: tuple[int, ...] = ()
    """Steps from which the log starts anew (a resume); the rows it replaced are left out."""
    steps_counted: bool = False
    """True if the log gave no step numbers and rows were counted instead."""

    @classmethod
    def from_log(
        cls,
        rows: Sequence[Mapping[str, Any]],
        plan: Mapping[str, Any] | None = None,
        run: Mapping[str, Any] | None = None,
    ) -> "History":
        """Build a history from rows as `Trainer.state.log_history` holds them."""
        facts = flatten(plan or {})
        clean = [_plain_names(row) for row in rows if not any(mark in row for mark in _SUMMARY_MARKS)]
        counted = any(_step_of(row) is None for row in clean)
        clean = _numbered(clean, facts) if counted else clean
        train_rows = [row for row in clean if any(mark in row for mark in _TRAIN_MARKS)]
        eval_rows = [row for row in clean if any(name.startswith("eval_") for name in row)]
        train, restarts = _table(train_rows, lambda name: not name.startswith("eval_"))
        evals, _ = _table(eval_rows, lambda name: name.startswith("eval_"))
        return cls(train, evals, facts, dict(run or {}), restarts, counted)

    @property
    def steps(self) -> Floats:
        """Optimizer steps of the training rows."""
        return self.train.steps

    @property
    def loss(self) -> Floats:
        """Training loss per row: a mean over the logging window."""
        return self.train.column("loss")

    @property
    def grad_norm(self) -> Floats:
        """Gradient norm before clipping, at the last step of each logging window."""
        return self.train.column("grad_norm")

    def number(self, name: str) -> float | None:
        """A number from the plan, or None."""
        value = number(self.plan.get(name))
        return value if np.isfinite(value) else None

    def text(self, name: str) -> str | None:
        """A text from the plan, or None."""
        value = self.plan.get(name)
        return value if isinstance(value, str) else None

    def flag(self, name: str) -> bool | None:
        """A yes or no from the plan, or None."""
        value = self.plan.get(name)
        return value if isinstance(value, bool) else None

    @cached_property
    def logging_steps(self) -> float:
        """Steps between two training rows, measured; from the plan if there are too few rows."""
        gaps = np.diff(self.steps)
        if len(gaps):
            return max(1.0, float(np.median(gaps)))
        return max(1.0, self.number("logging_steps") or 1.0)

    @cached_property
    def last_step(self) -> int:
        """The last step seen in the log or named by the run."""
        ends = [float(table.steps[-1]) for table in (self.train, self.evals) if len(table)]
        named = number(self.run.get("last_step"))
        return int(max([*ends, named if np.isfinite(named) else 0.0, 0.0]))

    @cached_property
    def max_steps(self) -> int:
        """Planned length in steps; the last step seen if the plan does not say."""
        planned = self.number("max_steps")
        return int(planned) if planned and planned > 0 else max(1, self.last_step)

    @cached_property
    def steps_per_epoch(self) -> float | None:
        """Optimizer steps in one pass over the data, from the plan or from the epoch column."""
        planned = self.number("steps_per_epoch")
        if planned and planned > 0:
            return planned
        epoch = self.train.column("epoch")
        good = np.isfinite(epoch) & (epoch > 0.01)
        return float(np.median(self.steps[good] / epoch[good])) if good.any() else None

    @cached_property
    def method(self) -> str | None:
        """sft, cpt, dpo, grpo ... from the plan, else from the metrics only that method logs."""
        named = self.text("method")
        if named:
            return named.lower()
        if self.train.has("rewards/margins"):
            return "dpo"
        if self.train.has("reward") or self.train.has("reward_std"):
            return "grpo"
        return None

    @property
    def is_preference(self) -> bool:
        """Whether the run learns from pairs (DPO and kin)."""
        return self.train.has("rewards/margins") or self.method in {"dpo", "orpo", "kto", "ipo"}

    @property
    def is_reinforcement(self) -> bool:
        """Whether the run learns from rewards of its own completions (GRPO and kin)."""
        return self.train.has("reward") or self.method in {"grpo", "rloo", "ppo"}

    @property
    def is_supervised(self) -> bool:
        """Whether the loss is a cross-entropy on given text."""
        return not self.is_preference and not self.is_reinforcement

    @cached_property
    def tuning(self) -> str | None:
        """ "lora" (adapters of any kind) or "full"; None if the plan does not say."""
        named = (self.text("tuning") or self.text("adapter") or self.text("kind") or "").lower()
        if "lora" in named or self.number("lora_r") or self.number("r"):
            return "lora"
        return "full" if named in {"full", "none"} else None

    @cached_property
    def precision(self) -> str | None:
        """fp16, bf16 or fp32; None if the plan does not say."""
        named = (self.text("dtype") or self.text("torch_dtype") or "").lower()
        if "bf16" in named or "bfloat16" in named or self.flag("bf16"):
            return "bf16"
        if "32" in named:
            return "fp32"
        return "fp16" if "16" in named or self.flag("fp16") else None

    @cached_property
    def params_b(self) -> float | None:
        """Parameters in billions, from the plan or from the name of the model."""
        named = self.number("params_b")
        found = _SIZE_IN_NAME.search(self.text("base_model") or "")
        if named is not None or not found:
            return named
        return float(found[1]) * (1.0 if found[2].lower() == "b" else 1e-3)

    @cached_property
    def peak_lr(self) -> float | None:
        """The planned learning rate, else the highest one logged."""
        _, logged = self.train.finite("learning_rate")
        return self.number("learning_rate") or (float(logged.max()) if len(logged) else None)

    @cached_property
    def status(self) -> str:
        """How the run ended, as the run says it."""
        return str(self.run.get("status") or "")


def flatten(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Plan fields by their last name; the outermost wins where two parts use the same name."""
    flat: dict[str, Any] = {}
    level: list[Mapping[str, Any]] = [plan]
    while level:
        for part in level:
            for name, value in part.items():
                flat.setdefault(str(name), value)
        level = [v for part in level for v in part.values() if isinstance(v, Mapping)]
    return flat


def _plain_names(row: Mapping[str, Any]) -> dict[str, Any]:
    """Metric names as transformers writes them, also if a tracker put train/ or eval/ before."""
    plain: dict[str, Any] = {}
    for name, value in row.items():
        text = str(name)
        text = text.removeprefix("train/") if text.startswith("train/") else text
        plain["eval_" + text.removeprefix("eval/") if text.startswith("eval/") else text] = value
    if "step" not in plain and "global_step" in plain:
        plain["step"] = plain["global_step"]
    return plain


def _step_of(row: Mapping[str, Any]) -> float | None:
    step = number(row.get("step"))
    return float(int(step)) if np.isfinite(step) and step >= 0 else None


def _numbered(rows: Sequence[Mapping[str, Any]], plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows with a step each: training rows are counted, evaluations belong to the row before."""
    train = [row for row in rows if any(mark in row for mark in _TRAIN_MARKS)]
    spacing = _spacing(train, plan)
    numbered: list[dict[str, Any]] = []
    count = 0
    for row in rows:
        count += any(mark in row for mark in _TRAIN_MARKS)
        numbered.append({**row, "step": max(1.0, count * spacing)})
    return numbered


def _spacing(rows: Sequence[Mapping[str, Any]], plan: Mapping[str, Any]) -> float:
    """Steps to count per training row where the log has no step numbers."""
    planned = number(plan.get("logging_steps"))
    if np.isfinite(planned) and planned >= 1:
        return planned
    epochs = number(rows[-1].get("epoch")) if rows else float("nan")
    per_epoch = number(plan.get("steps_per_epoch"))
    total = epochs * per_epoch / len(rows) if rows else float("nan")
    return max(1.0, float(round(total))) if np.isfinite(total) else 1.0


def _table(rows: Sequence[Mapping[str, Any]], wanted: Callable[[str], bool]) -> tuple[Table, tuple[int, ...]]:
    """Rows as columns. Where steps go back, the later rows replace the earlier ones."""
    kept: list[tuple[float, Mapping[str, Any]]] = []
    restarts: list[int] = []
    for row in rows:
        step = _step_of(row) or 0.0
        if kept and step < kept[-1][0]:
            restarts.append(int(step))
        while kept and kept[-1][0] >= step:
            kept.pop()
        kept.append((step, row))
    names = {name for _, row in kept for name in row if wanted(name) and name != "step"}
    columns = {n: np.array([number(row.get(n)) for _, row in kept], dtype=float) for n in names}
    written = {n: np.array([n in row for _, row in kept], dtype=bool) for n in names}
    return Table(np.array([s for s, _ in kept], dtype=float), columns, written), tuple(restarts)
