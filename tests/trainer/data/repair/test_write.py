from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trainer.data.repair.fakes import PAIRS, Rows, diagnosed
from trainer.data.doctor.diagnosis import Diagnosis
from trainer.data.repair import steps as s
from trainer.data.repair.patient import Patient
from trainer.data.repair.propose import advise
from trainer.data.repair.write import Written, free_name, is_formula, provenance_of, recipe_of, write
from trainer.errors import UserFacingError

AWKWARD = {"prompt": '007, "x"\r\n\u2028\u202e\x00', "completion": "=1+1 'é\U0001f600", "n": 1.0, "big": 2**70}


def written(target: Path, rows: list[dict[str, Any]], *steps: Any) -> Written:
    source = Rows(rows, path=target.parent / "source.jsonl")
    return write(Patient(source, PAIRS, Diagnosis(), "f" * 64), s.Recipe(steps=steps), target)


def test_strings_are_written_as_they_were_read(tmp_path: Path) -> None:
    rows = [AWKWARD, {"prompt": "half \ud83d", "completion": "", "none": None}]
    made = written(tmp_path / "out.jsonl", rows, s.Shuffle())
    lines = made.path.read_text("utf-8").split("\n")
    back = [json.loads(line) for line in lines[:-1]]
    assert sorted(map(repr, back)) == sorted(map(repr, rows)) and lines[-1] == ""
    assert "é\U0001f600" in made.path.read_text("utf-8")


def test_the_record_tells_where_the_file_comes_from(tmp_path: Path) -> None:
    made = written(tmp_path / "out.jsonl", [AWKWARD] * 3, s.Sample(rows=2))
    record = json.loads(provenance_of(made.path).read_text("utf-8"))
    assert record["output"]["sha256"] == hashlib.sha256(made.path.read_bytes()).hexdigest()
    assert record["source"] == {
        "path": str(tmp_path / "source.jsonl"),
        "sha256": "f" * 64,
        "rows": 3,
        "encoding": "utf-8",
    }
    step = record["steps"][0]
    assert (step["rows_in"], step["rows_out"], step["set_aside"]) == (3, 2, 1)
    assert record["untouched_cells"]["conserved"] and record["versions"]["ftfy"] and record["created"]
    assert s.Recipe.from_yaml(recipe_of(made.path).read_text("utf-8")) == s.Recipe(steps=(s.Sample(rows=2),))
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "out.jsonl",
        "out.jsonl.provenance.json",
        "out.jsonl.recipe.yaml",
    ]


def test_cells_that_a_spreadsheet_would_run_are_prefixed(tmp_path: Path) -> None:
    rows = [{"prompt": "=cmd|' /C calc'!A0", "completion": "-3.5"}, {"prompt": "@x", "completion": 'a,b\n"c"'}]
    made = written(tmp_path / "out.csv", rows)
    with made.path.open(encoding="utf-8", newline="") as file:
        back = list(csv.reader(file))
    assert back == [["prompt", "completion"], ["'=cmd|' /C calc'!A0", "-3.5"], ["'@x", 'a,b\n"c"']]
    assert made.record["formula_cells_prefixed"] == 2
    assert [is_formula(v) for v in ("=1", "+49 30", "-1", "- x", "\tx", 5, "a=b")] == [
        True, True, False, True, True, False, False,
    ]  # fmt: skip


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    written(target, [AWKWARD])
    before = target.read_bytes()
    with pytest.raises(UserFacingError, match=r"out-2\.jsonl"):
        written(target, [AWKWARD])
    with pytest.raises(UserFacingError, match="source itself"):
        written(tmp_path / "source.jsonl", [AWKWARD])
    with pytest.raises(UserFacingError, match=r"\.jsonl or \.csv"):
        written(tmp_path / "out.xlsx", [AWKWARD])
    with pytest.raises(UserFacingError, match="no such folder"):
        written(tmp_path / "no" / "out.jsonl", [AWKWARD])
    assert target.read_bytes() == before and free_name(target).name == "out-2.jsonl"


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserFacingError, match="no row would be left"):
        written(tmp_path / "out.jsonl", [AWKWARD], s.FilterLength(min_chars=1000))
    with pytest.raises(UserFacingError, match="half a character"):
        written(tmp_path / "out.csv", [{"prompt": "\ud83d", "completion": "x"}])
    assert list(tmp_path.iterdir()) == []


cell = st.one_of(st.text(), st.none(), st.integers(), st.floats(), st.booleans(), st.lists(st.text(), max_size=2))


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(st.dictionaries(st.text(max_size=5), cell, max_size=4), min_size=1, max_size=5))
def test_any_values_survive_jsonl(rows: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> None:
    made = written(tmp_path_factory.mktemp("w") / "out.jsonl", rows)
    back = [json.loads(line) for line in made.path.read_text("utf-8").split("\n")[:-1]]
    assert repr(back) == repr(rows)


def test_safe_repairs_are_proposed_and_the_rest_is_offered() -> None:
    from trainer.data.doctor.diagnosis import Found

    found = diagnosed(
        {"mojibake": [1], "rows_empty": [2, 3], "pii_email": [4], "pii_name": [5], "refusals": [6], "secrets": [4, 8]},
        near_duplicates=[[7, 9, 10]],
    )
    mapping = {"Bill": "bill", "bil": "bill"}
    variants = {"label_variants": Found("label_variants", 2, (1, 2), {"mapping": mapping})}
    advice = advise(Diagnosis({**found.found, **variants}, found.groups))
    assert [(a.step.op, a.count) for a in advice.proposed] == [
        ("fix_encoding", 1),
        ("drop", 2),
        ("deduplicate", 2),
        ("redact", 2),
        ("unify_labels", 2),
    ]
    assert advice.proposed[3].step.kinds == ("email", "key")
    assert advice.proposed[4].step.mapping == {"Bill": "bill"}
    offered = {(a.step.op, getattr(a.step, "rules", ())) for a in advice.offered}
    assert ("drop", ("refusals",)) in offered and all(a.why for a in (*advice.proposed, *advice.offered))
    assert ("redact", ()) in offered and ("unify_labels", ()) in offered


def test_clean_data_need_no_recipe() -> None:
    assert advise(Diagnosis()).recipe.steps == ()


def test_what_would_take_much_is_left_to_the_person() -> None:
    found = diagnosed(
        {"rows_empty": list(range(1, 40))}, near_duplicates=[list(range(41, 90))], exact_duplicates=[[3, 4]]
    )
    advice = advise(found, rows=100)
    assert [a.step for a in advice.proposed] == [s.Deduplicate(how="exact")]
    assert [a.step.op for a in advice.offered][:2] == ["drop", "deduplicate"]
    assert advise(found, rows=100, passages=True).proposed == ()
