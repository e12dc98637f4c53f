"""`tunesmith prepare`: shown first, written with --yes only, never over anything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.trainer.data.fault_cases import ASKED
from tests.ui.test_cli import document, run
from trainer.data.repair.write import provenance_of, recipe_of

THINGS = ("parcel", "refund", "invoice", "password", "voucher", "account")


@pytest.fixture
def mails(tmp_path: Path) -> Path:
    path = tmp_path / "mails.csv"
    rows = [f"What about the {t} that {v}?,The {t} team knows {v}: ask them." for t in THINGS for v in ("broke", "ran")]
    rows += [rows[0], "=cmd and ann@example.org?,007"]
    path.write_text("question,answer\n" + "\n".join(rows) + "\n", "utf-8")
    return path


def test_a_preview_writes_nothing(home: Path, mails: Path) -> None:
    done = run("prepare", mails, "--step", "deduplicate how=exact", "--step", "redact kinds=email", "--json")
    found = document(done)
    assert done.returncode == 0 and found["applied"] is False and found["conserved"] is True
    assert (found["rows_in"], found["rows_out"], len(found["hash"])) == (14, 13, 64)
    steps = [(s["op"], s["rows_in"], s["rows_out"], s["changed"]) for s in found["steps"]]
    assert steps == [("deduplicate", 14, 13, 0), ("redact", 13, 13, 1)]
    assert "ann@example.org" not in done.stdout and not (home / "prepared").exists()


def test_yes_writes_and_the_recipe_can_be_used_again(home: Path, mails: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    found = document(run("prepare", mails, "--words", "mask emails and dedupe", "-o", out, "--yes", "--json"))
    assert found["applied"] is True and found["output"] == str(out) and found["provenance"]
    text = out.read_text("utf-8")
    assert "'=cmd and [EMAIL_1]?,007" in text and "ann@" not in text
    record = json.loads(provenance_of(out).read_text("utf-8"))
    assert record["formula_cells_prefixed"] == 1 and record["output"]["rows"] == found["rows_out"]
    again = run("prepare", mails, "--recipe", recipe_of(out), "-o", tmp_path / "next.jsonl", "--yes", "--json")
    assert document(again)["rows_out"] == found["rows_out"]
    refused = run("prepare", mails, "-o", out, "--yes", "--json")
    assert refused.returncode == 2 and "out-2.csv" in document(refused)["error"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--step", "dedupe"), "Did you mean deduplicate"),
        (("--step", "drop_columns columns=nope"), "no column nope"),
        (("--words", "make me a sandwich"), "don't see what shall be done"),
        (("--recipe", "no-such.yaml"), "no such file"),
        (("-o", "data.parquet", "--step", "shuffle"), ".jsonl or .csv"),
        (("--step", "filter_length min_chars=99999"), "no row would be left"),
        (("--step", "merge paths=no-such.csv"), "no such file"),
    ],
)
def test_a_mistake_is_one_sentence(home: Path, mails: Path, arguments: tuple[str, ...], told: str) -> None:
    done = run("prepare", mails, *arguments)
    assert done.returncode == 2 and told in done.stderr
    assert "Traceback" not in done.stderr


def test_files_are_merged(home: Path, mails: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.csv"
    more.write_text("question,answer\nA new one about weather?,It is fine today.\n", "utf-8")
    found = document(run("prepare", mails, "--step", f"merge paths={more}", "--yes", "--json"))
    assert (found["rows_in"], found["rows_out"], found["steps"][0]["added"]) == (15, 15, 1)
    assert Path(found["output"]).parent == home / "prepared"


def test_clean_data_are_said_to_need_nothing(home: Path, tmp_path: Path) -> None:
    clean = tmp_path / "clean.csv"
    rows = [f"{asked},We look into it and write back about the {asked.split()[-1]}" for asked in ASKED]
    clean.write_text("question,answer\n" + "\n".join(rows) + "\n")
    done = run("prepare", clean)
    assert (done.returncode, "nothing to repair" in done.stderr + done.stdout) == (0, True)
    out = tmp_path / "copy.jsonl"
    found = document(run("prepare", clean, "--yes", "-o", out, "--json"))
    assert (found["applied"], found["rows_out"], found["conserved"]) == (True, len(rows), True)
    assert len(out.read_text("utf-8").splitlines()) == len(rows)
