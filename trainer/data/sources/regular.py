"""Files that may be opened: regular ones, themselves and not by a link that leads elsewhere."""

from __future__ import annotations

import stat
from pathlib import Path

from trainer.errors import UserFacingError

_MACHINE = ("/proc/", "/sys/", "/dev/")
"""Where files are doors to the machine, not data."""


def regular(path: Path) -> Path:
    """The real path of a file or folder. Raises UserFacingError for anything else; nothing is opened to find out."""
    try:
        real = path.resolve()
        if path.is_symlink() and not real.is_relative_to(path.parent.resolve()):
            raise UserFacingError("is a link to a place outside its folder", path.name, "Name the file itself.")
        mode = real.stat().st_mode
    except OSError as error:
        raise UserFacingError(f"cannot be opened ({error.strerror})", path.name, "Check the path.") from None
    except RuntimeError:
        raise UserFacingError("is a link to itself", path.name, "Name the file itself.") from None
    if f"{real}/".startswith(_MACHINE) or not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise UserFacingError("is not a regular file", path.name, "Copy the data into a file.")
    return real
