"""Stack traces: known causes with their fix, unknown ones said to be unknown."""

from __future__ import annotations

import pytest

from trainer.diagnosis.failures.crash import crash_in, table

TRACE = """Traceback (most recent call last):
  File "/somewhere/trainer.py", line 12, in step
    loss.backward()
  File "/somewhere/torch/tensor.py", line 99, in backward
    raise {error}
{error}: {message}
"""


@pytest.mark.parametrize("known", table(), ids=lambda k: k.name)
def test_each_known_cause_is_found_by_each_of_its_phrases(known: object) -> None:
    for phrase in known.phrases:  # type: ignore[attr-defined]
        found = crash_in(TRACE.format(error="RuntimeError", message=f"something {phrase} something"))
        assert found is not None
        assert found.name == known.name, phrase  # type: ignore[attr-defined]
        assert found.fix
        assert found.where == "tensor.py, line 99, in backward"


def test_no_phrase_stands_in_two_rows() -> None:
    phrases = [p for known in table() for p in known.phrases]
    assert len(phrases) == len(set(phrases))


def test_an_unknown_one_is_said_to_be_unknown() -> None:
    found = crash_in(TRACE.format(error="ZeroDivisionError", message="division by zero"))
    assert found is not None
    assert (found.name, found.cause) == (None, "")
    assert found.line == "ZeroDivisionError: division by zero"


def test_the_last_one_counts() -> None:
    first = TRACE.format(error="ImportError", message="cannot import name 'x'")
    last = TRACE.format(error="RuntimeError", message="size mismatch for lora_A")
    found = crash_in(first + "\nDuring handling of the above exception, another exception occurred:\n" + last)
    assert found is not None
    assert found.name == "sizes_differ"


@pytest.mark.parametrize("text", ["", "step 1 loss 2.0", "an error came, but no trace"])
def test_no_crash_is_none(text: str) -> None:
    assert crash_in(text) is None
