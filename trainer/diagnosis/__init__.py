"""Rules over a recorded training history: what happened, shown by evidence."""

import numpy as np

from trainer.diagnosis.catalogue import Sign, build, proof
from trainer.diagnosis.finding import Evidence, Finding
from trainer.diagnosis.history import History
from trainer.diagnosis.rules import RULES, unexplained
from trainer.diagnosis.stats import clean, head, tail

__all__ = ["Evidence", "Finding", "History", "diagnose"]

_RANK = {"critical": 0, "warn": 1, "info": 2}


def diagnose(history: History) -> list[Finding]:
    """All findings, the gravest and surest first; a single `healthy` one if nothing is wrong."""
    with np.errstate(all="ignore"):
        found = [finding for rule in RULES if (finding := rule(history)) is not None]
        kept = unexplained(found)
        if not kept:
            return [_healthy(history)]
    return sorted(kept, key=lambda f: (_RANK[f.severity], -f.confidence, f.label))


def _healthy(history: History) -> Finding:
    loss = clean(history.loss)
    _, evals = history.evals.finite("eval_loss")
    evidence = []
    if len(loss):
        span = (float(history.steps[0]), float(history.steps[-1]))
        evidence.append(proof("loss at the end", tail(loss, 0.1), head(loss), span))
    if len(evals):
        evidence.append(proof("eval loss at the end", float(evals[-1]), float(evals[0])))
    signs = [
        Sign("no rule found anything", True, 2.0),
        Sign("enough logs to judge", len(loss) >= 20),
        Sign("an eval loss", True if len(evals) >= 2 else None),
        Sign("a plan to compare with", True if history.plan else None),
    ]
    return build("healthy", signs=signs, evidence=evidence)
