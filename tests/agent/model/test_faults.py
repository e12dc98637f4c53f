"""Provider faults over real HTTP: a plain reason, the message and the draft plan kept, no key shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.model import door as doors
from tests.agent.model.fault_cases import CASES, Case, play, sample
from tests.agent.model.server import Script


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_a_fault_is_told_and_nothing_is_lost(
    case: Case, script: Script, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "TIMEOUT", 1.0)
    seen = play(case, home, sample(home), script)
    assert seen.planned
    assert seen.kept_message
    assert not seen.leaked
    assert seen.requests == case.requests
    assert case.words in seen.said if case.words else not seen.said
