"""A data set of the Hugging Face Hub, copied to this machine. Only data files are taken, never code."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path, PurePosixPath
from typing import Any

from trainer.errors import UserFacingError

KINDS = (".parquet", ".jsonl", ".json", ".csv")
"""Files that are taken; of several kinds the first in this list."""
MAX_BYTES = 20_000_000_000
_ABOUT = ("readme.md", "license", "license.txt", "licence", "licence.txt")
_NO_ROWS = ("dataset_infos.json", "dataset_info.json", "croissant.json", "config.json", "state.json")
_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")


def fetch(name: str, folder: Path) -> Path:
    """Copy a data set (`org/name`) into a folder of its own under `folder`; gives that folder.

    Nothing is sent but the name: no stored key is used. Raises UserFacingError when it can't be had.
    """
    if not _ID.fullmatch(name) or ".." in name:
        raise UserFacingError("is no data set's name", name, "Write it as org/name.")
    endpoint = os.environ.get("HF_ENDPOINT") or None
    info = _asked(name, lambda: _info(name, endpoint))
    files = _chosen(info, name)
    target = folder / name.replace("/", "__")
    _room(sum(size for _, size in files), folder, name)
    for file, _ in files:
        _asked(name, lambda file=file: _download(name, file, info.sha, target, endpoint))
    return target


def _info(name: str, endpoint: str | None) -> Any:
    from huggingface_hub import HfApi

    return HfApi(endpoint=endpoint, token=False).dataset_info(name, files_metadata=True, timeout=30)


def _download(name: str, file: str, revision: str, target: Path, endpoint: str | None) -> None:
    from huggingface_hub import hf_hub_download

    hf_hub_download(
        name, file, repo_type="dataset", revision=revision, local_dir=target, endpoint=endpoint, token=False
    )


def _chosen(info: Any, name: str) -> list[tuple[str, int]]:
    """(name, bytes) of the data files of one kind, and of what is said about them."""
    every = [(s.rfilename, s.size or 0) for s in info.siblings or [] if _safe(s.rfilename)]
    for kind in KINDS:
        files = [(f, n) for f, n in every if f.lower().endswith((kind, f"{kind}.gz")) and _rows(f)]
        if files:
            return files + [(f, n) for f, n in every if f.lower() in _ABOUT]
    raise UserFacingError(
        "has no parquet, jsonl, json or csv file", name, "Data sets that need a script to be read are not loaded."
    )


def _safe(file: str) -> bool:
    path = PurePosixPath(file)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in file


def _rows(file: str) -> bool:
    path = PurePosixPath(file)
    return path.name.lower() not in _NO_ROWS and not any(part.startswith(".") for part in path.parts)


def _room(size: int, folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if size > min(MAX_BYTES, free // 2):
        raise UserFacingError(
            f"is {size / 1e9:.1f} GB; the disk has {free / 1e9:.1f} GB free",
            name,
            "Download the part you need and name that file.",
        )


def _asked(name: str, ask: Any) -> Any:
    import httpx
    from huggingface_hub import errors

    try:
        return ask()
    except (errors.OfflineModeIsEnabled, httpx.TransportError, errors.LocalEntryNotFoundError, OSError) as error:
        raise _unreachable(name, error) from None


def _unreachable(name: str, error: Exception) -> UserFacingError:
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return UserFacingError("asks for your consent first", name, "Download it in your browser and name the file.")
    if isinstance(error, errors.RepositoryNotFoundError):
        return UserFacingError("is no file here and no public data set of the Hub", name, "Check the path or the name.")
    status = getattr(getattr(error, "response", None), "status_code", None)
    why = f"the Hub answers {status}" if status else "the Hub can't be reached"
    return UserFacingError(
        f"is no file here, and {why}, so it can't be fetched", name, "Go online, or download it and name the file."
    )
