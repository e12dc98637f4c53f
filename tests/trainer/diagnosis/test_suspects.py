"""Rows behind a moment: surprise by robust deviations, oddness by the file, both in one order."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from trainer.data.convert import Example
from trainer.diagnosis.dealt import Step, read_steps
from trainer.diagnosis.oddities import Odd, neighbours_disagree, oddities
from trainer.diagnosis.suspects import of_run, of_steps


def run_of(count: int = 60, rows: int = 8, bad: int | None = None, at: int = 40) -> list[Step]:
    """Falling losses with noise; the row `bad` is dealt at step `at` and is not known at all."""
    lot, out = random.Random(0), []
    for step in range(1, count + 1):
        numbers = [lot.randrange(1, 1000) for _ in range(rows)]
        losses = [3.0 / (1 + 0.1 * step) * lot.uniform(0.7, 1.3) for _ in range(rows)]
        if bad is not None and step == at:
            numbers[3], losses[3] = bad, 9.0
        out.append(Step(step, tuple(numbers), tuple(losses)))
    return out


def test_the_row_of_a_spike_is_named_first_with_the_usual() -> None:
    steps = run_of(bad=5000)
    first, *_ = of_steps(steps, 38, 42, {})
    assert (first.row, first.step, first.loss) == (5000, 40, 9.0)
    assert first.usual == pytest.approx(0.6, abs=0.2) and first.score > 15
    assert of_run(steps, {})[0].row == 5000
    assert 5000 not in [s.row for s in of_steps(steps, 1, 30, {})]


def test_nothing_stands_out_where_nothing_does() -> None:
    assert all(s.score < 6 for s in of_steps(run_of(), 38, 42, {}))


def test_without_losses_oddness_speaks() -> None:
    steps = [Step(1, (7, 8, 9)), Step(2, (10,))]
    found = of_steps(steps, 1, 1, {8: (Odd("in another language"),), 10: (Odd("long"),)})
    assert [(s.row, s.odd, s.loss) for s in found] == [(8, ("in another language",), None)]


def test_damaged_rows_outweigh_ordinary_mistakes_once_the_rest_is_learned() -> None:
    lot = random.Random(1)
    steps = [Step(n, tuple(range(8 * n, 8 * n + 8)), tuple(lot.uniform(0, 0.002) for _ in range(8))) for n in range(60)]
    steps[50] = Step(50, (1, 2, *range(402, 408)), (1.5, 0.001, *(0.0 for _ in range(6))))
    found = of_run(steps, {2: (Odd("a block of 400 characters", 20.0),)})
    assert [s.row for s in found[:2]] == [2, 1] and found[1].score < 20
    assert all(s.score < 1 for s in found[2:])


def test_a_loss_that_is_no_number_is_the_most_surprising() -> None:
    steps = run_of()
    steps[20] = Step(21, (4242, 1), (float("nan"), 1.0))
    assert of_steps(steps, 21, 21, {})[0].row == 4242


def test_the_last_making_of_a_step_counts_and_processes_are_joined(tmp_path: Path) -> None:
    lines = [{"step": 1, "rows": [1], "losses": [2.0]}, {"step": 2, "rows": [2], "losses": [2.0]}]
    lines += [{"step": 2, "rows": [3], "losses": ["NaN"]}, {"step": 2, "eval": True, "rows": [9], "losses": [1.0]}]
    (tmp_path / "steps.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (tmp_path / "steps-1.jsonl").write_text(json.dumps({"step": 2, "rows": [4], "losses": [0.5]}) + "\n{torn")
    one, two = read_steps(tmp_path)
    assert (one.rows, one.losses) == ((1,), (2.0,))
    assert sorted(two.rows) == [3, 4] and len(two.losses) == 2
    assert [s.rows for s in read_steps(tmp_path, evaluations=True)] == [(9,)]


def told(row: int, question: str, answer: str) -> Example:
    return Example(row, (("user", question), ("assistant", answer)))


GOOD = [
    told(i, f"Where is the parcel number {i} that I ordered?", f"It is on its way to you, {i}.") for i in range(1, 40)
]


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (told(99, "Where is it?", "aGVsbG8gd29ybGQ" * 20), "without a space"),
        (told(99, "Where is it?", "It is on its way. " * 60), "times as long"),
        (
            told(
                99,
                "Wo ist mein Paket geblieben?",
                "Es tut mir leid, Ihre Lieferung kommt leider erst nächste Woche an.",
            ),
            "another language",
        ),
        (told(99, GOOD[0].prompt, "No."), "answered otherwise than the same question in row 1"),
        (told(99, "Where?", "\ufffd\ufffd\ufffd\x00 broken"), "can't be shown"),
    ],
)
def test_what_is_odd_about_a_row(bad: Example, words: str) -> None:
    found = oddities([*GOOD, bad])
    assert any(words in odd.words for odd in found[99])
    assert set(found) <= {1, 99}
    assert oddities(GOOD) == {}


def test_a_link_is_no_block() -> None:
    assert oddities([*GOOD, told(99, "Where?", "See https://example.org/" + "a" * 100)]) == {}


def test_neighbours_with_another_answer() -> None:
    rows = [told(i, f"I was charged twice, case {i}", "refund") for i in range(1, 5)]
    assert "(" in neighbours_disagree(told(9, "I was charged twice, case 9", "login"), rows)
    assert neighbours_disagree(told(9, "I was charged twice, case 9", "refund"), rows) == ""
    assert neighbours_disagree(told(9, "My password is lost and I can't log in", "login"), rows) == ""
