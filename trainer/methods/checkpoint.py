"""One checkpoint of a run answers the sealed rows: `python -m trainer.methods.checkpoint RUN_FOLDER STEP`.

With the run's own questions, template, limit and greedy decoding; so its answers stand beside the result's.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from trainer import base_models
from trainer.data.stored import examples_in
from trainer.evaluation.sides import Side, document
from trainer.methods.measure import Sheet, written
from trainer.methods.models import load_tokenizer, load_tuned, ready
from trainer.runs import Run


def answered(side: Side) -> dict[str, Any]:
    """The document of the checkpoint's answers."""
    run, plan = side.run, side.run.effective_plan()
    base = Path(base_models.resolve(plan.base_model).path or "")
    run.event("holdout_read", by=f"checkpoint {side.step}")

    def tick(done: int, of: int) -> None:
        side.aside.write(phase=f"{done} of {of} answers written")

    sheet = Sheet(plan, base, examples_in(run.sealed), tick=tick)
    model = ready(load_tuned(plan, base, side.folder), plan)
    return document(side, [row.row for row in sheet.chosen], written(sheet, model, load_tokenizer(base, plan), []))


def main() -> int:
    """Entry."""
    side = Side(Run(Path(sys.argv[1])), int(sys.argv[2]))
    return side.aside.carried_out(lambda: answered(side))


if __name__ == "__main__":
    sys.exit(main())
