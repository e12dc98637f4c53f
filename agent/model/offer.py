"""Where runs find a language model as a judge. Light, because everything that starts a run imports it."""

from __future__ import annotations

import json
import os
import sys

COMMAND = "TUNESMITH_JUDGE"
"""Variable of the environment that `trainer/rewards/judge.py` reads: the command of a judge, as a JSON list."""


def offer_judge() -> None:
    """Put this agent's judge where runs started from here look for one, unless the person named one of their own."""
    os.environ.setdefault(COMMAND, json.dumps([sys.executable, "-m", "agent.model.judge"]))
