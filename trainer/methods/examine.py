"""The honest table of a finished run, in a process of its own: `python -m trainer.methods.examine RUN_FOLDER`.

Every contestant answers the same sealed rows, with the same template, limit and greedy decoding. Writes
examination.json: {status, phase, table, verdict, ...}.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np

from trainer import base_models
from trainer.data import tokenizer as tokenizers
from trainer.data.convert import Example
from trainer.data.encode import Encoded, encode
from trainer.data.spread import spread
from trainer.data.stored import examples_in
from trainer.diagnosis.failures.behaviour import behaviour
from trainer.evaluation import baselines, examination, memorised, micro, programs, prompting
from trainer.evaluation.calibration import calibration
from trainer.evaluation.contamination import contaminated
from trainer.evaluation.kinds import Kind, kind_of
from trainer.evaluation.prompting import Turns
from trainer.evaluation.scores import scored
from trainer.evaluation.slices import groups_in
from trainer.evaluation.table import PROMPTED, Name, Table, details, table
from trainer.evaluation.verdicts import verdict
from trainer.methods import answers
from trainer.methods.dataset import encoded
from trainer.methods.models import load_base, load_tokenizer, load_tuned, ready
from trainer.records import write_atomic
from trainer.runs import Run

LONGEST = 2048
"""Tokens that shown examples may fill at most, whatever the model's window."""
CONTINUED = 48
"""Tokens that are written on where personal data stood."""


class Examination:
    """One run's rows, its two models, and what each contestant said."""

    def __init__(self, run: Run) -> None:
        self.run, self.plan = run, run.effective_plan()
        self.base = Path(base_models.resolve(self.plan.base_model).path or "")
        self.train = examples_in(run.folder / "data" / "train.jsonl")
        run.event("holdout_read", by="examination")
        self.rows = spread(examples_in(run.sealed), self.plan.evaluation.generate_rows)
        self.labels = self.plan.data.format == "text_label"
        self.said: dict[Name, list[str]] = {}
        self.ended: dict[str, list[bool]] = {}
        self.done = 0

    @cached_property
    def kind(self) -> Kind:
        """What is asked for, told by the training answers."""
        rows = spread(self.train, 500)
        return kind_of([row.answer for row in rows], self.labels, [bool(programs.tests(row)) for row in self.rows])

    @cached_property
    def tokenizer(self) -> tokenizers.ChatTokenizer:
        """Ours, as in training."""
        return tokenizers.load(str(self.base)).with_tokens(self.plan.data.new_tokens)

    @cached_property
    def nearest(self) -> baselines.Nearest:
        """The training rows, by likeness of their question."""
        return baselines.Nearest(self.train)

    @cached_property
    def places(self) -> list[memorised.Place]:
        """Personal data in the training answers."""
        return memorised.places(self.train)

    def without_models(self) -> None:
        """What is simple: it takes seconds."""
        self._phase("the classical ways")
        if self.labels:
            self.said["classifier"] = baselines.classifier(self.train, self.rows)
        else:
            self.said["nearest"] = [like[0].answer for like in self.nearest.to(self.rows, 1)]
        self.said["constant"] = [baselines.constant(self.train, self.labels)] * len(self.rows)

    def asked(self, model: Any) -> dict[str, Any]:
        """The untrained model, asked in three ways; what else is needed of it."""
        instruction = prompting.instruction_for(self.kind, self.train)
        fits = self._fits(model)
        shown = prompting.few_shot(self.rows, self.nearest, fits)
        ways: dict[Name, list[Turns]] = {
            "zero_shot": prompting.zero_shot(self.rows),
            "few_shot": shown,
            "instructed": prompting.instructed(self.rows, instruction, fits),
        }
        for name, turns in ways.items():
            self.said[name] = self._write(model, turns, name)
        examples = [sum(t["role"] == "assistant" for t in turns) for turns in shown]
        return {"instruction": instruction, "examples": round(float(np.mean(examples)), 1), **self._inner(model)}

    def tuned(self, model: Any) -> dict[str, Any]:
        """The tuned model, asked as in training."""
        self.said["tuned"] = self._write(model, prompting.zero_shot(self.rows), "tuned")
        return {"confidence": self._confidence(model) if self.labels else None, **self._inner(model)}

    def _inner(self, model: Any) -> dict[str, Any]:
        """Losses of the small general test, and what is written where personal data stood."""
        self._phase("the small general test")
        chat = self.plan.data.format != "text"
        rows = micro.examples(chat)
        known = encoded(rows, self.plan, self.tokenizer)
        losses, _ = answers.losses(model, known, self._torch_tokenizer.pad_token_id)
        by_row = {row.row: loss for row, loss in zip(known, losses, strict=True)}
        prompts = [self.tokenizer.prompt_text(prompting.told(p.row)) + p.before.rstrip() for p in self.places]
        continued = answers.write(model, self._torch_tokenizer, prompts, CONTINUED) if prompts else []
        return {"micro": [by_row.get(i, float("inf")) for i in range(len(rows))], "continued": continued}

    @cached_property
    def _torch_tokenizer(self) -> Any:
        return load_tokenizer(self.base, self.plan)

    def _fits(self, model: Any) -> Any:
        window = min(int(getattr(model.config, "max_position_embeddings", LONGEST)), LONGEST)
        room = window - self.plan.evaluation.max_new_tokens
        return lambda turns: len(self.tokenizer.encode(self.tokenizer.prompt_text(turns)).ids) <= room

    def _write(self, model: Any, turns: Sequence[Turns], name: str) -> list[str]:
        prompts = [self.tokenizer.prompt_text(t) for t in turns]
        ended: list[bool] = []

        def tick(done: int) -> None:
            self._phase(f"{name.replace('_', ' ')}: {done} of {len(prompts)} answers written")

        most = self.plan.evaluation.max_new_tokens
        said = answers.write(model, self._torch_tokenizer, prompts, most, tick=tick, ended=ended)
        self.ended[name] = ended
        return said

    def _confidence(self, model: Any) -> list[float]:
        """The probability of each of its own answers, as a whole."""
        own = [Example(i, (*r.messages[:-1], ("assistant", a))) for i, (r, a) in enumerate(self._own())]
        rows: list[Encoded] = [encode(row, self.tokenizer, 1_000_000) for row in own]
        losses, tokens = answers.losses(model, rows, self._torch_tokenizer.pad_token_id)
        return [float(np.exp(-loss * count)) for loss, count in zip(losses, tokens, strict=True)]

    def _own(self) -> list[tuple[Example, str]]:
        return list(zip(self.rows, self.said["tuned"], strict=True))

    def _phase(self, words: str) -> None:
        examination.of(self.run).write(phase=words)


def examine(run: Run) -> dict[str, Any]:
    """Everything, and the document that is written."""
    one = Examination(run)
    one.without_models()
    plan = one.plan
    before = one.asked(ready(load_base(plan, one.base), plan))
    after = one.tuned(ready(load_tuned(plan, one.base, run.model), plan))
    leaked = contaminated(one.train, one.rows)
    found = table(one.kind, one.rows, one.said, leaked)
    write_atomic(run.folder / "answers.json", {"rows": [row.row for row in one.rows], "said": one.said})
    return {
        "table": found.model_dump(mode="json"),
        "verdict": verdict(found),
        "asked": {"instruction": before["instruction"], "examples": before["examples"]},
        "constant": one.said["constant"][0],
        "behaviour": behaviour(
            one.said["zero_shot"], one.said["tuned"], {"base": one.ended["zero_shot"], "tuned": one.ended["tuned"]}
        ),
        "lengths": {name: float(np.median([len(a) for a in said])) for name, said in one.said.items()},
        "general": micro.card(before["micro"], after["micro"]),
        "memorised": memorised.memorised(one.places, before["continued"], after["continued"]),
        "calibration": _calibration(one, after["confidence"]),
        **details(one.kind, one.rows, one.said["tuned"], one.said[_strongest(found)], groups_in(plan)),
    }


def _strongest(found: Table) -> Name:
    """The way of asking that came nearest to the tuned model."""
    ways = [line for line in found.lines if line.name in PROMPTED]
    return max(ways, key=lambda line: line.figure.value).name


def _calibration(one: Examination, confidence: list[float] | None) -> dict[str, Any] | None:
    if not confidence:
        return None
    right = scored(one.kind.metric, one.said["tuned"], [row.answer for row in one.rows])
    return calibration(np.array(confidence), right)


def main() -> int:
    """Entry."""
    run = Run(Path(sys.argv[1]))
    return examination.of(run).carried_out(lambda: examine(run))


if __name__ == "__main__":
    sys.exit(main())
