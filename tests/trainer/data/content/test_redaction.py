"""Redaction: every find goes, the same value always becomes the same placeholder, the rest stays."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trainer.data.content.test_cases import CASES
from trainer.data.content import Mapping, redact
from trainer.data.content.redaction import FINDERS, found

PRIVATE = [
    str(t) for rule, sides in CASES.items() if rule.startswith("pii_") or rule == "secrets" for t in sides["yes"]
]
PLAIN = [str(t) for sides in CASES.values() for t in sides["no"]]
PIECES = st.lists(st.one_of(st.sampled_from(PRIVATE + PLAIN), st.text(max_size=20)), max_size=6)


@pytest.fixture(scope="module")
def mapping() -> Mapping:
    return Mapping()


def test_the_same_value_gets_the_same_placeholder_and_others_their_own() -> None:
    mapping = Mapping()
    text = "a@x.org wrote to b@x.org, and A@x.org to +49 30 901820 or +49 (30) 901820"
    assert (
        redact(text, ["email", "phone"], mapping)
        == "[EMAIL_1] wrote to [EMAIL_2], and [EMAIL_1] to [PHONE_1] or [PHONE_1]"
    )


def test_a_kept_mapping_gives_next_months_file_the_same_placeholders() -> None:
    mapping = Mapping()
    redact("a@x.org b@x.org", ["email"], mapping)
    stored = mapping.dumps()
    assert "x.org" not in stored
    assert redact("b@x.org c@x.org", ["email"], Mapping.loads(stored)) == "[EMAIL_2] [EMAIL_3]"
    assert redact("b@x.org", ["email"], Mapping()) == "[EMAIL_1]"


def test_of_overlapping_finds_the_longest_goes() -> None:
    text = "Anna Schmidt <anna@schmidt.de>, Hauptstraße 12, 80331 München"
    assert redact(text, list(FINDERS), Mapping()) == "[NAME_1] <[EMAIL_1]>, [ADDRESS_1]"


def test_only_the_kinds_asked_for_go() -> None:
    assert redact("a@x.org at 10.2.3.4", ["ip"], Mapping()) == "a@x.org at [IP_1]"
    with pytest.raises(ValueError, match="no such kind"):
        redact("x", ["shoe_size"], Mapping())


@pytest.mark.parametrize("text", PRIVATE)
def test_nothing_found_is_left(text: str) -> None:
    done = redact(text, list(FINDERS), Mapping())
    assert done != text
    assert not found(done, list(FINDERS))


@settings(max_examples=150, deadline=None)
@given(pieces=PIECES, glue=st.sampled_from([" ", "\n", ", ", "; "]))
def test_any_mixture_is_clean_after_one_pass_and_the_same_after_two(pieces: list[str], glue: str) -> None:
    text, mapping = glue.join(pieces), Mapping()
    spans = found(text, list(FINDERS))
    done = redact(text, list(FINDERS), mapping)
    assert not found(done, list(FINDERS))
    assert redact(done, list(FINDERS), mapping) == done
    if not spans:
        assert done == text


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_passes(text: str) -> None:
    assert all(0 <= s.start < s.end <= len(text) for s in found(text, list(FINDERS)))
