"""Does it know when it knows? How sure the model was of its labels, beside how often it was right."""

from __future__ import annotations

from typing import Any

import numpy as np

from trainer.metrics import Scores

BINS = 10


def calibration(confidence: Scores, right: Scores) -> dict[str, Any]:
    """Expected calibration error over bins of equally many rows (adaptive ECE: Nguyen and O'Connor 2015), and the bins.

    `confidence`: the probability that the model gave the whole of its own answer, 0 to 1.
    """
    order = np.argsort(confidence, kind="stable")
    parts = [part for part in np.array_split(order, min(BINS, max(1, len(order) // 5))) if len(part)]
    bins = [{"sure": float(confidence[p].mean()), "right": float(right[p].mean()), "rows": len(p)} for p in parts]
    off = [b["rows"] * abs(b["sure"] - b["right"]) for b in bins]
    return {
        "error": round(float(sum(off)) / len(order), 4),
        "sure": round(float(confidence.mean()), 4),
        "right": round(float(right.mean()), 4),
        "bins": [{k: round(v, 4) for k, v in b.items()} for b in bins],
    }
