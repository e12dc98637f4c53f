"""A person's own file as a reward: `def reward(completion: str, **columns) -> float`.

It is code that the person wrote, saw again before approving, and approved by its hash; it runs with their rights, in a
process of its own so that what breaks there breaks nothing here. It is not the sandbox of `unit_tests`.
"""

from __future__ import annotations

import ast
import hashlib
import math
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from trainer.errors import UserFacingError
from trainer.plan.methods import Reward
from trainer.rewards.answers import Answer
from trainer.rewards.helper import Helper, HelperLost, Row

SECONDS = 10.0
"""Longest for one answer."""
STARTING = 60.0
"""Longest for loading the file, whatever it imports."""
SHOWN = 20_000
"""Characters of the file on the approval card."""
WORKER = Path(__file__).with_name("custom_worker.py")
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)
Told = Callable[[str], None]


def custom(reward: Reward, told: Told) -> Callable[[Sequence[Answer]], list[float | None]]:
    """What the file's function returns, as it is; None where it fails, takes over 10 s or gives no finite number.

    It is called as `reward(completion, prompt=..., reference=..., row=..., **further columns)`. Raises UserFacingError
    when the file is not the one that was approved.
    """
    name = Path(reward.file or "").name
    hello = {"source": _approved(reward), "name": name}
    helper = Helper([sys.executable, str(WORKER)], hello, _environment(), STARTING)

    def scores(answers: Sequence[Answer]) -> list[float | None]:
        return [_score(helper, answer, told) for answer in answers]

    return scores


def _score(helper: Helper, answer: Answer, told: Told) -> float | None:
    columns = {**answer.columns, "prompt": answer.prompt, "reference": answer.reference, "row": answer.row}
    columns.pop("completion", None)
    try:
        reply: Row = helper.ask([{"completion": answer.text, "columns": columns}], SECONDS).get(0, {})
    except HelperLost as error:
        told(str(error))
        return None
    score = reply.get("score")
    if isinstance(score, int | float) and math.isfinite(score):
        return float(score)
    told(str(reply.get("fault") or f"it gave {score}, not a finite number"))
    return None


def source(reward: Reward) -> bytes:
    """The file as it lies there. Raises UserFacingError."""
    try:
        return Path(reward.file or "").read_bytes()
    except OSError as error:
        fix = "Name a Python file with `def reward(completion, **columns) -> float`."
        raise UserFacingError(f"can't be read ({error.strerror})", str(reward.file), fix) from error


def fingerprint(file: Path) -> str:
    """SHA-256 of a file, as an approval holds it."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _approved(reward: Reward) -> str:
    """The text whose hash was approved: what is checked is what runs."""
    content = source(reward)
    if hashlib.sha256(content).hexdigest() != reward.fingerprint:
        raise UserFacingError(
            "is not the file that was approved" if reward.fingerprint else "was never shown for approval",
            str(reward.file),
            "Ask for the plan again, read the file on the card, and approve it.",
        )
    return content.decode("utf-8", "replace")


def shown(reward: Reward) -> str:
    """The file's text for the approval card, its first 20,000 characters with a note where there are more."""
    text = source(reward).decode("utf-8", "replace")
    if len(text) <= SHOWN:
        return text
    return f"{text[:SHOWN]}\n[... {len(text) - SHOWN:,} more characters: read the rest in the file before you approve]"


def wrong(reward: Reward) -> str | None:
    """What is wrong with the file, if anything. It is read, not run."""
    try:
        tree = ast.parse(source(reward))
    except UserFacingError as error:
        return error.sentence()
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        return f"{reward.file} is no Python: {getattr(error, 'msg', error)}" + (f" (line {line})" if line else "")
    function = next((n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "reward"), None)
    if function is None:
        return f"{reward.file} has no `def reward(completion, **columns) -> float` at its top"
    if function.args.kwarg is None:
        return f"reward in {reward.file} must take **columns (prompt, reference and the row's further columns)"
    return None


def _environment() -> dict[str, str]:
    """This environment without anything that looks like a key."""
    return {k: v for k, v in os.environ.items() if not _SECRET.search(k)}
