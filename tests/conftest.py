"""What every test shares: a home of its own, a machine that does not change, real data if it is there."""

from __future__ import annotations

import json
import os
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
os.environ["HF_HUB_OFFLINE"] = "1"

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"
MEASURED = {"train_gflops": {f"{p}/{t}": 80.0 for p in ("fp32", "bf16") for t in range(1, 129)}, "bf16_faster": False}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh TUNESMITH_HOME whose machine was 'measured' already, so that estimates are the same everywhere."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "machine.json").write_text(json.dumps(MEASURED))
    monkeypatch.setenv("TUNESMITH_HOME", str(folder))
    monkeypatch.delenv("TUNESMITH_LLM", raising=False)
    return folder


def shared(name: str) -> Path:
    """A file of the shared collection; the test is skipped where it is not at hand."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"the shared file {name} is not at hand")
    return path


@pytest.fixture
def qa_file(tmp_path: Path) -> Path:
    """120 short questions with answers in one style: enough to train on for a few steps."""
    path = tmp_path / "qa.csv"
    things = ("parcel", "refund", "invoice", "password", "voucher", "account")
    rows = [f'"where is my {t} number {i}?","Hello! Your {t} {i} is fine."' for i in range(20) for t in things]
    path.write_text("question,answer\n" + "\n".join(rows) + "\n", "utf-8")
    return path


@pytest.fixture
def labelled_file(tmp_path: Path) -> Path:
    """200 messages with one of four labels that their words give away."""
    path = tmp_path / "mails.csv"
    topics = {"delivery": "parcel late", "refund": "money back", "login": "password lost", "praise": "thank you"}
    rows = [f'"{words}, case {i}",{label}' for i in range(50) for label, words in topics.items()]
    path.write_text("text,label\n" + "\n".join(rows) + "\n", "utf-8")
    return path
