"""How a command speaks: sentences for people, one JSON document for programs, exact exit codes."""

from __future__ import annotations

import functools
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from trainer.errors import UserFacingError
from trainer.records import dumps

WHERE = "A file, a folder, a Hub data set (hf://org/name), or a table (sqlite:///file.db#table)."
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout; logs go to stderr.")]


def emit(as_json: bool, document: Any, text: str) -> None:
    """The result, in one of its two forms."""
    sys.stdout.write((dumps(document) if as_json else text) + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """Something for a person only: stderr, so that stdout stays one document."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Errors of the person -> one sentence, exit 2; failures -> exit 1; no traceback either way."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
        try:
            function(*args, **kwargs)
        except UserFacingError as error:
            _fail(kwargs, error.sentence(), 2)
        except BrokenPipeError:
            os._exit(1)
        except OSError as error:
            _fail(
                kwargs,
                f"{error.filename or 'a file'}: {str(error.strerror or error).lower()}. Check the path and its rights.",
                2,
            )
        except KeyboardInterrupt:
            _fail(kwargs, "Stopped by you; a started run goes on.", 1)

    return wrapped


def _fail(kwargs: Any, sentence: str, code: int) -> None:
    if kwargs.get("as_json"):
        emit(True, {"error": sentence}, "")
    note(sentence)
    raise typer.Exit(code)


@contextmanager
def progress() -> Iterator[Callable[[Any], None]]:
    """A line of progress on stderr, on a terminal; what was found first is told at once. Ctrl-C ends it."""
    told: set[str] = set()

    def watch(step: Any) -> None:
        left = f", about {step.seconds * (1 / step.share - 1):.0f} s left" if step.share > 0.05 else ""
        for finding in step.findings:
            if finding.advice not in told and finding.severity != "info":
                told.add(finding.advice)
                note(f"\r\x1b[K- {finding.advice}")
        sys.stderr.write(f"\r\x1b[K{step.step}: {100 * step.share:.0f} %{left}")
        sys.stderr.flush()

    try:
        yield watch if sys.stderr.isatty() else lambda _: None
    finally:
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")


def terminal() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()
