"""What lies beside the data: what the answers are, whether a teacher cuts text alike, files by their content."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from trainer.base_models import from_folder, resolve
from trainer.data.convert import Example
from trainer.errors import UserFacingError
from trainer.paths import BUILTIN_MODEL
from trainer.recipes import beside
from trainer.wishes import Wishes


def said(*answers: str) -> list[Example]:
    return [Example(i, (("user", "q"), ("assistant", a))) for i, a in enumerate(answers, 1)]


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        (("12", "-3.5", "1,200", "$4", "17 %"), "number"),
        (("She has 3. So 3 x 4.\n#### 12", "Half.\n#### 1,050"), "number"),
        (("12", "twelve"), ""),
        (("call 112",), ""),
        ((), ""),
    ],
)
def test_answers_are_numbers_when_nearly_all_are(answers: tuple[str, ...], kind: str) -> None:
    assert beside.kind_of_answers(said(*answers)) == kind


def test_tokenizers_are_alike_by_their_bytes(tmp_path: Path) -> None:
    student = resolve(None)
    same = tmp_path / "same"
    shutil.copytree(BUILTIN_MODEL, same)
    assert beside.same_tokenizer(from_folder(same, "t"), student) is True
    (same / "tokenizer.json").write_text((same / "tokenizer.json").read_text() + "\n")
    assert beside.same_tokenizer(from_folder(same, "t"), student) is False
    assert beside.same_tokenizer(resolve("Qwen/Qwen3-8B"), student) is None


def test_files_are_bound_by_their_content(tmp_path: Path) -> None:
    file = tmp_path / "reward.py"
    file.write_text("def reward(completion, **columns): return 1.0\n")
    first = beside.read(Wishes(reward_file=str(file)), resolve(None), []).fingerprints["reward_file"]
    file.write_text(file.read_text() + "# changed\n")
    assert beside.read(Wishes(reward_file=str(file)), resolve(None), []).fingerprints["reward_file"] != first
    with pytest.raises(UserFacingError, match="reward_file is not there"):
        beside.read(Wishes(reward_file="nowhere.py"), resolve(None), [])
