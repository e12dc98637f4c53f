"""The state of a data set in two sentences, and the three things to fix first."""

from __future__ import annotations

import math
from collections.abc import Sequence

from trainer.data.doctor.words import counted, table
from trainer.facts import DataFinding

FIRST = 3


def harm(finding: DataFinding, rows: int) -> float:
    """How much a finding spoils: the rule's weight, more for more rows; a blocker before all."""
    share = min(1.0, finding.count / max(1, rows))
    weight = float(table()[finding.rule]["weight"])
    return weight * (0.3 + math.sqrt(share)) * (100 if finding.severity == "blocker" else 1)


def fix_first(findings: Sequence[DataFinding], rows: int) -> tuple[DataFinding, ...]:
    """The gravest findings that something can be done about; notes only where there are too few warnings."""
    grave = [f for f in findings if (f.severity != "info" or f.step) and table()[f.rule]["weight"] > 0]
    return tuple(sorted(grave, key=lambda f: (f.severity == "info", -harm(f, rows)))[:FIRST])


def quality(findings: Sequence[DataFinding], rows: int) -> str:
    """The state in plain words."""
    if any(f.severity == "blocker" for f in findings):
        return "Not usable as it is: see the first point."
    warned = [f for f in findings if f.severity == "warn"]
    if not warned:
        return f"In good order: {counted(rows)}, nothing that must be mended."
    touched = max((f.count for f in warned if f.rows), default=0)
    share = 100 * min(1.0, touched / max(1, rows))
    state = "Usable" if share < 20 else "Usable with care"
    kinds = f"{len(warned)} kind{'s' * (len(warned) != 1)} of trouble"
    if not touched:
        return f"{state}: {kinds}."
    return f"{state}: {kinds}, the most frequent in {'under 1' if share < 1 else f'{share:.0f}'} % of the rows."
