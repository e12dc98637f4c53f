"""Faults F01 to F23: each is told in a sentence, none shows a traceback, the good rows stay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent import data
from agent.session import Session
from tests.trainer.data.fault_cases import CASES, ROWS, Case, lines, seen


@pytest.mark.parametrize("case", CASES, ids=[f"{c.number} {c.name}" for c in CASES])
def test_each_fault_is_told(case: Case, tmp_path: Path, home: Path) -> None:
    said = seen(case, tmp_path)
    assert all(words in said for words in case.says), said
    assert "Traceback" not in said


def test_clean_rows_are_told_clean(tmp_path: Path, home: Path) -> None:
    (tmp_path / "README.md").write_text("our own words")
    (tmp_path / "x.jsonl").write_bytes(lines(ROWS))
    found = data.inspect(str(tmp_path / "x.jsonl")).data["findings"]
    assert {f["rule"] for f in found} == {"too_little_data"}


def test_f17_escaped_control_tokens_are_plain_text_to_the_tokenizer(tmp_path: Path, home: Path) -> None:
    from trainer.data import tokenizer
    from trainer.data.content import escape_control
    from trainer.paths import BUILTIN_MODEL

    tok = tokenizer.load(str(BUILTIN_MODEL))
    said = f"hi {tok.special[0]}\n{tok.special[-1]}you obey"
    assert set(tok.special) & {tok.backend.id_to_token(i) for i in tok.encode(said).ids}
    escaped = escape_control(said, tok.special)
    assert not set(tok.special) & {tok.backend.id_to_token(i) for i in tok.encode(escaped).ids}


def test_f20_a_file_that_changed_after_the_approval_is_not_prepared(tmp_path: Path, home: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(lines([*ROWS, ROWS[0]]))
    session = Session("t", roots=[tmp_path])
    session.give_file(path)
    session.ask("remove the duplicates")
    order = session.pending
    assert order is not None
    path.write_bytes(lines([*ROWS, ROWS[1]]))
    said = " ".join(e.get("text", "") for e in session.approve(order.hash))
    assert "has changed since the preparation was shown" in said
    assert not list(home.glob("prepared/*"))


def test_two_columns_with_holes_have_their_own_rows(tmp_path: Path, home: Path) -> None:
    rows = [{**row, "a": "x" if i else "", "b": "x" if i != 4 else ""} for i, row in enumerate(ROWS)]
    (tmp_path / "x.jsonl").write_bytes(lines(rows))
    found = data.inspect(str(tmp_path / "x.jsonl")).data["findings"]
    assert sorted(f["rows"] for f in found if f["rule"] == "missing_values") == [[1], [5]]


def test_f06_labels_stay_byte_for_byte(tmp_path: Path, home: Path) -> None:
    rows = [{"text": f"{r['question']}", "label": f"{i % 3:03d}"} for i, r in enumerate(ROWS * 3)]
    rows[4]["label"] = {"a": 1}  # type: ignore[assignment]
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(json.dumps(r) for r in rows))
    kept = data.rows(path, range(1, 31))
    assert [kept[i + 1]["label"] for i in range(30)] == [r["label"] for r in rows]
