"""Every nasty file through inspect and prepare: read right or refused in a sentence, and nothing changed."""

from __future__ import annotations

import hashlib
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.trainer.data.asking import tunesmith
from tests.trainer.data.nasty import Nasty, load
from trainer.data.reading import read

ROOT = Path(__file__).parents[3]
LIGHT = [name for name in load() if not name.startswith("huge_")]
HUGE = [name for name in load() if name.startswith("huge_")]
PEAK_MB = 1000


@pytest.fixture
def nasty(request: pytest.FixtureRequest, tmp_path: Path) -> Nasty:
    folder = tmp_path / "case"
    folder.mkdir()
    return load()[request.param](folder)


def told(found: Nasty) -> tuple[dict[str, Any] | None, str]:
    """The report (None when refused) and all that a person or a program sees."""
    said = tunesmith("inspect", found.path)
    assert said.code in (0, 2), said.words
    if said.code == 2:
        assert said.document["error"]
        return None, said.document["error"]
    shown = said.errors + "".join(f["advice"] for f in said.document["findings"])
    assert not [c for c in found.escaped if c in shown]
    return said.document, said.words


def same(one: Any, two: Any) -> bool:
    """Equal value and type, NaN being equal to itself."""
    if isinstance(one, float) and isinstance(two, float) and math.isnan(one):
        return math.isnan(two)
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(same(one[k], two[k]) for k in one)
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(map(same, one, two))
    return type(one) is type(two) and one == two


@pytest.mark.parametrize("nasty", LIGHT, indirect=True)
def test_it_is_read_or_refused_in_a_sentence(home: Path, nasty: Nasty) -> None:
    report, words = told(nasty)
    assert "Traceback" not in words
    for secret in nasty.hides:
        assert secret not in words
    if report is None:
        assert nasty.outcome != "read", words
        assert nasty.outcome == "either" or all(w.lower() in words.lower() for w in nasty.says), words
        return
    assert nasty.outcome != "refused", words[:300]
    assert nasty.rows in (None, report["rows"])
    encoding = report["encoding"].lower()
    assert not nasty.encoding or any(name in encoding for name in nasty.encoding), encoding
    assert not nasty.formats or report["format"] in nasty.formats, report["format"]
    rules = {f["rule"] for f in report["findings"]}
    assert set(nasty.rules) <= rules, f"missed {set(nasty.rules) - rules}"
    assert not set(nasty.silent) & rules
    assert all(w.lower() in words.lower() for w in nasty.says), [
        w for w in nasty.says if w.lower() not in words.lower()
    ]


VALUED = [n for n in LIGHT if n not in ("a_pipe", "a_device")]


@pytest.mark.parametrize("nasty", VALUED, indirect=True)
def test_values_are_what_the_file_holds(nasty: Nasty) -> None:
    if not nasty.whole and not nasty.values:
        pytest.skip("this file's values are no matter here")
    rows = read(nasty.path).rows
    for number, column, value in nasty.values:
        assert same(rows[number - 1][column], value), (number, column)
    if nasty.whole:
        assert len(rows) == len(nasty.whole)
        wrong = [n for n, (got, want) in enumerate(zip(rows, nasty.whole, strict=True), 1) if not same(got, want)]
        assert not wrong, f"row {wrong[0]}: {rows[wrong[0] - 1]!r} instead of {nasty.whole[wrong[0] - 1]!r}"


def digest(path: Path) -> str:
    """A hash over a file's or a folder's bytes; '' for what is neither."""
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path] * path.is_file()
    return hashlib.sha256(b"".join(str(f).encode() + f.read_bytes() for f in files)).hexdigest()


@pytest.mark.parametrize("nasty", LIGHT, indirect=True)
def test_prepare_writes_a_new_file_or_says_why_not(
    home: Path, nasty: Nasty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before, out = digest(nasty.path), tmp_path / "out" / "prepared.jsonl"
    out.parent.mkdir()
    said = tunesmith("prepare", nasty.path, "--yes", "-o", out)
    assert said.code in (0, 2), said.words
    assert "Traceback" not in said.words
    assert digest(nasty.path) == before, "the original was touched"
    assert not (tmp_path.parent / "escaped.csv").exists()
    if said.code == 2:
        assert nasty.outcome != "read", said.words
    else:
        assert nasty.outcome != "refused"
        assert said.document["conserved"], "a value changed that no step changes"
        assert tunesmith("inspect", out).document["rows"] == said.document["rows_out"]


MEASURED = """
import json, resource, sys
from tests.trainer.data.test_nasty import told
from tests.trainer.data.nasty import Nasty
from pathlib import Path
report, words = told(Nasty(Path(sys.argv[1])))
peak = int(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0]) / 1024
print(json.dumps({"report": report, "words": words[:100_000], "peak_mb": peak}, default=str))
"""


@pytest.fixture
def big(nasty: Nasty) -> Iterator[Nasty]:
    yield nasty
    nasty.path.unlink()


@pytest.mark.parametrize("nasty", HUGE, indirect=True)
def test_huge_lines_stay_small_in_memory(home: Path, big: Nasty) -> None:
    command = [sys.executable, "-c", MEASURED, str(big.path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=ROOT, env=os.environ)
    assert done.returncode == 0, done.stderr[-800:]
    found = json.loads(done.stdout)
    assert found["peak_mb"] < PEAK_MB
    assert all(w.lower() in found["words"].lower() for w in big.says), found["words"][:400]
    if found["report"]:
        assert set(big.rules) <= {f["rule"] for f in found["report"]["findings"]}


def test_there_are_enough_of_them() -> None:
    assert len(load()) >= 30
