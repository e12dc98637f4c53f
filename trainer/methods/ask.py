"""One question for a run's model: `python -m trainer.methods.ask RUN_FOLDER` with JSON on stdin."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from trainer import base_models
from trainer.data import tokenizer as tokenizers
from trainer.data.convert import Example
from trainer.methods import answers
from trainer.methods.measure import prompt_of
from trainer.methods.models import load_tokenizer, load_tuned
from trainer.runs import Run


def main() -> None:
    """Read the request, write {"answer": ...}."""
    run, request = Run(Path(sys.argv[1])), json.load(sys.stdin)
    plan = run.plan()
    base = Path(base_models.resolve(plan.base_model).path or "")
    model = load_tuned(plan, base, run.model).eval()
    model.set_attn_implementation("sdpa")
    prompt, tokenizer = request["prompt"], load_tokenizer(base, plan)
    if plan.data.format != "text":
        ours = tokenizers.load(str(base)).with_tokens(plan.data.new_tokens)
        prompt = prompt_of(Example(0, (("user", prompt), ("assistant", ""))), ours)
    said = answers.write(model, tokenizer, [prompt], request["max_new_tokens"], request["temperature"])
    json.dump({"answer": said[0]}, sys.stdout)


if __name__ == "__main__":
    main()
