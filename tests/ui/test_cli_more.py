"""The commands more and accept: a preview without --yes, one file with it, one sentence for a mistake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from trainer.paths import SAMPLE_DATA
from ui.cli.main import app


def ran(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_without_yes_nothing_is_made(home: Path) -> None:
    done = ran("more", str(SAMPLE_DATA), "--how", "rare_classes", "--rows", "12", "--json")
    assert done.exit_code == 0
    shown = json.loads(done.stdout)
    assert (shown["applied"], shown["offer"]["made"]) == (False, 12)
    assert not (home / "prepared").exists()


def test_made_accepted_and_ready_to_train(home: Path) -> None:
    made = json.loads(ran("more", str(SAMPLE_DATA), "--rows", "10", "--yes", "--json").stdout)
    assert made["applied"]
    assert made["record"]["output"]["rows"] == 10
    taken = json.loads(ran("accept", made["output"], "--rows", "1-3,7", "--json").stdout)
    assert len(Path(taken["output"]).read_text().splitlines()) == 755 + 4


def test_the_output_named(home: Path, tmp_path: Path) -> None:
    target = tmp_path / "mine.jsonl"
    assert ran("more", str(SAMPLE_DATA), "--rows", "5", "--yes", "-o", str(target)).exit_code == 0
    assert len(target.read_text().splitlines()) == 5
    again = ran("more", str(SAMPLE_DATA), "--rows", "5", "--yes", "-o", str(target))
    assert again.exit_code == 2


def test_a_model_is_named_with_its_cost_before_anything_is_sent(home: Path) -> None:
    done = ran("more", str(SAMPLE_DATA), "--how", "paraphrase", "--rows", "20", "--model", "gpt-4o-mini", "--json")
    offer = json.loads(done.stdout)["offer"]
    assert offer["model"] == "gpt-4o-mini"
    assert 0 < offer["spending"]["cost"]["low"] < offer["spending"]["cost"]["high"]
    assert offer["sent_columns"] == ["customer_message"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--how", "magic"], "I know no way"),
        (["--how", "paraphrase"], "no language model is chosen"),
        (["--rows", "0"], "rows"),
        (["--set", "colour=red"], "no colour to set"),
        (["--set", "seed=many"], "seed"),
        (["-o", "x.csv"], ".jsonl"),
    ],
)
def test_a_mistake_is_one_sentence(home: Path, words: list[str], said: str) -> None:
    done = ran("more", str(SAMPLE_DATA), *words, "--json")
    assert done.exit_code == 2
    assert said in json.loads(done.stdout)["error"]
    assert "Traceback" not in done.output
