from __future__ import annotations

import pytest

from tests.evals.score_brain import HERE, load, score

FLOORS = {"conversations_dev": (0.95, 0.93), "conversations_heldout": (0.88, 0.88)}


@pytest.mark.parametrize("name", sorted(FLOORS))
def test_conversations_score_above_their_floors(name: str) -> None:
    figures = score(load(HERE / f"{name}.jsonl"))
    assert figures["unsafe"] == 0
    assert (figures["intent_accuracy"], figures["slot_recall"]) >= FLOORS[name]
    assert figures["slot_recall"] >= FLOORS[name][1]
