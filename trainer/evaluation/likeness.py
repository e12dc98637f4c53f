"""How alike two answers are in meaning: by a sentence embedding model of the person's own, where one is at hand.

Nothing is fetched: `TUNESMITH_EMBEDDER` names a folder in the format of sentence-transformers.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from trainer.errors import UserFacingError
from trainer.metrics import Scores

FOLDER = "TUNESMITH_EMBEDDER"


def embedder() -> str | None:
    """The folder that was named; None where none is. Raises UserFacingError where it can't be used."""
    named = os.environ.get(FOLDER, "").strip()
    if not named:
        return None
    if find_spec("sentence_transformers") is None:
        raise UserFacingError(
            "the package sentence-transformers is missing", FOLDER, "pip install 'tunesmith[similarity]', or unset it."
        )
    if not (Path(named) / "modules.json").is_file() or not list(Path(named).rglob("*.safetensors")):
        raise UserFacingError(
            f"{named} is no sentence embedding model (modules.json and safetensors)", FOLDER, "Name its folder."
        )
    return named


def similarity(answers: Sequence[str], references: Sequence[str]) -> Scores:
    """Cosine of the embeddings, 0 (unlike or opposite) to 100; an empty answer is like nothing."""
    said, right = (_embedded(tuple(texts)) for texts in (answers, references))
    cosine = np.clip((said * right).sum(axis=1), 0.0, 1.0)
    return np.where([bool(a.strip()) for a in answers], 100 * cosine, 0.0)


@cache
def _model(folder: str) -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(
        folder, device="cpu", local_files_only=True, trust_remote_code=False, model_kwargs={"use_safetensors": True}
    )


@cache
def _embedded(texts: tuple[str, ...]) -> Any:
    """[texts, width], each of length 1."""
    folder = embedder()
    assert folder is not None, "similarity is only among the figures where there is a model for it"
    return _model(folder).encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
