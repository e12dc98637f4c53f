"""Every rule about content: what it finds, and the near misses it leaves alone."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
import yaml

from trainer.data.content import CHECKS

CASES = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text("utf-8"))
BY_RULE = {check.rule: check for check in CHECKS}
FEWEST = 12


def cases(side: str) -> list[tuple[str, str]]:
    return [(rule, str(text)) for rule, sides in CASES.items() for text in sides[side]]


def found(rule: str, text: str) -> list[str]:
    """As the doctor looks: the gate first, then the finder."""
    check = BY_RULE[rule]
    if not pl.Series([text]).str.contains(check.gate)[0]:
        return []
    spans = check.find(text)
    assert all(0 <= s.start < s.end <= len(text) for s in spans)
    assert all(a.end <= b.start for a, b in pairwise(spans))
    return [text[s.start : s.end] for s in spans]


def test_every_rule_has_cases() -> None:
    assert set(CASES) == set(BY_RULE)
    assert len(CHECKS) == len(BY_RULE)
    assert all(len(sides[side]) >= FEWEST for sides in CASES.values() for side in ("yes", "no"))


@pytest.mark.parametrize(("rule", "text"), cases("yes"))
def test_what_is_there_is_found(rule: str, text: str) -> None:
    assert found(rule, text)


@pytest.mark.parametrize(("rule", "text"), cases("yes"))
def test_it_is_found_inside_a_longer_text(rule: str, text: str) -> None:
    if rule not in ("placeholders", "hotkey_marks", "annotation_marks", "pii_name"):
        assert found(rule, f"Some words before, quite ordinary.\n{text}\nAnd after it some more words.")


@pytest.mark.parametrize(("rule", "text"), cases("no"))
def test_near_misses_are_left_alone(rule: str, text: str) -> None:
    assert not found(rule, text)
