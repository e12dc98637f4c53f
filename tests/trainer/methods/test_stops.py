"""A tuned model must learn to stop: the end token is trained, also beside new tokens and behind an adapter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.methods import data
from tests.trainer.lab import made
from tests.trainer.methods.support import setup


@pytest.mark.parametrize(
    "wishes",
    [{"tuning": "full", "learning_rate": 2e-3}, {"tuning": "lora", "learning_rate": 1e-2, "new_tokens": ["<order>"]}],
    ids=["full", "lora with a new token"],
)
def test_it_stops_by_itself(wishes: dict[str, Any], home: Path, tmp_path: Path) -> None:
    import torch

    from trainer.methods.build import trainer_for
    from trainer.methods.measure import prompt_of

    shape = {"max_steps": 40, "per_device_train_batch_size": 8, "max_length": 128}
    plan = made(data(tmp_path, "sft"), "stops", method="sft", **shape, **wishes).plan()
    one = setup(plan, tmp_path, wishes.get("new_tokens"))
    trainer = trainer_for(one)
    trainer.train()
    model, end = trainer.model.eval(), one.ours.id_of(one.ours.eos)
    model.set_attn_implementation("sdpa")
    stopped = 0
    for example in one.train[:4]:
        ids = torch.tensor([one.ours.encode(prompt_of(example, one.ours)).ids])
        said = model.generate(input_ids=ids, max_new_tokens=120, do_sample=False, eos_token_id=end, pad_token_id=0)
        stopped += int(said[0, -1] == end)
    assert stopped >= 3


def test_a_template_that_ends_no_turn_is_told(home: Path, tmp_path: Path) -> None:
    from dataclasses import replace

    from trainer import checks
    from trainer.data.convert import Example
    from trainer.data.proof import prove
    from trainer.data.split import Split
    from trainer.data.tokenizer import load
    from trainer.paths import BUILTIN_MODEL

    plan = made(data(tmp_path, "sft"), "told", method="sft").plan()
    endless = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
    ours = replace(load(str(BUILTIN_MODEL)), template=endless)
    rows = [Example(i, (("user", f"q{i}"), ("assistant", f"a{i}"))) for i in range(9)]
    proof = prove(Split(rows[:5], rows[5:7], rows[7:]), ours, plan)
    assert "eos_not_trained" in {f.rule for f in checks._proof(proof)}
