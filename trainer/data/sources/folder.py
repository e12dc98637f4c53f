"""A folder of files, or an archive with several: those with the same columns are one data set."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from trainer.data.sources.source import CHUNK, Chunk, ReadProblem, Source
from trainer.errors import UserFacingError

MAX_FILES = 10_000
_ABOUT = ("licence", "license", "readme", "index", "changelog", "dataset_infos", "dataset_info", "croissant")
"""Files that speak about the data."""
Open = Callable[[], Source]


@dataclass
class Folder:
    """Several sources as one. Every chunk names the file its rows come from."""

    path: Path
    parts: dict[str, Source]
    kind: str = "folder"
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def encoding(self) -> str:
        """The encodings of the parts."""
        return ", ".join(dict.fromkeys(part.encoding for part in self.parts.values()))

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(part.size for part in self.parts.values())

    def chunks(self, rows: int = CHUNK) -> Iterator[Chunk]:
        """The rows of the parts in order of their names; row numbers count on."""
        first, begun = 1, 0
        for name, part in self.parts.items():
            before = first - 1
            for chunk in part.chunks(rows):
                problems = [_of(p, name, before) for p in chunk.problems]
                yield Chunk(first, chunk.rows, problems, begun + chunk.done, name)
                first += len(chunk.rows)
            begun += part.size


def _of(problem: ReadProblem, name: str, before: int) -> ReadProblem:
    row = None if problem.row is None else problem.row + before
    return replace(problem, what=f"of {name} {problem.what}", row=row, file=name)


def together(path: Path, kind: str, sources: dict[str, Open], left: dict[str, str]) -> Source:
    """One data set of the files with the same columns; what is left out is named in the notes with its reason."""
    opened: dict[str, Source] = {}
    columns: dict[str, frozenset[str]] = {}
    for name, begin in sources.items():
        if PurePosixPath(name).stem.lower() in _ABOUT and len(sources) > 1:
            left[name] = "speaks about the data"
            continue
        try:
            source = begin()
            columns[name] = _columns(source)
            opened[name] = source
        except UserFacingError as error:
            left[name] = error.problem
    if not opened:
        reasons = "; ".join(f"{name}: {why}" for name, why in list(left.items())[:5])
        raise UserFacingError("holds no data file that I can read", path.name, reasons or "It is empty.")
    chosen = _largest(opened, columns)
    left.update({name: "has other columns" for name in opened if name not in chosen})
    notes: dict[str, Any] = {"parts": list(chosen)}
    if left:
        notes["left_out"] = left
    return Folder(path, {name: opened[name] for name in chosen}, kind, notes)


def _columns(source: Source) -> frozenset[str]:
    chunk = next(iter(source.chunks(50)), None)
    if chunk is None or not chunk.rows:
        raise UserFacingError("has 0 rows", source.path.name)
    return frozenset(name for row in chunk.rows for name in row)


def _largest(opened: dict[str, Source], columns: dict[str, frozenset[str]]) -> list[str]:
    """The files of the largest group with equal columns, and those with some more or fewer of the same."""
    sizes: dict[frozenset[str], int] = {}
    for name, source in opened.items():
        sizes[columns[name]] = sizes.get(columns[name], 0) + source.size
    main = max(sizes, key=lambda group: sizes[group])
    return [n for n in opened if columns[n] == main or _kin(columns[n], main)]


def _kin(one: frozenset[str], main: frozenset[str]) -> bool:
    return len(one & main) > 1 and (one <= main or main <= one)


def files_in(folder: Path) -> tuple[dict[str, Path], dict[str, str]]:
    """(name -> regular file under a folder, name -> why it is left out). Hidden ones are passed over."""
    found: dict[str, Path] = {}
    left: dict[str, str] = {}
    root = folder.resolve()
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith((".", "__MACOSX")))
        linked = [Path(base) / f for f in folders if (Path(base) / f).is_symlink()]
        left |= {f.relative_to(folder).as_posix(): "is a link to a folder" for f in linked}
        for name in sorted(n for n in names if not n.startswith(".")):
            path = Path(base) / name
            shown = path.relative_to(folder).as_posix()
            if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(root):
                left[shown] = "is a link to a file outside the folder"
            elif not path.is_file():
                left[shown] = "is not a regular file"
            else:
                found[shown] = path
        if len(found) > MAX_FILES:
            raise UserFacingError(f"holds more than {MAX_FILES} files", folder.name, "Name a smaller folder.")
    return dict(sorted(found.items())), left
