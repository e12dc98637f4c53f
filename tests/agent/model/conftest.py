"""A door to the scripted server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agent.model.door import Door
from tests.agent.model.server import Script, scripted_server


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789abcdef")
    with scripted_server() as made:
        yield made


@pytest.fixture
def door(script: Script) -> Door:
    return Door("openai/scripted", script.url)
