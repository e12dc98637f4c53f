"""What a person writes for their data -> a path on this machine."""

from __future__ import annotations

import re
from pathlib import Path

from trainer.data.sources import hub, sql
from trainer.data.sources.looks import ENDINGS
from trainer.data.sources.regular import regular
from trainer.errors import UserFacingError
from trainer.paths import checked

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_HUB_PAGE = re.compile(r"https?://huggingface\.co/datasets/([\w.-]+/[\w.-]+)")


def local(text: str, home: Path) -> Path:
    """A path, a folder, hf://org/name, org/name or an SQL URL -> where the data lies on this machine.

    Data of the Hub and of databases is copied under `home` first. Raises UserFacingError for what is
    no data, for addresses of the web, and for links and devices.
    """
    text = text.strip()
    if not text:
        raise UserFacingError("no file is named", "", "Write a path, hf://org/name or a database's address.")
    scheme = _SCHEME.match(text)
    name = scheme[1].lower() if scheme else ""
    if name == "hf":
        return hub.fetch(text[3:].strip("/").removeprefix("datasets/"), home / "hub")
    if name and sql.knows(name):
        return sql.take(text, home / "imports")
    if scheme and text[scheme.end() : scheme.end() + 1] == "/" and not Path(text).exists():
        raise _refused(text, name)
    try:
        return _here(text, home)
    except (OSError, ValueError, RuntimeError) as error:  # a name too long, a zero byte, no such user's home
        raise UserFacingError("is no path I can look at", text[:80], str(error)[:80]) from None


def _here(text: str, home: Path) -> Path:
    path = Path(text).expanduser()
    if _is_hub_id(text, path):
        return hub.fetch(text, home / "hub")
    if not path.exists() and not path.is_symlink():
        return checked(path)  # says what is missing, and what was perhaps meant
    return regular(path)


def _refused(text: str, scheme: str) -> UserFacingError:
    """No address is opened: it could lead into this machine or its network."""
    page = _HUB_PAGE.match(text)
    fix = f"Write hf://{page[1]}." if page else "Download the file yourself and name it here."
    if scheme == "file":
        fix = "Write the plain path of the file."
    return UserFacingError(f"is an address ({scheme}:); I open files, not addresses", _bare(text), fix)


def _bare(text: str) -> str:
    """An address without the password or key that may stand in it."""
    return re.sub(r"//[^/@]*@", "//", text).split("?")[0][:120]


def _is_hub_id(text: str, path: Path) -> bool:
    """org/name that is nothing on this machine and doesn't look like a file either."""
    known = path.exists() or path.is_symlink() or path.parent.exists()
    return not known and path.suffix.lower() not in ENDINGS and _HUB_ID.fullmatch(text) is not None
