"""How a command speaks: sentences for people, one JSON document for programs, exact exit codes."""

from __future__ import annotations

import functools
import logging
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from trainer.errors import UserFacingError
from trainer.records import dumps

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


def terminal() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()
