"""A person's own file: what was approved is what runs, and what breaks in it breaks nothing here."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from trainer.errors import UserFacingError
from trainer.plan.methods import Reward
from trainer.rewards import check, custom, fingerprint, functions, shown

Notes = list[dict[str, Any]]


def made(folder: Path, text: str, approved: bool = True) -> Reward:
    file = folder / "mine.py"
    file.write_text(text, "utf-8")
    return Reward(kind="custom", file=str(file), fingerprint=fingerprint(file) if approved else None)


def scores(reward: Reward, completions: list[str], notes: Notes | None = None, **columns: Any) -> list[float | None]:
    (function,) = functions((reward,), Path("/nowhere"), notes.append if notes is not None else None)
    return function(prompts=["ask"] * len(completions), completions=completions, **columns)


def test_it_is_given_the_row_and_its_number_is_kept(tmp_path: Path) -> None:
    text = "def reward(completion, prompt, reference, colour, **columns):\n"
    text += "    assert (prompt, reference, colour, columns['row']) == ('ask', 'r', ['red'], 7), columns\n"
    text += "    return len(completion) - 2.5\n"
    assert scores(made(tmp_path, text), ["abc", ""], reference=["r"] * 2, row=[7] * 2, colour=[["red"]] * 2) == [
        0.5,
        -2.5,
    ]


def test_in_training_it_sees_the_prompt_as_a_person_wrote_it(tmp_path: Path) -> None:
    """Trainers are given rendered prompts, whose control tokens are none of a reward's business."""
    from trainer.data.convert import Example
    from trainer.data.tokenizer import load
    from trainer.methods.dataset import prompts
    from trainer.paths import BUILTIN_MODEL

    row = Example(3, (("user", "Where is it?"), ("assistant", "Here.")))
    given = prompts([row], load(str(BUILTIN_MODEL)))[0]
    assert given["prompt"] != "Where is it?"
    text = "def reward(completion, prompt, **columns):\n"
    text += "    assert prompt == 'Where is it?' and set(columns) == {'reference', 'row'}, (prompt, columns)\n"
    text += "    return 1\n"
    (function,) = functions((made(tmp_path, text),), tmp_path)
    columns = {name: [value] for name, value in given.items() if name != "prompt"}
    assert function(prompts=[given["prompt"]], completions=["x"], **columns) == [1.0]


def test_any_other_file_is_refused(tmp_path: Path) -> None:
    reward = made(tmp_path, "def reward(completion, **columns):\n    return 1\n")
    Path(str(reward.file)).write_text("def reward(completion, **columns):\n    return 2\n")
    with pytest.raises(UserFacingError, match="not the file that was approved"):
        functions((reward,), tmp_path)
    with pytest.raises(UserFacingError, match="never shown for approval"):
        functions((made(tmp_path, "def reward(completion, **columns):\n    return 1\n", approved=False),), tmp_path)


def test_a_file_swapped_after_the_check_does_not_run(tmp_path: Path) -> None:
    reward = made(tmp_path, "def reward(completion, **columns):\n    return 1\n")
    (function,) = functions((reward,), tmp_path)
    Path(str(reward.file)).write_text("def reward(completion, **columns):\n    return 99\n")
    assert function(prompts=["q"], completions=["a"]) == [1.0]


def test_an_error_is_told_after_three_with_its_line(tmp_path: Path) -> None:
    text = "def reward(completion, **columns):\n    return 1 / len(completion)\n"
    notes: Notes = []
    assert scores(made(tmp_path, text), ["", "ab", "", "", ""], notes) == [None, 0.5, None, None, None]
    (told,) = [n for n in notes if n["event"] == "reward_failing"]
    assert "ZeroDivisionError" in told["advice"]
    assert "line 2" in told["advice"]
    assert notes[-1]["failures"] == {"custom": 4}


@pytest.mark.parametrize("value", ["'0.5'", "None", "float('nan')", "float('inf')", "[1]", "1j"])
def test_what_is_no_number_is_no_score(tmp_path: Path, value: str) -> None:
    assert scores(made(tmp_path, f"def reward(completion, **columns):\n    return {value}\n"), ["a"]) == [None]


def test_numbers_of_libraries_and_truth_count(tmp_path: Path) -> None:
    text = (
        "import numpy as np\ndef reward(completion, **columns):\n    return np.float32(0.25) if completion else True\n"
    )
    assert scores(made(tmp_path, text), ["a", ""]) == [0.25, 1.0]


def test_a_crash_costs_one_answer(tmp_path: Path) -> None:
    text = "import os\ndef reward(completion, **columns):\n"
    text += "    if completion == 'die':\n        os._exit(1)\n    return 1\n"
    notes: Notes = []
    assert scores(made(tmp_path, text), ["a", "die", "b", "die", "die"], notes) == [1, None, 1, None, None]
    (told,) = [n for n in notes if n["event"] == "reward_failing"]
    assert "ended by itself" in told["why"]


def test_an_endless_loop_costs_one_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(custom, "SECONDS", 1.0)
    text = "def reward(completion, **columns):\n    while completion == 'loop':\n        pass\n    return 1\n"
    started = time.monotonic()
    assert scores(made(tmp_path, text), ["a", "loop", "b"]) == [1, None, 1]
    assert time.monotonic() - started < 30


def test_what_it_prints_is_not_taken_for_an_answer(tmp_path: Path) -> None:
    text = "import os\nprint('{}')\ndef reward(completion, **columns):\n    print('{\"score\": 9}')\n"
    text += '    os.write(1, b\'{"id": 0, "score": 9}\\n\')\n    return 0.5\n'
    assert scores(made(tmp_path, text), ["a", "b"]) == [0.5, 0.5]


def test_a_file_that_can_not_be_loaded_is_told(tmp_path: Path) -> None:
    notes: Notes = []
    assert (
        scores(made(tmp_path, "import not_there\ndef reward(c, **k):\n    return 1\n"), ["a"] * 3, notes) == [None] * 3
    )
    assert "not_there" in notes[0]["advice"]
    assert "mine.py" in notes[0]["advice"]


def test_keys_stay_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    text = "import os\ndef reward(completion, **columns):\n    return 'OPENAI_API_KEY' in os.environ\n"
    assert scores(made(tmp_path, text), ["a"]) == [0.0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def reward(completion, **columns)\n    return 1", "no Python"),
        ("def score(completion, **columns):\n    return 1", "no `def reward"),
        ("def reward(completion):\n    return 1", "must take **columns"),
        ("raise SystemExit", "no `def reward"),
    ],
)
def test_faults_are_found_by_reading(tmp_path: Path, text: str, words: str) -> None:
    assert words in (check(made(tmp_path, text)) or "")


def test_reading_runs_nothing(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    text = f"open({str(mark)!r}, 'w')\ndef reward(completion, **columns):\n    return 1\n"
    reward = made(tmp_path, text)
    assert check(reward) is None
    assert shown(reward) == text
    assert not mark.exists()


def test_a_long_file_is_shown_in_part_and_says_so(tmp_path: Path) -> None:
    text = shown(made(tmp_path, "# x\n" * 10_000))
    assert len(text) < custom.SHOWN + 200
    assert "20,000 more characters" in text
