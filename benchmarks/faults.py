"""Faults for `benchmarks.real_faults`: put into a plan past its checks, into the written rows, or into a worker.

`strengths` are what is varied: a factor on the learning rate, a share of the rows, a step. `labels` name the fault
(any of them is right), `also` may stand beside them. A fault without labels has none in the vocabulary; what is
looked at instead is said in `unseen`.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trainer.diagnosis.dealt import read_steps
from trainer.plan import Plan
from trainer.runs import Run

Row = dict[str, Any]
INSTABLE = frozenset({"lr_too_high_spike", "divergence", "warmup_missing"})
DPO_WILD = frozenset({"dpo_reward_overoptimization", "dpo_margin_collapse", "divergence"})
TOO_LONG = frozenset({"overfitting", "epoch_memorization"})


def _same(plan: Plan, _: float) -> Plan:
    return plan


def _nothing(_: float) -> dict[str, Any]:
    return {}


def _no_onset(_: Run, __: float) -> int | None:
    return None


@dataclass(frozen=True)
class Fault:
    """One kind of fault."""

    name: str
    labels: frozenset[str]
    strengths: tuple[float, ...]
    also: frozenset[str] = frozenset()
    methods: tuple[str, ...] = ("sft",)
    tasks: tuple[str, ...] = ()
    """Where it can show; any of the method's where empty."""
    wishes: Callable[[float], dict[str, Any]] = _nothing
    plan: Callable[[Plan, float], Plan] = _same
    rows: Callable[[list[Row], float, random.Random], list[Row]] | None = None
    """Changes the written training rows."""
    leak: float = 0.0
    """Share of the watched rows that are taken from the training rows."""
    patch: Callable[[float], None] | None = None
    """Changes the worker."""
    resumed: bool = False
    """Stopped in the middle, and gone on without the optimizer's state."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What the plan would say of the machine that the fault needs."""
    onset: Callable[[Run, float], int | None] = _no_onset
    unseen: str = ""

    def worker(self, strength: float, lot: random.Random) -> None:
        """Called in the worker before it begins."""
        from trainer import worker

        prepare = worker.split_rows

        def changed(run: Run, plan: Plan) -> None:
            first = not run.sealed.exists()
            prepare(run, plan)
            if first:
                self._change_rows(run.folder / "data", strength, lot)

        worker.split_rows = changed
        if self.patch is not None:
            self.patch(strength)

    def _change_rows(self, folder: Path, strength: float, lot: random.Random) -> None:
        train = _read(folder / "train.jsonl")
        if self.rows is not None:
            rows = self.rows(train, strength, lot)
            before = {row["row"]: row for row in train}
            changed = [row["row"] for row in rows if row != before[row["row"]]]
            (folder / "changed.json").write_text(json.dumps(changed), "utf-8")
            _write(folder / "train.jsonl", rows)
        if self.leak:
            watched = _read(folder / "val.jsonl")
            count = round(strength * len(watched))
            _write(folder / "val.jsonl", [*lot.sample(train, count), *watched[count:]])


def _read(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _write(path: Path, rows: list[Row]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


# changes of the plan


def _within(plan: Plan, part: str, **changes: Any) -> Plan:
    return plan.model_copy(update={part: getattr(plan, part).model_copy(update=changes)})


def _rate(plan: Plan, times: float) -> Plan:
    return _within(plan, "optimisation", learning_rate=plan.optimisation.learning_rate * times)


def _no_warmup(plan: Plan, times: float) -> Plan:
    return _within(_rate(plan, times), "optimisation", warmup_ratio=0.0, warmup_steps=0)


def _clipped(plan: Plan, norm: float) -> Plan:
    return _within(plan, "optimisation", max_grad_norm=norm)


def _short(plan: Plan, share: float) -> Plan:
    return _within(plan, "schedule", max_length=max(8, int(share * plan.schedule.max_length)))


def _in_order(plan: Plan, _: float) -> Plan:
    return _within(plan, "schedule", train_sampling_strategy="sequential")


def _endless(plan: Plan, epochs: float) -> Plan:
    patient = _within(plan, "evaluation", early_stopping_patience=None)
    patient = _within(patient, "schedule", num_train_epochs=epochs)
    return _within(patient, "data", max_samples=80)


def _brief(plan: Plan, steps: float) -> Plan:
    return _within(plan, "schedule", max_steps=int(steps))


def _one_layer(plan: Plan, _: float) -> Plan:
    return _within(plan, "adapter", target_modules=("layers.0.self_attn.k_proj",), lora_r=1)


# changes of the rows


def _answer(row: Row) -> str:
    return "completion" if "completion" in row else "text"


def _poisoned(rows: list[Row], count: float, lot: random.Random) -> list[Row]:
    """Answers that are encoded data, in rows that make one batch; the batches come in the file's order."""
    size, out = int(count), [dict(r) for r in rows]
    at = 8 * lot.randrange(len(out) // 24, len(out) // 10)
    for row in out[at : at + size]:
        _set(row, base64.b64encode(lot.randbytes(60)).decode())
    return out


def _set(row: Row, words: str) -> None:
    """Another answer, whatever the rows' form."""
    if "messages" in row:
        row["messages"] = [*row["messages"][:-1], {"role": "assistant", "content": words}]
    elif isinstance(row.get("completion"), list):
        row["completion"] = [{"role": "assistant", "content": words}]
    else:
        row[_answer(row)] = words


def _get(row: Row) -> str:
    if "messages" in row:
        return str(row["messages"][-1]["content"])
    said = row[_answer(row)]
    return str(said[0]["content"] if isinstance(said, list) else said)


def _shuffled(rows: list[Row], share: float, lot: random.Random) -> list[Row]:
    out = [dict(r) for r in rows]
    chosen = lot.sample(range(len(out)), int(share * len(out)))
    answers = [_get(out[i]) for i in chosen]
    lot.shuffle(answers)
    for i, words in zip(chosen, answers, strict=True):
        _set(out[i], words)
    return out


def _sorted(rows: list[Row], _: float, __: random.Random) -> list[Row]:
    return sorted(rows, key=_get)


def _swapped(rows: list[Row], share: float, lot: random.Random) -> list[Row]:
    out = [dict(r) for r in rows]
    for row in lot.sample(out, int(share * len(out))):
        better = _get(row)
        _set(row, row["rejected"])
        row["rejected"] = better
    return out


# changes of the worker


def _masked(_: float) -> None:
    from trainer.data.encode import IGNORE
    from trainer.methods import sft

    inner = sft.answered

    def none_counts(*given: Any) -> Any:
        return inner(*given).map(lambda row: {"labels": [IGNORE] * len(row["labels"])})

    sft.answered = none_counts


def _after_build(change: Callable[[Any], None]) -> None:
    from trainer.methods import train

    inner = train.trainer_for

    def changed(setup: Any) -> Any:
        made = inner(setup)
        change(made)
        return made

    train.trainer_for = changed


def _frozen(_: float) -> None:
    def cut(made: Any) -> None:
        for weight in made.model.parameters():
            if weight.requires_grad:
                weight.register_hook(lambda g: g * 0)

    _after_build(cut)


def _overflowing(step: float) -> None:
    """Activations go through half precision on a scale that grows, as weights that grow make them do."""

    def narrow(made: Any) -> None:
        import torch

        calls = {"n": 0.0}

        def through_half(module: Any, _: Any, out: Any) -> Any:
            hidden = out[0] if isinstance(out, tuple) else out
            calls["n"] += module.training
            scale = 65504.0 / float(hidden.detach().abs().max()) * min(1.05, calls["n"] / step)
            passed = (hidden * scale).to(torch.float16).float() / scale
            return (passed, *out[1:]) if isinstance(out, tuple) else passed

        last = [m for name, m in made.model.named_modules() if name.rpartition(".")[2].isdigit()][-1]
        last.register_forward_hook(through_half)

    _after_build(narrow)


def _other_tokenizer(share: float) -> None:
    """A tokenizer of another model: its ids mean other words here."""
    from trainer.methods import sft

    inner = sft.answered

    def turned(examples: Any, plan: Any, ours: Any) -> Any:
        lot = random.Random(1)
        size = ours.backend.get_vocab_size()
        ids = list(range(size))
        moved = lot.sample(range(8, size), int(share * (size - 8)))
        for a, b in zip(moved, [*moved[1:], moved[0]], strict=True):
            ids[a] = b
        other = lambda n: ids[n] if n >= 0 else n  # noqa: E731
        return inner(examples, plan, ours).map(
            lambda row: {"input_ids": [other(n) for n in row["input_ids"]], "labels": [other(n) for n in row["labels"]]}
        )

    sft.answered = turned


def _constant(_: float) -> None:
    from trainer.methods import grpo

    def same(completions: list[Any], **__: Any) -> list[float]:
        return [1.0] * len(completions)

    grpo.scored = lambda _: [same]


def _stop_in_the_middle(_: float) -> None:
    """Ask the first session to stop in the middle; the second is let go."""
    from transformers import TrainerCallback

    from trainer import stopping

    class Ask(TrainerCallback):  # type: ignore[misc]
        def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.global_step == state.max_steps // 2:
                stopping._state.asked = True

    def add(made: Any) -> None:
        made.add_callback(Ask())

    _after_build(add)


# where it begins


def poisoned_rows(run: Run) -> set[int]:
    """The rows that `_poisoned` changed: their answers are eighty letters without a blank."""
    rows = _read(run.folder / "data" / "train.jsonl")
    return {r["row"] for r in rows if len(_get(r)) == 80 and " " not in _get(r)}


def _when_dealt(run: Run, _: float) -> int | None:
    """The first step that was made of a poisoned row."""
    bad = poisoned_rows(run)
    return next((s.step for s in read_steps(run.folder) if bad & set(s.rows)), None)


def _when_resumed(run: Run, _: float) -> int | None:
    return next((int(e["step"]) + 1 for e in run.events() if e["kind"] == "resumed"), None)


def _at_strength(_: Run, strength: float) -> int | None:
    return int(strength)


def _at_once(_: Run, __: float) -> int | None:
    return 1


FULL = {"tuning": "full"}
LORA = {"tuning": "lora"}
FAULTS: tuple[Fault, ...] = (
    Fault("rate far too high", INSTABLE, (50, 100, 20), plan=_rate, wishes=lambda _: FULL, onset=_no_onset),
    Fault("no warm-up", frozenset({"warmup_missing"}), (8, 4, 12), also=INSTABLE, plan=_no_warmup,
          wishes=lambda _: FULL, onset=_at_once),
    Fault("one poisoned batch", frozenset({"bad_batch"}), (8, 6, 4), plan=_in_order, rows=_poisoned,
          wishes=lambda _: {"num_train_epochs": 1.0}, tasks=("topic", "banking77", "reply"), onset=_when_dealt),
    Fault("label noise", frozenset(), (0.1, 0.2), rows=_shuffled, tasks=("topic", "reply"),
          also=TOO_LONG, unseen="hardest rows, see the share below"),
    Fault("sorted, not shuffled", frozenset({"data_order_sawtooth"}), (1, 2, 3), plan=_in_order, rows=_sorted,
          wishes=lambda _: {"num_train_epochs": 6.0}, tasks=("topic", "translate", "banking77")),
    Fault("leaked eval rows", frozenset({"data_leak"}), (1.0, 0.9), leak=1.0, also=TOO_LONG,
          wishes=lambda _: {"num_train_epochs": 8.0, "max_samples": 120}, tasks=("gsm8k", "translate", "reply")),
    Fault("masked labels", frozenset({"zero_loss_labels_masked", "nan_labels_masked"}), (1, 2), patch=_masked,
          onset=_at_once),
    Fault("frozen adapter", frozenset({"no_gradient_flow"}), (1, 2), patch=_frozen, wishes=lambda _: LORA,
          onset=_at_once),
    Fault("wrong tokenizer", frozenset({"loss_high_start_template"}), (1.0, 0.5), patch=_other_tokenizer,
          wishes=lambda _: LORA, also=frozenset({"underfitting"}), onset=_at_once),
    Fault("tiny max_length", frozenset({"truncated_data"}), (0.5, 0.6), plan=_short, tasks=("reply", "gsm8k"),
          onset=_at_once),
    Fault("fp16-like overflow", frozenset({"fp16_overflow_nan"}), (40, 60), patch=_overflowing,
          facts={"dtype": "fp16"}, onset=_at_strength),
    Fault("optimizer dropped", frozenset({"resume_without_optimizer"}), (1, 2), resumed=True,
          patch=_stop_in_the_middle, wishes=lambda _: FULL, onset=_when_resumed),
    Fault("too many epochs", TOO_LONG, (20, 30), plan=_endless, tasks=("gsm8k", "translate", "reply")),
    Fault("rate far too low", frozenset({"loss_flat_lr_too_low"}), (0.001, 0.0003), plan=_rate,
          also=frozenset({"underfitting"})),
    Fault("too few steps", frozenset({"underfitting"}), (24, 30), plan=_brief, tasks=("reply", "gsm8k")),
    Fault("wrong target modules", frozenset({"target_modules_wrong"}), (1, 2), plan=_one_layer,
          wishes=lambda _: LORA, also=frozenset({"underfitting"})),
    Fault("clipped to nothing", frozenset({"grad_clipping_always"}), (0.01, 0.05), plan=_clipped),
    Fault("DPO sides swapped", frozenset(), (1.0, 0.5), methods=("dpo",), rows=_swapped,
          unseen="the curve is the same with either side"),
    Fault("DPO rate far too high", DPO_WILD, (300, 100),
          methods=("dpo",), plan=_rate),
    Fault("DPO policy frozen", frozenset({"dpo_loss_stuck_0693"}), (1, 2), methods=("dpo",), patch=_frozen,
          wishes=lambda _: LORA, also=frozenset({"no_gradient_flow"})),
    Fault("constant GRPO reward", frozenset({"grpo_reward_flat"}), (1, 2), methods=("grpo",), patch=_constant),
)  # fmt: skip
