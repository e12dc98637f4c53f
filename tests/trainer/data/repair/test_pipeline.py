from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trainer.data.repair.fakes import PAIRS, Rows, diagnosed
from trainer.data.doctor.diagnosis import Diagnosis, Found
from trainer.data.formats import Shape
from trainer.data.repair import steps as s
from trainer.data.repair.merging import Merged
from trainer.data.repair.pipeline import Outcome, apply
from trainer.errors import UserFacingError

Rowlist = list[dict[str, Any]]


def done(rows: Rowlist, *steps: Any, found: Diagnosis | None = None, shape: Shape = PAIRS) -> tuple[Rowlist, Outcome]:
    out: Rowlist = []
    outcome = apply(Rows(rows), shape, s.Recipe(steps=steps), found or Diagnosis(), out.append)
    assert outcome.adds_up and outcome.conserved, outcome
    assert outcome.rows_out == len(out)
    return out, outcome


def pairs(n: int = 12) -> Rowlist:
    return [{"id": f"00{i}", "prompt": f"question {i}", "completion": f"answer {i}"} for i in range(1, n + 1)]


def test_nothing_to_do_changes_nothing() -> None:
    rows = pairs()
    out, outcome = done(rows)
    assert out == rows and outcome.changed == 0


def test_the_first_row_left_of_a_group_is_kept() -> None:
    found = diagnosed({"refusals": [1]}, exact_duplicates=[[1, 4, 7]], near_duplicates=[[2, 3]])
    out, outcome = done(pairs(), s.Drop(rules=("refusals",)), s.Deduplicate(), found=found)
    assert [r["id"] for r in out][:4] == ["002", "003", "004", "005"]
    assert outcome.steps[1].rows == (7,)
    out, _ = done(pairs(), s.Deduplicate(how="near"), found=found)
    assert [r["id"] for r in out] == ["001", "002", "005", "006", "008", "009", "0010", "0011", "0012"]


def test_columns_are_dropped_and_renamed_with_their_values() -> None:
    shape = Shape("unclear", {})
    out, outcome = done(pairs(2), s.DropColumns(columns=("id",)), s.MapColumns(roles={"q": "prompt"}), shape=shape)
    assert out == [{"q": f"question {i}", "completion": f"answer {i}"} for i in (1, 2)]
    assert outcome.steps[0].changed == 2


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (s.DropColumns(columns=("nome",)), "no column nome"),
        (s.MapColumns(roles={"q": "promt"}), "Did you mean prompt"),
        (s.MapColumns(roles={"id": "prompt"}), "already"),
        (s.Balance(), "which column"),
        (s.Split(how="group"), "needs a column"),
        (s.Split(how="time"), "needs a column of dates"),
        (s.Split(how="time", column="prompt"), "no dates"),
        (s.Review(decisions={1: {"nope": "x"}}), "no column nope"),
    ],
)
def test_what_cannot_be_done_is_told(step: Any, told: str) -> None:
    with pytest.raises(UserFacingError, match=told):
        done(pairs(), step)


def test_private_values_get_one_placeholder_each() -> None:
    rows = [
        {"prompt": "I am ann@x.org", "completion": "Hello Ann@x.org, call +49 30 1234567", "note": "bob@y.org"},
        {"prompt": "bob@y.org again", "completion": "fine", "note": ""},
    ]
    out, outcome = done(rows, s.Redact(kinds=("email", "phone")))
    assert out[0] == {"prompt": "I am [EMAIL_1]", "completion": "Hello [EMAIL_1], call [PHONE_1]", "note": "[EMAIL_2]"}
    assert out[1]["prompt"] == "[EMAIL_2] again"
    shown = " ".join(d.before + d.after for d in outcome.steps[0].diffs)
    assert "ann@x" not in shown.lower() and "1234567" not in shown and "a•••@•••" in shown


def test_texts_inside_messages_are_mended() -> None:
    turns = [{"role": "user", "content": "CafÃ© <|im_start|>system"}, {"role": "assistant", "content": "ok"}]
    shape = Shape("messages", {"messages": "messages"})
    out, _ = done([{"id": "Ã©", "messages": turns}], s.FixEncoding(), s.EscapeControl(), shape=shape)
    assert out[0]["messages"][0]["content"] == "Café < |im_start|>system"
    assert out[0]["id"] == "Ã©" and turns[0]["content"].startswith("CafÃ©")


def test_html_boilerplate_placeholders_and_labels() -> None:
    rows = [{"text": "<p>Hello <b>you</b> &amp; me</p>\nSent from my phone", "label": "Bill"}]
    shape = Shape("text_label", {"prompt": "text", "label": "label"})
    found = Diagnosis({"boilerplate": Found("boilerplate", 1, (1,), {"all": ["Sent from my phone"]})})
    steps = (s.StripHtml(), s.StripBoilerplate(), s.UnifyLabels(mapping={"Bill": "bill"}))
    out, outcome = done(rows, *steps, found=found, shape=shape)
    assert out == [{"text": "Hello you & me", "label": "bill"}]
    assert [c.changed for c in outcome.steps] == [1, 1, 1]
    filled, _ = done(
        [{"text": "Dear {{ name }}, {{other}}", "label": "x"}], s.FillPlaceholders(values={"name": "Ann"}), shape=shape
    )
    assert filled[0]["text"] == "Dear Ann, {{other}}"


def test_a_sample_and_a_shuffle_are_seeded() -> None:
    rows = pairs(50)
    one, _ = done(rows, s.Sample(rows=10))
    assert one == done(rows, s.Sample(rows=10))[0] and len(one) == 10
    assert [r["id"] for r in one] == sorted((r["id"] for r in one), key=int)
    mixed, _ = done(rows, s.Shuffle(seed=3))
    assert mixed != rows and sorted(mixed, key=lambda r: int(r["id"])) == rows


def test_rows_that_ask_the_same_stay_on_one_side() -> None:
    rows = [{"prompt": f"q{i % 40}", "completion": f"a{i}"} for i in range(200)]
    out, _ = done(rows, s.Split(val=0.1, holdout=0.1), found=diagnosed(near_duplicates=[[1, 2], [3, 150]]))
    side = {r["prompt"]: r["split"] for r in out}
    assert all(side[r["prompt"]] == r["split"] for r in out)
    assert side["q0"] == side["q1"] and side["q2"] == side["q29"]
    counts = [sum(r["split"] == name for r in out) for name in ("validation", "holdout")]
    assert counts == [20, 20]


def test_splits_by_class_and_by_time() -> None:
    rows = [{"prompt": f"q{i}", "label": "ab"[i % 10 == 0], "date": f"2024-01-{i % 28 + 1:02}"} for i in range(100)]
    shape = Shape("text_label", {"prompt": "prompt", "label": "label"})
    out, _ = done(rows, s.Split(val=0.2, how="stratified"), shape=shape)
    assert sum(r["split"] == "validation" for r in out if r["label"] == "b") == 2
    out, _ = done(rows, s.Split(val=0.1, holdout=0.1, how="time", column="date"), shape=shape)
    dates = {side: [r["date"] for r in out if r["split"] == side] for side in ("train", "validation", "holdout")}
    assert max(dates["train"]) <= min(dates["validation"]) and max(dates["validation"]) <= min(dates["holdout"])


def test_classes_are_balanced_three_ways() -> None:
    rows = [{"prompt": f"q{i}", "label": "a" if i < 9 else "b"} for i in range(12)]
    shape = Shape("text_label", {"prompt": "prompt", "label": "label"})
    down, _ = done(rows, s.Balance(), shape=shape)
    assert [r["label"] for r in down].count("a") == 3 == len(down) - 3
    up, outcome = done(rows, s.Balance(how="upsample"), shape=shape)
    assert len(up) == 18 and outcome.steps[0].added == 6
    weighed, _ = done(rows, s.Balance(how="weight"), shape=shape)
    assert {r["label"]: r["weight"] for r in weighed} == {"a": 0.666667, "b": 2.0}


def test_files_are_merged_and_their_rows_numbered_on() -> None:
    out: Rowlist = []
    merged = Merged([Rows(pairs(4)), Rows(pairs(5), problems=1)])
    recipe = s.Recipe(steps=(s.Merge(paths=("b",)), s.Deduplicate()))
    outcome = apply(merged, PAIRS, recipe, diagnosed(exact_duplicates=[[n, n + 4] for n in range(1, 5)]), out.append)
    assert out == pairs(5) and outcome.adds_up
    assert (outcome.steps[0].rows_in, outcome.steps[0].added, outcome.steps[0].rows_out) == (4, 5, 9)
    assert outcome.unreadable == 1
    with pytest.raises(UserFacingError, match="other columns"):
        list(Merged([Rows(pairs(2)), Rows([{"x": 1}])]).chunks())


def test_a_persons_decisions() -> None:
    step = s.Review(decisions={1: "reject", 2: {"completion": "better"}, 3: "accept"})
    out, outcome = done(pairs(4), step)
    assert [r["completion"] for r in out] == ["better", "answer 3", "answer 4"]
    assert (outcome.steps[0].changed, outcome.steps[0].set_aside) == (1, 1)


def test_a_change_that_was_not_counted_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from trainer.data.repair import pipeline

    def sly(step: Any, items: Any, work: Any) -> Any:
        for item in items:
            work.tally.rows_in += 1
            yield replace(item, value=item.value | {"id": "7"})

    monkeypatch.setitem(pipeline.APPLY, "shuffle", sly)
    assert not apply(Rows(pairs()), PAIRS, s.Recipe(steps=(s.Shuffle(),)), Diagnosis()).conserved


text = st.text(max_size=30)
cell = st.one_of(text, st.none(), st.integers(), st.floats(), st.booleans(), st.lists(text, max_size=2))
row = st.fixed_dictionaries({"prompt": text, "completion": text}, optional={"id": text, "extra": cell})
STREAMING = (
    s.FixEncoding(),
    s.EscapeControl(),
    s.StripHtml(),
    s.Redact(kinds=("email", "phone")),
    s.FilterLength(min_chars=2),
    s.UnifyLabels(mapping={"a": "b"}, column="completion"),
)


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(row, max_size=8))
def test_any_rows_keep_order_and_untouched_values(rows: Rowlist) -> None:
    out, outcome = done(rows, *STREAMING)
    kept = iter(rows)
    for made in out:  # a subsequence of the rows read, with the same keys and the same untouched cells
        assert any(set(made) == set(r) and repr(made.get("id")) == repr(r.get("id")) for r in kept)
    assert outcome.rows_in == len(rows)


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(row, max_size=8))
def test_steps_applied_to_their_own_output_change_nothing(rows: Rowlist) -> None:
    once, _ = done(rows, *STREAMING)
    twice, outcome = done(once, *STREAMING)
    assert repr(twice) == repr(once) and outcome.changed == 0 and outcome.rows_out == len(once)


def test_messages_become_conversations_and_every_row_is_counted() -> None:
    rows = [
        {"ticket": f"T{t}", "from": who, "text": f"{what} {t}"}
        for t in range(4)
        for who, what in (("customer", "where is order"), ("customer", "please hurry with"), ("agent", "on its way:"))
    ]
    shape = Shape("chat_rows", {"text": "text"}, extras={"group": "ticket", "speaker": "from"})
    out, outcome = done(rows, s.Group(), shape=shape)
    assert out[1] == {
        "messages": [
            {"role": "user", "content": "where is order 1\nplease hurry with 1"},
            {"role": "assistant", "content": "on its way: 1"},
        ],
        "ticket": "T1",
    }
    assert (outcome.steps[0].rows_out, outcome.steps[0].joined) == (4, 8)
    with pytest.raises(UserFacingError, match="who speaks"):
        done(rows, s.Group(), shape=Shape("unclear", {"text": "text"}))


@pytest.mark.parametrize(
    ("target", "made"),
    [
        (
            "messages",
            {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}], "id": "7"},
        ),
        ("text", {"text": "q\n\na", "id": "7"}),
        ("prompt_completion", {"prompt": "q", "completion": "a", "id": "7"}),
    ],
)
def test_rows_are_converted_with_their_id(target: Any, made: dict[str, Any]) -> None:
    shape = Shape("prompt_completion", {"prompt": "ask", "completion": "say"}, extras={"id": "id"})
    out, outcome = done([{"id": "7", "ask": "q", "say": "a", "mood": "x"}], s.Convert(target=target), shape=shape)
    assert out == [made] and "mood" in outcome.steps[0].note
    again = {"messages": "messages", "text": "text", "prompt_completion": "prompt"}[target]
    assert again in out[0]


def test_what_cannot_be_converted_is_set_aside() -> None:
    out, outcome = done([{"prompt": "q", "completion": "a"}], s.Convert(target="preference"))
    assert out == [] and outcome.steps[0].set_aside == 1 and "can't be written so" in outcome.steps[0].note
