"""After the training: tuned against untuned on the sealed hold-out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trainer import metrics
from trainer.data import tokenizer as tokenizers
from trainer.data.convert import Example
from trainer.data.encode import Encoded
from trainer.data.spread import spread
from trainer.methods import answers
from trainer.methods.dataset import encoded, examples_in
from trainer.methods.models import load_base, load_tokenizer, load_tuned
from trainer.plan import Plan
from trainer.records import write_atomic
from trainer.runs import Run
from trainer.verdict import verdict

SAMPLES = 3


@dataclass(frozen=True)
class Measured:
    """One model's losses and answers on the hold-out."""

    losses: metrics.Scores
    tokens: metrics.Scores
    answers: list[str]


def judge_run(run: Run, plan: Plan, base: Path) -> dict[str, Any]:
    """Measure both models on the same rows in the same way; write result.json."""
    run.event("holdout_read", by="evaluation")
    sealed = examples_in(run.sealed)
    chosen = spread(sealed, plan.evaluation.generate_rows) if plan.evaluation.metric != "perplexity" else []
    rows = encoded(sealed, plan, base)
    model = load_base(plan, base)
    before = _measure(run, "untuned", model, plan, base, rows, chosen)
    del model
    after = _measure(run, "tuned", load_tuned(plan, base, run.model), plan, base, rows, chosen)
    result = _compare(plan, before, after, chosen, rows)
    write_atomic(run.folder / "result.json", result)
    run.event("result", **result["verdict"])
    return result


def _measure(
    run: Run,
    name: str,
    model: Any,
    plan: Plan,
    base: Path,
    rows: list[Encoded],
    chosen: list[Example],
) -> Measured:
    model.eval()
    if plan.compute.device == "cuda":
        model.to("cuda")
    model.set_attn_implementation("sdpa")
    tokenizer = load_tokenizer(base)
    loss, tokens = answers.losses(model, rows, tokenizer.pad_token_id)
    prompts = [prompt_of(e, base) for e in chosen]

    def tick(done: int) -> None:
        run.set_status("evaluating", phase=f"{name} model: {done} of {len(prompts)} answers")

    said = answers.write(model, tokenizer, prompts, plan.evaluation.max_new_tokens, tick=tick)
    return Measured(np.array(loss), np.array(tokens, dtype=float), said)


def prompt_of(example: Example, base: Path) -> str:
    """The conversation up to the last answer, rendered as in training."""
    tokenizer = tokenizers.load(str(base))
    turns = [{"role": r, "content": c} for r, c in example.messages[:-1]]
    return tokenizer.prompt_text(turns)


def _compare(
    plan: Plan, before: Measured, after: Measured, chosen: list[Example], rows: list[Encoded]
) -> dict[str, Any]:
    metric = plan.evaluation.metric
    references = [e.answer for e in chosen]
    result = _figures(metric, before, after, references)
    result |= {
        "metric": metric,
        "rows": len(references) or len(rows),
        "loss": {
            "base": metrics.mean_interval(before.losses).model_dump(),
            "tuned": metrics.mean_interval(after.losses).model_dump(),
        },
        "samples": _samples(chosen, before.answers, after.answers),
    }
    result["verdict"] = verdict(metric, result)
    return result


def _figures(metric: str, before: Measured, after: Measured, references: list[str]) -> dict[str, Any]:
    if metric == "perplexity":
        pair = {n: metrics.perplexity(m.losses, m.tokens) for n, m in (("base", before), ("tuned", after))}
        gap = metrics.bootstrap(len(before.losses), lambda r: _perplexity(after, r) - _perplexity(before, r))
        return {n: v.model_dump() for n, v in (pair | {"difference": gap}).items()}
    score, interval = (
        (metrics.exact, metrics.proportion) if metric == "accuracy" else (metrics.chrf, metrics.mean_interval)
    )
    b, a = score(before.answers, references), score(after.answers, references)
    out = {
        "base": interval(b),
        "tuned": interval(a),
        "difference": metrics.difference(a, b),
    }
    return {n: v.model_dump() for n, v in out.items()} | {"also": _also(metric, before, after, references)}


def _perplexity(measured: Measured, rows: Any) -> float:
    return float(np.exp((measured.losses * measured.tokens)[rows].sum() / measured.tokens[rows].sum()))


def _also(metric: str, before: Measured, after: Measured, references: list[str]) -> dict[str, Any]:
    pair = (("base", before.answers), ("tuned", after.answers))
    if metric == "accuracy":
        return {"macro_f1": {n: metrics.macro_f1(a, references).model_dump() for n, a in pair}}
    return {"rouge_l": {n: metrics.mean_interval(metrics.rouge_l(a, references)).model_dump() for n, a in pair}}


def _samples(chosen: list[Example], before: list[str], after: list[str]) -> list[dict[str, Any]]:
    """Rows spread over the hold-out, not picked by how well they came out."""
    where = [round(i * (len(chosen) - 1) / max(SAMPLES - 1, 1)) for i in range(SAMPLES)] if chosen else []
    return [
        {
            "row": chosen[i].row,
            "prompt": chosen[i].prompt,
            "reference": chosen[i].answer,
            "base": before[i],
            "tuned": after[i],
        }
        for i in dict.fromkeys(where)
    ]
