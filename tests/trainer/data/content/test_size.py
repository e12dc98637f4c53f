"""Long and hostile texts: time grows with their length, never faster."""

from __future__ import annotations

import time

import pytest

from trainer.data.content import CHECKS, escape_control, fix_encoding, strip_html

LONG = 100_000
HOSTILE = [
    "a", "A", "1", "é", "Ã", "漢", "<", "</", "<a ", "[", "{", "{{a", "%", "_a", "@", "a@", "a.", ".a@a", "+1", "0 ",
    "1.", "1:", "A1", "DE12", "Aa ", "Mary ", "Dear Aa", "Calle Aa ", "1 Aa ", "ignore all ", "sk-a", "password: ",
    "-----BEGIN PRIVATE KEY-----\n", "://a:", "eyJa.", "<!--", "<script>", "`", "```", "&amp", "<<1=", "#### ",
    "<|a", "\u200d", "�", "I can't ", "als KI ", "printf", "1 rue Aa ", "(", "()", "1-", "4111 ", "Am Aa ",
    "Aastr. ", "12345 ", "Best regards,\n", "\n", " ", "key: a1", "my name is Aa-Aa",
]  # fmt: skip
MOST = 4.0
"""Seconds for 100,000 characters and one rule on a slow machine; a quadratic search needs minutes."""


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.rule)
def test_a_hostile_text_is_read_in_linear_time(check: object) -> None:
    slow = {}
    for piece in HOSTILE:
        text = (piece * (LONG // len(piece)))[:LONG]
        started = time.process_time()
        check.find(text)  # type: ignore[attr-defined]
        if (took := time.process_time() - started) > MOST:
            slow[piece] = round(took, 1)
    assert not slow


@pytest.mark.parametrize("repair", [escape_control, fix_encoding, strip_html])
def test_repairs_are_linear_too(repair: object) -> None:
    for piece in HOSTILE:
        started = time.process_time()
        repair((piece * (LONG // len(piece)))[:LONG])  # type: ignore[operator]
        assert time.process_time() - started < MOST, piece
