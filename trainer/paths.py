"""Where Tunesmith writes, and which files it may read."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import platformdirs

from trainer.errors import UserFacingError

BUILTIN = Path(__file__).parent / "builtin"
BUILTIN_MODEL = BUILTIN / "model"
BUILTIN_MODEL_ID = "tunesmith-tiny"
SAMPLE_DATA = BUILTIN / "sample" / "support_desk.csv"


def home() -> Path:
    """The one folder that holds everything Tunesmith writes (`TUNESMITH_HOME`)."""
    chosen = os.environ.get("TUNESMITH_HOME") or platformdirs.user_data_dir("tunesmith")
    folder = Path(chosen).expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserFacingError(
            f"cannot make the folder ({error.strerror})",
            str(folder),
            "Set TUNESMITH_HOME to a folder you may write to.",
        ) from error
    return folder


def inside(path: Path, roots: Iterable[Path]) -> bool:
    """Whether the path, with symlinks followed, lies in one of the folders."""
    real = path.resolve()
    return any(real.is_relative_to(root.resolve()) for root in roots)


def checked(path: str | Path, roots: Iterable[Path] | None = None, folders: bool = False) -> Path:
    """A regular file (or a folder, where allowed) that exists and, where roots are given, lies in one of them."""
    found = Path(path).expanduser()
    if roots is not None and not inside(found, roots):
        raise UserFacingError(
            "lies outside the folders I may read",
            str(path),
            "Start me with --data on that file, or copy it into the workspace.",
        )
    if not found.exists():
        raise UserFacingError("there is no such file", str(path), _nearest(found))
    if found.is_dir() and folders:
        return found
    if found.is_dir():
        raise UserFacingError("is a folder, not a file", str(path), "Name one file in it.")
    if not found.is_file():
        raise UserFacingError("is not a regular file", str(path), "Copy the data into a file.")
    return found


def _nearest(missing: Path) -> str:
    from rapidfuzz import process

    names = [p.name for p in missing.parent.iterdir()] if missing.parent.is_dir() else []
    close = [name for name, score, _ in process.extract(missing.name, names, limit=2) if score > 60]
    return f"Did you mean {' or '.join(close)}?" if close else "Check the path and the spelling."
