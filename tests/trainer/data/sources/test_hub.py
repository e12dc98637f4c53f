"""A data set of the Hub is copied once, its code never; without the Hub there is a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.trainer.data.sources.hub_server import hub
from trainer.data.reading import read
from trainer.data.sources.address import local
from trainer.errors import UserFacingError

FILES = {
    "train.jsonl": b'{"question": "q1", "answer": "a1"}\n{"question": "q2", "answer": "a2"}\n',
    "data/more.jsonl": b'{"question": "q3", "answer": "a3"}\n',
    "README.md": b"---\nlicense: mit\n---\n",
    "tickets.py": b"raise SystemExit('a script was run')",
    "../outside.jsonl": b'{"question": "x", "answer": "y"}\n',
}


@pytest.fixture
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_TOKEN", "hf_" + "x" * 34)


@pytest.mark.parametrize("address", ["hf://org/tickets", "hf://datasets/org/tickets", "org/tickets"])
def test_a_data_set_is_copied(online: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    seen: list[tuple[str, str]] = []
    with hub("org/tickets", FILES, seen) as endpoint:
        monkeypatch.setenv("HF_ENDPOINT", endpoint)
        path = local(address, tmp_path)
    assert sorted(r["question"] for r in read(path).rows) == ["q1", "q2", "q3"]
    assert (path / "README.md").exists()
    assert not list(tmp_path.rglob("*.py")), "no script is taken"
    assert not (tmp_path / "outside.jsonl").exists()
    assert not any(key for _, key in seen), "no key was sent"


def sentence(address: str, home: Path) -> str:
    with pytest.raises(UserFacingError) as caught:
        local(address, home)
    return caught.value.sentence()


def test_without_the_hub_there_is_a_sentence(online: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hub("org/other", {"script.py": b""}) as endpoint:
        monkeypatch.setenv("HF_ENDPOINT", endpoint)
        assert "no public data set" in sentence("org/tickets", tmp_path)
        assert "has no parquet, jsonl, json or csv file" in sentence("org/other", tmp_path)
    assert "the Hub can't be reached" in sentence("org/tickets", tmp_path)


def test_offline_there_is_a_sentence(tmp_path: Path) -> None:
    assert "the Hub can't be reached" in sentence("hf://org/tickets", tmp_path)
    assert "is no data set's name" in sentence("hf://../../etc", tmp_path)
