"""The process that the supervisor starts for a run that is trained elsewhere: `python -m trainer.backends RUN`."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from trainer.runs import Run


def main() -> int:
    """Drive the run on its plan's backend to its end."""
    run = Run(Path(sys.argv[1]))
    plan = run.effective_plan()
    backend = import_module(f"trainer.backends.{plan.compute.backend}")
    return int(backend.drive(run, plan, resume="resume" in sys.argv[2:]))


if __name__ == "__main__":
    sys.exit(main())
