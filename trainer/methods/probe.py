"""A few real steps of a plan, measured: `python -m trainer.methods.probe REQUEST ANSWER`.

The request holds the plan and a time limit. The trainer is the run's own; rows are read and divided as the
worker does it. The sealed rows are not looked at: the test's figures come from validation rows.
"""

from __future__ import annotations

import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import json
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil

from trainer import base_models
from trainer.data.convert import Example
from trainer.data.profile import rows_only
from trainer.data.split import Split
from trainer.data.spread import spread
from trainer.errors import UserFacingError
from trainer.estimates.samples import Sample, drawn
from trainer.installed import check_signatures
from trainer.methods.held import held_gb
from trainer.plan import Plan
from trainer.proposal import ROLE_FIELDS, divided, examples_of, suited
from trainer.records import write_atomic

WARM, LONG, USUAL = 1, 2, 5
"""Steps of each kind: the first is thrown away, then the heaviest batches, then ordinary ones."""
SHORT_ANSWER = 12
"""Tokens of a first look at how fast answers are written."""
TEST_ROWS = 32
"""Rows whose losses the test computes at once, at the most (trainer.methods.answers)."""


def rows_of(plan: Plan) -> Split:
    """The plan's rows, as its worker will read them."""
    prefer = "label" if plan.data.format == "text_label" else None
    wanted = {r: c for r, c in plan.data.roles.items() if r in ROLE_FIELDS}
    found = rows_only(Path(plan.data.dataset_path), wanted, prefer)
    return divided(suited(examples_of(found, plan), plan), plan.data, plan.schedule.seed)


def short_plan(plan: Plan, steps: int) -> Plan:
    """The same plan for a few steps over rows in the order given."""
    document = plan.model_dump(mode="json")
    accumulation = plan.schedule.gradient_accumulation_steps
    document["schedule"] |= {
        "max_steps": steps,
        "train_sampling_strategy": "sequential",
        "gradient_accumulation_steps": accumulation if plan.online else min(2, accumulation),
    }
    document["evaluation"] |= {"eval_steps": steps, "early_stopping_patience": None}
    return Plan.model_validate(document)


class Probing:
    """One probe: the figures as they come."""

    def __init__(self, plan: Plan, folder: Path, limit: float, total_steps: int) -> None:
        self.plan, self.folder, self.limit, self.total = plan, folder, limit, total_steps
        self.began = psutil.Process().create_time()
        self.found: dict[str, Any] = {"notes": []}
        self.base = Path(base_models.resolve(plan.base_model).path or "")

    def left(self) -> float:
        """Seconds that may still be used."""
        return self.limit - (time.time() - self.began)

    def run(self) -> dict[str, Any]:
        """Everything, in the order of a run."""
        from trainer.methods.build import MODULES

        check_signatures(self.plan)
        parts = rows_of(self.plan)
        short = short_plan(self.plan, WARM + LONG + USUAL)
        sample = drawn(parts.train, short, self.total, (WARM, LONG, USUAL))
        watched = spread(parts.val, max(4 * short.schedule.per_device_train_batch_size, 16))
        for name in ("train", MODULES[self.plan.method.method]):
            import_module(f"trainer.methods.{name}")
        self.found["process_gb"] = held_gb(self.plan)
        self._encoding(sample, len(parts.train) + len(parts.val))
        self._train(short, sample, watched)
        self._test(*self._test_rows(parts, sample))
        self.found["peak_gb"] = held_gb(self.plan)
        return self.found

    def _test_rows(self, parts: Split, sample: Sample) -> tuple[list[Example], list[Example]]:
        """As many ordinary and as many long rows as the test will hold at once; none of them is sealed."""
        held = max(1, len(parts.holdout))
        if self.plan.data.format == "text":
            return parts.train[:held], parts.train[:held]
        return spread([*parts.val, *sample.rows], min(held, 64)), sample.heaviest[: min(held, TEST_ROWS)]

    def _encoding(self, sample: Sample, rows: int) -> None:
        """Seconds to make tokens of the rows that the probe leaves out."""
        from trainer.data import tokenizer as tokenizers

        tokenizer = tokenizers.load(str(self.base))
        began = time.perf_counter()
        for example in sample.rows:
            tokenizer.encode(" ".join(content for _, content in example.messages) or example.text)
        each = (time.perf_counter() - began) / max(1, len(sample.rows))
        # the tokens, their masks and the data set: about twice the bare tokens
        self.found["encode_seconds"] = 2.5 * each * max(0, rows - len(sample.rows))
        self.found["rows_left_out"] = max(0, rows - len(sample.rows))

    def _train(self, short: Plan, sample: Sample, watched: list[Example]) -> None:
        from transformers import set_seed

        from trainer.methods.build import trainer_for
        from trainer.methods.clock import Clock
        from trainer.methods.saving import keep_model, kept
        from trainer.methods.setup import Setup

        set_seed(self.plan.schedule.seed)
        clock = Clock(self.began, self.limit * 0.75)
        setup = Setup(short, self.base, sample.rows, watched, self.folder / "checkpoints", self.total, [clock])
        trainer = kept(trainer_for(setup))
        clock.watch(trainer)
        trainer.train()
        trained = time.time()
        self.found |= clock.figures(WARM, LONG, len(watched), short.schedule.gradient_accumulation_steps)
        keep_model(trainer, self.folder / "model")
        self.found["finish_seconds"] = time.time() - trained + clock.after_last(trained)
        saved = sorted((self.folder / "checkpoints").glob("checkpoint-*"))
        self.found["checkpoint_bytes"] = _bytes(saved[-1]) if saved else 0
        self.found["train_gb"] = held_gb(self.plan)
        self.trainer = trainer  # it lives through the test, as in a run

    def _test(self, rows: list[Example], heaviest: list[Example]) -> None:
        """The test on the hold-out, with other rows: losses and answers of the untuned model."""
        from trainer.methods.models import load_base, load_tuned

        if self.left() < 2:
            self.found["notes"].append("no time was left for the test's figures")
            return
        began = time.time()
        load_tuned(self.plan, self.base, self.folder / "model")
        model = load_base(self.plan, self.base)
        self.found["load_seconds"] = (time.time() - began) / 2
        self._measured(model, heaviest, 1)
        first = self._measured(model, rows, min(SHORT_ANSWER, self.plan.evaluation.max_new_tokens))
        self.found |= first
        most = self.plan.evaluation.max_new_tokens
        unfinished = first.get("calls", 0) >= SHORT_ANSWER
        if unfinished and most > SHORT_ANSWER and most * first["call_seconds"] < self.left():
            self.found |= self._measured(model, rows, most)
        elif unfinished:
            self.found["calls"] = most

    def _measured(self, model: Any, rows: list[Example], most: int) -> dict[str, Any]:
        from trainer.methods.clock import Calls
        from trainer.methods.measure import Sheet, measure

        document = self.plan.model_dump(mode="json")
        document["evaluation"]["max_new_tokens"] = most
        sheet = Sheet(Plan.model_validate(document), self.base, rows)
        calls = Calls(model)
        began = time.time()
        seen = measure(sheet, model)
        took = time.time() - began
        calls.remove()
        self._compared(sheet, seen)
        found = {"test_seconds_per_row": max(0.0, took - calls.seconds) / max(1, len(rows))}
        if calls.count:
            answered = len(sheet.chosen)
            found |= {"call_seconds": calls.seconds / calls.count, "calls": calls.count, "answered": answered}
        return found

    def _compared(self, sheet: Any, seen: Any) -> None:
        """Scores and intervals of both models; the first time brings the metrics' own imports."""
        if sheet.plan.evaluation.metric == "reward" or "score_seconds" in self.found:
            return
        began = time.time()
        judge = import_module("trainer.methods.judge")
        judge.compare(sheet.plan.evaluation.metric, seen, seen, sheet.chosen, len(sheet.sealed))
        self.found["score_seconds"] = time.time() - began


def _bytes(folder: Path) -> int:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def main() -> int:
    """Read the request, write the figures."""
    request = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    answer, folder = Path(sys.argv[2]), Path(sys.argv[1]).parent
    plan = Plan.model_validate(request["plan"])
    try:
        found = Probing(plan, folder, float(request["limit"]), int(request["total_steps"])).run()
    except UserFacingError as error:
        write_atomic(answer, {"problem": error.sentence()})
        return 2
    write_atomic(answer, found | {"ended": time.time()})
    return 0


if __name__ == "__main__":
    sys.exit(main())
