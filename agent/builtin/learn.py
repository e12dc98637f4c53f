"""Trains `weights.npz` from the lessons: python -m agent.builtin.learn (see `make brain`)."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from agent.builtin import facts, intents, reading
from agent.builtin.learned import (
    BUCKETS,
    HEAD_TEXT,
    WEIGHTS,
    Features,
    Vector,
    bucket,
    grams,
    intent_features,
    text_features,
)
from agent.situation import FileFact, Situation

LESSONS = Path(__file__).parent / "lessons"
SLOTS = ("symptom", "task", "topic")
_PLAN = {
    "method": "sft",
    "tuning": "lora",
    "learning_rate": 2e-4,
    "num_train_epochs": 2,
    "per_device_train_batch_size": 4,
    "gradient_accumulation_steps": 4,
    "max_length": 2048,
    "warmup_ratio": 0.03,
    "lr_scheduler_type": "linear",
    "lora_r": 16,
    "lora_alpha": 32,
    "packing": False,
    "seed": 42,
}
_RUN = {"run_id": "run-7", "step": 640, "max_steps": 1500}


_ANYWHERE = ("propose_plan", "advise", "inspect_data", "prepare_data", "refuse")
"""Wishes a person may have at any time: they are also learned in another state than they were written for."""
_STATES = ("no_plan", "plan_proposed", "running", "paused", "finished", "failed")


def elsewhere(material: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lessons, and those of any time once more in another state, drawn by their own hash."""
    more = [m for m in material if m["i"] in _ANYWHERE and m["s"] in ("no_plan", "finished")]
    return material + [m | {"s": _STATES[bucket(m["u"]) % len(_STATES)]} for m in more]


def lessons() -> list[dict[str, Any]]:
    """All utterances: u (words), s (state), i (intent), l (slots), g (language), f (files, if any)."""
    files = sorted(LESSONS.glob("*.jsonl"))
    return [json.loads(line) for f in files for line in f.read_text("utf-8").splitlines() if line.strip()]


def situation(lesson: dict[str, Any]) -> Situation:
    """A likely situation for a lesson's state."""
    state = lesson["s"]
    files = [FileFact(path=f[0], rows=2000, columns=f[1] if len(f) > 1 else []) for f in lesson.get("f", [])]
    if state == "no_plan":
        return Situation(state=state, files=files)
    files = files or [FileFact(path="data/train.jsonl", rows=6000, columns=["messages"])]
    run = {**_RUN, "status": state} if state in ("running", "paused", "finished", "failed") else None
    runs = [{"run_id": "run-5"}, {"run_id": "run-7"}] if state == "finished" else []
    return Situation(state=state, files=files, plan=_PLAN, run=run, runs=runs)


def idf_of(texts: list[str]) -> Vector:
    """How rare each bucket is; 0 for what was seen only once."""
    seen = Counter(b for t in texts for b in {bucket(g) for g in grams(t)})
    idf = np.zeros(BUCKETS, dtype=np.float32)
    for b, count in seen.items():
        if count > 1:
            idf[b] = np.log((len(texts) + 1) / (count + 1))
    return idf


def fit(rows: list[Features], answers: list[str], width: int) -> tuple[list[str], Vector, Vector]:
    """Classes, weights and bias of a multinomial logistic regression (C = 1)."""
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    where = [(i, k, v) for i, row in enumerate(rows) for k, v in row.items()]
    at, column, value = zip(*where, strict=True)
    model = LogisticRegression(C=1.0, max_iter=1000).fit(
        csr_matrix((value, (at, column)), shape=(len(rows), width)), answers
    )
    return [str(c) for c in model.classes_], model.coef_.astype(np.float32), model.intercept_.astype(np.float32)


def train(material: list[dict[str, Any]]) -> dict[str, Any]:
    """All arrays of the weights file."""
    material = elsewhere(material)
    read = [reading.read(m["u"], situation(m)) for m in material]
    found = [facts.collect(r) for r in read]
    scored = [intents.scores(f) for f in found]
    idf = idf_of([r.order for r in read])
    names = sorted({f for row in found for f in row}) + ["score:" + i for i in intents.ORDER]
    index = {n: i for i, n in enumerate(names)}
    arrays: dict[str, Any] = {"idf": idf.astype(np.float16), "names": np.array(names)}
    rows = [intent_features(r.order, f, s, idf, index) for r, f, s in zip(read, found, scored, strict=True)]
    _store(arrays, "intent", *fit(rows, [m["i"] for m in material], BUCKETS + len(names)))
    for slot in SLOTS:
        own = [(r, m["l"][slot]) for r, m in zip(read, material, strict=True) if slot in m["l"]]
        _store(
            arrays,
            slot,
            *fit([text_features(r.order, idf, HEAD_TEXT) for r, _ in own], [v for _, v in own], BUCKETS),
        )
    arrays["heads"] = np.array(["intent", *SLOTS])
    return arrays


def _store(arrays: dict[str, Any], name: str, classes: list[str], weights: Vector, bias: Vector) -> None:
    """Eight bits a weight: a 250th of the largest is finer than what the lessons can tell."""
    scale = np.float32(np.abs(weights).max() / 127)
    arrays |= {
        f"{name}.classes": np.array(classes),
        f"{name}.weights": np.round(weights / scale).astype(np.int8),
        f"{name}.scale": scale,
        f"{name}.bias": bias,
    }


def main() -> None:
    """Train on everything and write the file."""
    material = lessons()
    np.savez_compressed(WEIGHTS, **train(material))
    sys.stdout.write(f"{len(material)} lessons -> {WEIGHTS.name}, {WEIGHTS.stat().st_size / 1e6:.1f} MB\n")


if __name__ == "__main__":
    main()
