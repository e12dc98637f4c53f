from __future__ import annotations

import pytest

from tests.trainer.data.repair.fakes import diagnosed
from trainer.data.repair import steps as s
from trainer.data.repair.words import sentence
from trainer.errors import UserFacingError

EVERY = s.Recipe(
    steps=(
        s.Merge(paths=("b.csv",)),
        s.Deduplicate(how="near"),
        s.Drop(rules=("rows_empty",)),
        s.DropColumns(columns=("note",)),
        s.FilterLanguage(keep=("de",)),
        s.FilterLength(min_chars=3),
        s.Redact(kinds=("email", "key")),
        s.MapColumns(roles={"prompt": "src"}),
        s.Convert(target="messages"),
        s.Group(by="ticket", gap_minutes=30),
        s.Split(val=0.1, holdout=0.2, how="stratified", column="label", seed=7),
        s.Balance(column="label"),
        s.Sample(rows=5),
        s.Shuffle(),
        s.StripBoilerplate(),
        s.EscapeControl(),
        s.FixEncoding(),
        s.StripHtml(),
        s.FillPlaceholders(values={"name": "Ann"}),
        s.UnifyLabels(mapping={"Bill": "bill"}),
        s.Review(decisions={1: "accept", 2: "reject", 3: {"prompt": "x"}}),
    )
)


def test_every_step_survives_yaml_and_has_words() -> None:
    assert {step.op for step in EVERY.steps} == set(s.OPS)
    assert s.Recipe.from_yaml(EVERY.to_yaml()) == EVERY
    assert s.Recipe.from_yaml(EVERY.to_yaml()).digest() == EVERY.digest()
    assert all(sentence(step) for step in EVERY.steps)


def test_the_digest_tells_recipes_apart() -> None:
    assert s.Recipe(steps=(s.Shuffle(seed=1),)).digest() != s.Recipe(steps=(s.Shuffle(seed=2),)).digest()


def test_a_sentence_counts() -> None:
    found = diagnosed(near_duplicates=[[1, 5, 6], [2, 9]])
    assert sentence(s.Deduplicate(how="near"), found) == "keep one of each of 3 near-duplicates"
    assert sentence(s.Drop(rules=("pii_email",)), diagnosed({"pii_email": [4]})) == (
        "leave out 1 row with e-mail addresses"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("dedupe", "Did you mean deduplicate"),
        ("sample rows=x", "sample rows"),
        ("sample", "field required"),
        ("filter_length", "min_chars or max_chars"),
        ("deduplicate how=fuzzy", "'exact' or 'near'"),
        ("sample 12", "name=value"),
        ("redact kinds=shoe", "redact kinds"),
    ],
)
def test_a_wrong_step_is_told_in_a_sentence(text: str, told: str) -> None:
    with pytest.raises(UserFacingError, match=told):
        s.parse_step(text)


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("deduplicate how=near", s.Deduplicate(how="near")),
        ("drop rules=rows_empty,toxic", s.Drop(rules=("rows_empty", "toxic"))),
        ("map_columns roles=prompt:src,completion:tgt", s.MapColumns(roles={"prompt": "src", "completion": "tgt"})),
        ("group by=007 ours=Agent", s.Group(by="007", ours="Agent")),
        ("split val=0.2 how=time column=date", s.Split(val=0.2, how="time", column="date")),
        ("unify_labels mapping=A:a,B:b", s.UnifyLabels(mapping={"A": "a", "B": "b"})),
    ],
)
def test_steps_on_the_command_line(text: str, step: object) -> None:
    assert s.parse_step(text) == step


@pytest.mark.parametrize("text", ["steps: [", "just words", "steps: [{op: nothing}]", "[{op: shuffle}, {op: merge}]"])
def test_a_broken_recipe_is_told(text: str) -> None:
    with pytest.raises(UserFacingError):
        s.Recipe.from_yaml(text, "r.yaml")


def test_merge_comes_first() -> None:
    with pytest.raises(UserFacingError, match="first step"):
        s.Recipe.checked({"steps": [{"op": "shuffle"}, {"op": "merge", "paths": ["b.csv"]}]})
