"""The run store's records: append-only, NaN-safe, read by offset, whole or absent."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trainer.records import append, read_from, read_json, write_atomic

ROOT = Path(__file__).parents[2]
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


def test_a_torn_last_line_stays_alone(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(b'{"a": 1}\n{"a": 2, "b')
    append(tmp_path / "m", {"a": 3})
    assert read_from(tmp_path / "m")[0] == [{"a": 1}, {"a": 3}]


FULL = """
import resource, signal, sys
from pathlib import Path
from trainer.records import append, read_from, read_json, write_atomic
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
m, d = Path(sys.argv[1]) / "m", Path(sys.argv[1]) / "d"
append(m, {"a": "x" * 500})
write_atomic(d, {"kept": True})
resource.setrlimit(resource.RLIMIT_FSIZE, (700, 700))
for attempt in (lambda: append(m, {"b": "y" * 500}), lambda: write_atomic(d, {"new": "z" * 900})):
    try:
        attempt()
        sys.exit("it fitted")
    except OSError:
        pass
assert [list(row) for row in read_from(m)[0]] == [["a"]], m.read_bytes()
assert m.read_bytes().endswith(b"\\n")
assert read_json(d) == {"kept": True}
assert sorted(p.name for p in Path(sys.argv[1]).iterdir()) == ["d", "m"]
"""


def test_a_full_disk_destroys_no_record(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
