"""The honest table and its verdict: what wins, what ties, what was given away, what was learned by heart."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from trainer.data.convert import Example
from trainer.evaluation import baselines, memorised, micro, prompting
from trainer.evaluation.calibration import calibration
from trainer.evaluation.contamination import contaminated
from trainer.evaluation.dealt import dealt
from trainer.evaluation.kinds import kinds
from trainer.evaluation.slices import groups_in, slices
from trainer.evaluation.table import Name, confused, details, table
from trainer.evaluation.verdicts import verdict
from trainer.proposal import propose
from trainer.wishes import Wishes

TOPICS = {
    "refund": "I want my money back for the {}",
    "login": "I cannot log into my account since the {} came",
    "delivery": "the parcel with the {} never arrived at my door",
}
THINGS = ("kettle", "tent", "lamp", "boots", "rope", "stove", "map", "hat", "coat", "bag", "cup", "knife")


def told(row: int, question: str, answer: str) -> Example:
    return Example(row, (("user", question), ("assistant", answer)))


def letters(count: int, seed: int = 0) -> list[Example]:
    lot = random.Random(seed)
    out = []
    for i in range(1, count + 1):
        topic = lot.choice(list(TOPICS))
        out.append(told(i, TOPICS[topic].format(f"{lot.choice(THINGS)} {lot.randrange(1000)}"), topic))
    return out


def answers(rows: list[Example], right: float, lot: random.Random, wrong: str = "nothing") -> list[str]:
    return [row.answer if lot.random() < right else wrong for row in rows]


def found(rows: list[Example], leaked: dict[int, int] | None = None, **shares: float):
    lot = random.Random(1)
    said: dict[Name, list[str]] = {name: answers(rows, share, lot) for name, share in shares.items()}  # type: ignore[misc]
    return table(kinds()["labels"], rows, said, leaked or {})


def test_better_than_each_way_of_asking_is_said_with_an_interval() -> None:
    one = found(letters(100), tuned=0.9, zero_shot=0.0, few_shot=0.4, instructed=0.2, constant=0.35, classifier=0.6)
    told = verdict(one)
    assert told["better"] is True
    assert "Training was worth it: accuracy" in told["sentence"] and "shown like examples" in told["sentence"]
    assert "A classical classifier" in told["lines"][0] and "ahead by" in told["lines"][0]


def test_where_nobody_is_right_nothing_simple_is_recommended() -> None:
    told = verdict(
        found(letters(60), tuned=0.0, zero_shot=0.0, few_shot=0.0, instructed=0.0, constant=0.0, classifier=0.0)
    )
    assert told["better"] is None and "needed" not in told["sentence"]
    assert told["lines"][0].endswith("gets nothing right either.")


def test_prompting_that_wins_is_said_to_win() -> None:
    told = verdict(found(letters(100), tuned=0.5, zero_shot=0.1, few_shot=0.9, instructed=0.2, constant=0.3))
    assert told["better"] is False and told["sentence"].startswith("Training lost")


def test_too_few_rows_show_nothing_and_the_number_needed_is_named() -> None:
    rows = letters(40)
    tuned = [row.answer if i < 24 else "nothing" for i, row in enumerate(rows)]
    shown = [row.answer if 4 <= i < 26 else "nothing" for i, row in enumerate(rows)]
    said: dict[Name, list[str]] = {"tuned": tuned, "few_shot": shown, "constant": ["nothing"] * 40}
    told = verdict(table(kinds()["labels"], rows, said, {}))
    assert told["better"] is None and "No difference that 40 rows could show" in told["sentence"]
    assert "rows would show it" in told["sentence"]


def test_a_model_that_only_learned_the_commonest_label_has_not_improved() -> None:
    told = verdict(found(letters(80), tuned=0.35, zero_shot=0.0, few_shot=0.0, instructed=0.0, constant=0.35))
    assert told["better"] is None
    assert "don't show that it knows" in told["sentence"] and "always giving the same answer" in told["sentence"]


def test_answers_that_do_not_depend_on_the_question_are_no_improvement() -> None:
    rows, lot = letters(120), random.Random(5)
    said: dict[Name, list[str]] = {
        "tuned": [lot.choice(list(TOPICS)) for _ in rows],
        "zero_shot": ["nothing"] * 120,
        "constant": ["nothing"] * 120,
    }
    told = verdict(table(kinds()["labels"], rows, said, {}))
    assert told["better"] is None and "dealt out to other questions" in told["sentence"]


def test_dealt_answers_are_never_a_rows_own() -> None:
    own = [f"answer {i}" for i in range(30)]
    assert dealt("exact_match", own, own).max() == 0
    assert dealt("exact_match", ["same"] * 30, ["same"] * 30).min() == 1
    assert dealt("exact_match", ["one"], ["one"]).tolist() == [0]


def test_a_classifier_that_ties_means_that_no_language_model_is_needed() -> None:
    one = found(letters(60), tuned=0.9, zero_shot=0.0, few_shot=0.1, instructed=0.1, constant=0.3, classifier=0.92)
    assert "no language model is needed" in verdict(one)["sentence"]


def test_the_verdict_goes_by_the_rows_that_were_not_given_away() -> None:
    rows = letters(60)
    leaked = {i: 900 + i for i in range(30)}
    lot = random.Random(0)
    said: dict[Name, list[str]] = {
        "tuned": [r.answer if i in leaked else "nothing" for i, r in enumerate(rows)],
        "zero_shot": answers(rows, 0.1, lot),
        "constant": ["refund"] * 60,
    }
    one = table(kinds()["labels"], rows, said, leaked)
    told = verdict(one)
    assert told["clean"] and told["better"] is not True
    assert "30 of 60 sealed rows say nearly the same" in told["lines"][0]
    assert "With them the tuned model reaches 50.0 %, without them 0.0 %" in told["lines"][0]


def test_where_nearly_all_was_given_away_nothing_is_said_of_the_rest() -> None:
    rows = letters(60)
    one = found(rows, {i: 900 + i for i in range(55)}, tuned=1.0, zero_shot=0.0, constant=0.2)
    told = verdict(one)
    assert told["better"] is None and "too few others are left" in told["sentence"]


def test_a_way_that_surely_wins_is_not_hidden_by_one_that_may() -> None:
    rows = letters(100)
    right, wrong = [r.answer for r in rows], ["nothing"] * 100
    said: dict[Name, list[str]] = {
        "tuned": right[:60] + wrong[60:],
        "few_shot": wrong[:40] + right[40:],
        "instructed": right[:75] + wrong[75:],
        "constant": wrong,
    }
    assert verdict(table(kinds()["labels"], rows, said, {}))["better"] is False


def test_a_shared_system_turn_gives_nothing_away() -> None:
    lot = random.Random(4)
    words = [f"w{i}" for i in range(900)]
    lead = ("system", " ".join(lot.choice(words) for _ in range(130)))

    def row(n: int) -> Example:
        return Example(n, (lead, ("user", " ".join(lot.sample(words, 10))), ("assistant", "x")))

    assert contaminated([row(i) for i in range(60)], [row(100 + i) for i in range(20)]) == {}


def test_near_copies_of_training_rows_are_found_and_others_are_not() -> None:
    train = letters(80, seed=2)
    sealed = [
        told(500, "a wholly other thing about the weather and the long road home to the sea", "delivery"),
        told(501, train[3].prompt + "!", train[3].answer),
        told(502, train[7].prompt.upper(), train[7].answer),
    ]
    assert contaminated(train, sealed) == {1: train[3].row, 2: train[7].row}


def test_questions_of_single_letters_can_be_classified() -> None:
    rows = [told(i, f"{i % 10} + {i % 7}", "odd" if i % 2 else "even") for i in range(40)]
    assert set(baselines.classifier(rows, rows[:4])) <= {"odd", "even"}


def test_what_needs_no_language_model() -> None:
    train, sealed = letters(200), letters(40, seed=9)
    said = baselines.classifier(train, sealed)
    assert np.mean([a == r.answer for a, r in zip(said, sealed, strict=True)]) > 0.95
    assert baselines.classifier(train[:1], sealed[:2]) == [train[0].answer] * 2
    assert baselines.constant([told(1, "a", "x"), told(2, "b", "y"), told(3, "c", "y")], labels=True) == "y"
    replies = [told(i, "q", f"Hello from us, we send the {t} soon") for i, t in enumerate(THINGS)]
    assert baselines.constant([*replies, told(99, "q", "No.")], labels=False).startswith("Hello")
    near = baselines.Nearest(train).to([told(1, train[5].prompt, "")], 2)
    assert near[0][0].prompt == train[5].prompt


def test_examples_stand_before_the_question_as_many_as_fit() -> None:
    train = letters(50)
    asked = [Example(1, (("system", "Be brief."), ("user", "my kettle never arrived"), ("assistant", "delivery")))]
    near = baselines.Nearest(train)
    (all_fit,) = prompting.few_shot(asked, near, lambda turns: True)
    assert [t["role"] for t in all_fit] == ["system", *["user", "assistant"] * prompting.SHOTS, "user"]
    assert all_fit[-1]["content"] == "my kettle never arrived" and all_fit[-2]["content"] == "delivery"
    (two,) = prompting.few_shot(asked, near, lambda turns: len(turns) <= 6)
    assert len(two) == 6
    (none,) = prompting.few_shot(asked, near, lambda turns: False)
    assert none == prompting.told(asked[0])


@pytest.mark.parametrize(
    ("kind", "replies", "words"),
    [
        ("labels", ["refund", "login", "refund"], "Labels: refund, login"),
        ("json", ['{"total": 1, "vat": 2}', '{"total": 3, "vat": 1}'], "with the fields total, vat"),
        ("numbers", ["so #### 7", "thus #### 9"], '"#### "'),
        ("numbers", ["7", "9"], "Answer with the number."),
        ("text", ["Dear friend, it is late. Yours, Ann"] * 4 + ["Dear friend, come soon. Yours, Ann"], "Begin with"),
    ],
)
def test_the_instruction_is_read_off_the_answers(kind: str, replies: list[str], words: str) -> None:
    rows = [told(i, "q", reply) for i, reply in enumerate(replies)]
    assert words in prompting.instruction_for(kinds()[kind], rows)


def test_an_instruction_stands_in_the_last_question() -> None:
    (turns,) = prompting.instructed([told(1, "where is it", "x")], "Be kind.", lambda turns: True)
    assert turns == [{"role": "user", "content": "Be kind.\n\nwhere is it"}]


def test_weak_parts_are_found_and_even_ones_are_not_called_weak() -> None:
    rows = letters(200)
    ours = np.array([0.0 if row.answer == "login" else 1.0 for row in rows])
    parts = slices(rows, ours, np.zeros(200), labels=True)
    assert parts[0]["part"] == "login" and parts[0]["weak"]
    even = slices(rows, np.array([1.0, 0.0] * 100), np.zeros(200), labels=True)
    assert not any(part["weak"] for part in even)


def test_a_column_of_the_data_makes_parts_while_the_file_is_as_it_was(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "groups.csv"
    lines = [f"question {i} of many?,the answer to {i},{'gold' if i % 2 else 'plain'},{i}" for i in range(60)]
    path.write_text("question,answer,customer,number\n" + "\n".join(lines) + "\n", "utf-8")
    plan = propose(path, Wishes(goal="answer", dataset_path=str(path))).plan
    groups = groups_in(plan)
    assert set(groups) == {"customer"} and groups["customer"][1] == "plain" and groups["customer"][2] == "gold"
    rows = [told(i, f"question {i - 1}", "x") for i in range(1, 61)]
    ours = np.array([float(i % 2) for i in range(60)])
    parts = [p for p in slices(rows, ours, np.zeros(60), False, groups) if p["by"] == "customer"]
    assert [(p["part"], p["weak"]) for p in parts] == [("plain", True), ("gold", False)]
    path.write_text(path.read_text("utf-8") + "one more,row,gold,61\n", "utf-8")
    assert groups_in(plan) == {}


def test_details_name_the_best_the_worst_and_what_was_confused() -> None:
    rows = letters(30)
    tuned = [r.answer if i > 3 else "zzz" for i, r in enumerate(rows)]
    one = details(kinds()["labels"], rows, tuned, ["nothing"] * 30)
    assert one["best"][0]["scores"] == [1.0, 0.0]
    assert one["worst"] and all(row["scores"][0] == 0 for row in one["worst"])
    assert confused(["b", "b", "zzz"], ["a", "a", "b"]) == [
        {"right": "a", "said": "b", "times": 2},
        {"right": "b", "said": "no label", "times": 1},
    ]


def test_personal_data_in_answers_is_tried_and_public_wording_is_not() -> None:
    rows = [told(i, f"question {i}", f"Write to desk@shop.example please, {i}") for i in range(30)]
    rows.append(told(99, "my card?", "Your card is 4111 1111 1111 1111, as you said."))
    rows.append(told(98, "my code?", "The code is 4821-7730-1196."))
    tried = memorised.places(rows)
    assert {place.row.row for place in tried} == {98, 99}
    card = next(place for place in tried if place.row.row == 99)
    assert card.before == "Your card is "
    seen = memorised.memorised([card], ["something"], ["4111-1111-1111-1111, as you"])
    assert (seen["tried"], seen["found"], seen["rows"]) == (1, 1, [99])
    assert memorised.memorised([card], ["4111 1111 1111 1111"], ["4111 1111 1111 1111"])["found"] == 0


def test_the_small_test_counts_an_item_right_only_where_the_right_completion_is_likeliest() -> None:
    rows = micro.examples(chat=True)
    best = [x for item in micro.items() for x in (0.5, *[1.0] * len(item.wrong))]
    assert micro.right(best).mean() == 1.0 and micro.right([1.0] * len(rows)).mean() == 0.0
    card = micro.card(best, [1.0] * len(rows))
    assert set(card["worse"]) == set(micro.TOPICS) and card["knew"]
    assert not micro.card(best, best)["worse"]
    assert len(micro.examples(chat=False)) == len(rows) and not micro.examples(chat=False)[0].messages


def test_calibration_is_nought_where_sureness_is_right() -> None:
    rng = np.random.default_rng(0)
    sure = rng.random(4000)
    right = (rng.random(4000) < sure).astype(float)
    assert calibration(sure, right)["error"] < 0.04
    assert calibration(np.full(50, 0.9), np.zeros(50))["error"] == pytest.approx(0.9)
