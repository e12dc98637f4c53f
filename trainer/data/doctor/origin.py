"""Where the data come from, as far as the folder tells."""

from __future__ import annotations

from pathlib import Path

from trainer.data.doctor.diagnosis import Found

_NAMES = ("licence", "license", "copying", "readme", "datasheet", "provenance")


def origin(path: Path) -> list[Found]:
    """A finding when nothing beside the file says under which terms it may be used."""
    folder = path if path.is_dir() else path.parent
    near = [p.name.lower() for p in sorted(folder.iterdir())[:500]] if folder.is_dir() else []
    own = f"{path.name.lower()}.provenance.json"
    if own in near or any(name.startswith(_NAMES) for name in near):
        return []
    return [Found("licence_unknown", 1)]
