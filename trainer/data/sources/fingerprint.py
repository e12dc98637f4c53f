"""What identifies data: a hash of its bytes, for a folder over the names and bytes of its files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from trainer.data.sources.folder import files_in


def fingerprint(path: Path) -> str:
    """SHA-256 of a file's bytes; of a folder's sorted names with the hashes of their files."""
    if not path.is_dir():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    found, _ = files_in(path)
    whole = hashlib.sha256()
    for name, file_path in found.items():
        whole.update(f"{name}\0{fingerprint(file_path)}\n".encode("utf-8", "surrogateescape"))
    return whole.hexdigest()
