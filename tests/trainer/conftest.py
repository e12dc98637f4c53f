"""One process that has imported all that a worker needs, for the tests that start many."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.trainer.lab import Nursery


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Started at the first test that wants it."""
    with Nursery() as one:
        yield one
