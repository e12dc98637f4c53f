"""Reads what lies beside the data and decides: the teacher, the files a wish names, programs that are installed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from trainer import base_models, retention
from trainer.data.convert import Example
from trainer.data.sources import fingerprint
from trainer.errors import UserFacingError
from trainer.facts import Beside, ModelFacts
from trainer.wishes import Wishes

OPTIONAL = ("flash_attn", "liger_kernel", "deepspeed", "ray")
LOOKED_AT = 500
"""Answers that are looked at to see what they are."""
NUMBERS = 0.95
"""Share of answers that must be numbers for a number to be what is asked for."""
_NUMBER = re.compile(r"[-+]?[$€£]?\s?\d[\d,. ]*\s?%?")
_GSM8K = re.compile(r"####\s*[-+]?[$€£]?\s?\d[\d,.]*\s*$")


def read(wishes: Wishes, model: ModelFacts, examples: Sequence[Example]) -> Beside:
    """All of it. Raises UserFacingError for a file or a model that is not there."""
    teacher = base_models.resolve(wishes.teacher_model) if wishes.teacher_model else None
    named = {"reward_file": wishes.reward_file, "retention_path": wishes.retention_path}
    fingerprints = {wish: _fingerprint(wish, path) for wish, path in named.items() if path}
    form, general = retention.looked_at(wishes.retention_path) if wishes.retention_path else ("", 0)
    return Beside(
        teacher=teacher,
        same_tokenizer=same_tokenizer(teacher, model) if teacher else None,
        fingerprints=fingerprints,
        paths={wish: str(Path(path).expanduser().resolve()) for wish, path in named.items() if path},
        general_format=form,
        general_rows=retention.available(general),
        answers=kind_of_answers(examples),
        verdicts=(sum(e.good is True for e in examples), sum(e.good is False for e in examples)),
        installed=tuple(name for name in OPTIONAL if find_spec(name) is not None),
    )


def _fingerprint(wish: str, name: str) -> str:
    path = Path(name).expanduser()
    if not path.exists():
        raise UserFacingError(f"the {wish} is not there", str(path), "Check the path, or leave it away.")
    return fingerprint(path)


def same_tokenizer(teacher: ModelFacts, student: ModelFacts) -> bool | None:
    """Whether both cut text alike: by the bytes of tokenizer.json, None while one of the folders is not here."""
    if teacher.path is None or student.path is None:
        return None
    return _digest(teacher.path) == _digest(student.path)


def _digest(folder: str) -> str:
    with (Path(folder) / "tokenizer.json").open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def kind_of_answers(examples: Sequence[Example]) -> Literal["", "number"]:
    """number where nearly all answers are one, or end with GSM8K's '#### n'."""
    answers = [e.answer.strip() for e in examples[:LOOKED_AT] if e.messages and not e.fault]
    if not answers:
        return ""
    hits = sum(bool(_NUMBER.fullmatch(a) or _GSM8K.search(a)) for a in answers)
    return "number" if hits >= NUMBERS * len(answers) else ""
