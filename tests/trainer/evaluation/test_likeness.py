"""Likeness of meaning: only with a model that the person named, and never a broken one taken for an answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.trainer.evaluation.test_table import told as told_row
from tools.evaluating import further_words
from trainer.errors import UserFacingError
from trainer.evaluation import likeness
from trainer.evaluation.kinds import kinds
from trainer.evaluation.scores import scored
from trainer.evaluation.table import table

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "parcel", "is", "late", "early", "a", "cat", "sleeps"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence embedding model, tiny and untrained: like texts get like vectors all the same."""
    sentence_transformers = pytest.importorskip("sentence_transformers")
    import torch
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    torch.manual_seed(0)
    at = tmp_path_factory.mktemp("embedder")
    (at / "vocab.txt").write_text("\n".join(WORDS), "utf-8")
    BertTokenizerFast(str(at / "vocab.txt")).save_pretrained(at / "bert")
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    BertModel(BertConfig(vocab_size=len(WORDS), **size)).save_pretrained(at / "bert")
    modules = [Transformer(str(at / "bert")), Pooling(16, pooling_mode="mean")]
    sentence_transformers.SentenceTransformer(modules=modules, device="cpu").save(str(at / "tiny-embedder"))
    return at / "tiny-embedder"


def test_without_a_model_it_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(likeness.FOLDER, raising=False)
    rows = [told_row(i, f"question {i}", "the parcel is late") for i in range(8)]
    found = table(kinds()["text"], rows, {"tuned": ["the parcel is late"] * 8, "zero_shot": [""] * 8}, {})
    assert all("similarity" not in line.also for line in found.lines) and not found.embedder
    assert "METEOR" in further_words(found)[0] and "meaning" not in further_words(found)[0]


def test_with_a_model_it_stands_beside_the_other_figures(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(likeness.FOLDER, str(folder))
    same, other, empty = scored("similarity", ["the parcel is late", "a cat sleeps", " "], ["the parcel is late"] * 3)
    assert same == pytest.approx(100, abs=1e-3) and other < same and empty == 0
    rows = [told_row(i, f"question {i}", "the parcel is late") for i in range(8)]
    found = table(kinds()["text"], rows, {"tuned": ["the parcel is late"] * 8, "zero_shot": ["a cat"] * 8}, {})
    assert found.embedder == "tiny-embedder"
    assert "likeness of meaning (by tiny-embedder) 100.0 and" in further_words(found)[0]
    labels = table(kinds()["labels"], rows, {"tuned": ["late"] * 8}, {})
    assert "similarity" not in labels.lines[0].also


def test_a_folder_that_is_none_is_said_to_be_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(likeness.FOLDER, str(tmp_path))
    with pytest.raises(UserFacingError, match="no sentence embedding model"):
        likeness.embedder()
    monkeypatch.setattr(likeness, "find_spec", lambda name: None)
    with pytest.raises(UserFacingError, match=r"tunesmith\[similarity\]"):
        likeness.embedder()
