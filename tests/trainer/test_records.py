"""The run store's records: append-only, NaN-safe, read by offset, whole or absent."""

from __future__ import annotations

import math
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trainer.checkpoints import SEAL, last_good, seal, whole
from trainer.records import append, read_from, read_json, write_atomic

VALUES = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False), st.integers(-(2**53), 2**53), st.text(), st.none(), st.booleans()
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(st.text(min_size=1, max_size=8), VALUES, max_size=4), max_size=8))
def test_rows_come_back_as_they_went_in(tmp_path: Path, rows: list[dict[str, object]]) -> None:
    file = tmp_path / "m.jsonl"
    file.unlink(missing_ok=True)
    for row in rows:
        append(file, row)
    assert read_from(file)[0] == rows


def test_a_nan_stays_a_nan(tmp_path: Path) -> None:
    append(tmp_path / "m", {"loss": math.nan, "a": math.inf, "b": [-math.inf]})
    assert read_from(tmp_path / "m")[0] == [{"loss": "NaN", "a": "Infinity", "b": ["-Infinity"]}]


def test_a_line_being_written_is_left_for_the_next_look(tmp_path: Path) -> None:
    file = tmp_path / "m"
    append(file, {"step": 1})
    with file.open("ab") as stream:
        stream.write(b'{"step": 2')
    rows, offset = read_from(file)
    assert rows == [{"step": 1}]
    with file.open("ab") as stream:
        stream.write(b"}\n")
    assert read_from(file, offset)[0] == [{"step": 2}]


def test_a_torn_line_in_the_middle_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(b'{"a": 1}\n{"a": \n{"a": 3}\n')
    assert read_from(tmp_path / "m")[0] == [{"a": 1}, {"a": 3}]


def test_documents_are_replaced_whole(tmp_path: Path) -> None:
    write_atomic(tmp_path / "d.json", {"a": 1})
    write_atomic(tmp_path / "d.json", {"b": math.nan})
    assert read_json(tmp_path / "d.json") == {"b": "NaN"}
    assert [p.name for p in tmp_path.iterdir()] == ["d.json"]


def checkpoint(root: Path, step: int) -> Path:
    folder = root / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(bytes(range(256)) * step)
    (folder / "optimizer.pt").write_bytes(b"state" * step)
    seal(folder)
    return folder


def test_only_whole_checkpoints_count(tmp_path: Path) -> None:
    checkpoint(tmp_path, 5)
    flipped, cut, unsealed = checkpoint(tmp_path, 10), checkpoint(tmp_path, 15), checkpoint(tmp_path, 20)
    data = bytearray((flipped / "model.safetensors").read_bytes())
    data[77] ^= 1
    (flipped / "model.safetensors").write_bytes(data)
    (cut / "optimizer.pt").unlink()
    (unsealed / SEAL).unlink()
    good, broken = last_good(tmp_path)
    assert good is not None
    assert good.name == "checkpoint-5"
    assert broken == ["checkpoint-20", "checkpoint-15", "checkpoint-10"]
    assert whole(good)


def test_no_checkpoint_is_no_checkpoint(tmp_path: Path) -> None:
    assert last_good(tmp_path) == (None, [])
