"""Probes that were made before, kept by machine, model and shape in the home's `probes` folder."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path

from trainer.estimates.counts import longest, mean_tokens
from trainer.estimates.probed import Probe
from trainer.facts import Facts
from trainer.paths import home
from trainer.plan import Plan
from trainer.records import read_json, write_atomic

VERSION = 1
"""Of the figures' meaning: another one makes kept probes worthless."""


def known(plan: Plan, facts: Facts) -> Probe | None:
    """The figures kept for a plan of this shape on this machine, if there are any."""
    found = read_json(_file(plan, facts))
    return Probe.model_validate(found["probe"]) if found.get("version") == VERSION else None


def keep(plan: Plan, facts: Facts, probe: Probe) -> None:
    """Keep the figures for all plans of this shape."""
    file = _file(plan, facts)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(file, {"version": VERSION, "probe": probe.model_dump(mode="json")})


def _file(plan: Plan, facts: Facts) -> Path:
    model = hashlib.sha256(facts.model.fingerprint.encode()).hexdigest()[:16]
    return home() / "probes" / f"{facts.machine.fingerprint or 'unknown'}-{model}-{shape_of(plan, facts)}.json"


def shape_of(plan: Plan, facts: Facts) -> str:
    """Digest of what decides the figures; lengths by classes of about a fifth."""
    lengths = [round(5 * math.log2(max(1.0, n))) for n in (longest(plan, facts), mean_tokens(plan, facts))]
    s, o, e = plan.schedule, plan.optimisation, plan.evaluation
    parts = [
        plan.method.model_dump(mode="json"),
        plan.adapter.model_dump(mode="json"),
        [s.per_device_train_batch_size, min(2, s.gradient_accumulation_steps), s.train_sampling_strategy],
        [s.max_length, o.optim, bool(o.neftune_noise_alpha), len(plan.data.new_tokens), plan.data.format],
        [e.metric, min(64, e.generate_rows), e.max_new_tokens, e.load_best_model_at_end],
        plan.compute.model_dump(mode="json", exclude={"backend", "address", "num_nodes"}),
        lengths,
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
