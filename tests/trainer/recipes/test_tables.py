"""No number without a source: every row of every table says where it is from and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from tests.trainer.recipes.making import METHODS, TUNINGS
from trainer.fields import SECTION_OF, _models
from trainer.plan import Plan
from trainer.recipes import domains, rates, settings, tell
from trainer.wishes import Wishes

ROOT = Path(__file__).parents[3]
CONDITIONS = {"method", "tuning", "loss", "rows_below", "params_below", "params_above"}


@pytest.mark.parametrize("row", rates.table(), ids=lambda r: f"{r.method}/{r.tuning}/{r.size_b:g}")
def test_every_rate_has_a_source(row: rates.Rate) -> None:
    assert row.source and row.why
    assert row.method in METHODS and row.tuning in TUNINGS
    assert 0 < row.learning_rate <= 0.1 and row.size_b > 0


@pytest.mark.parametrize("name", settings.table())
def test_every_setting_has_a_source(name: str) -> None:
    assert name in SECTION_OF or name == "effective_batch_size"
    for row in settings.table()[name]:
        assert row["source"] and row["why"]
        assert set(row) <= CONDITIONS | {"value", "why", "source", "origin"}
    assert not {"rows_below", "params_below", "params_above", "tuning"} & set(settings.table()[name][-1])


def test_settings_are_values_the_plan_allows() -> None:
    types: dict[str, list[Any]] = {}
    for field in Plan.model_fields.values():
        for model in _models(field.annotation):
            for leaf, info in model.model_fields.items():
                types.setdefault(leaf, []).append(info.annotation)
    for name, rows in settings.table().items():
        words = {value for annotation in types.get(name, []) for value in get_args(annotation)}
        for row in rows:
            assert not isinstance(row["value"], str) or not words or row["value"] in words | {"all-linear"}, (name, row)


@pytest.mark.parametrize("name", get_args(get_args(Wishes.model_fields["domain"].annotation)[0]))
def test_every_field_of_use_has_all_its_parts(name: str) -> None:
    row = domains.table()[name]
    assert row["words"]
    for part in (row["method"], row["metric"], *row["caution"], *row["check"]):
        assert part["say"] and part["source"]
    assert len(domains.findings(Wishes(domain=name))) == 3


@pytest.mark.parametrize(
    ("goal", "field"),
    [
        ("a bot for our support tickets", "support"),
        ("classify contract clauses like a lawyer", "legal"),
        ("summarise patient records", "health"),
        ("write product descriptions in our style", "content"),
        ("answer like us", None),
        ("help me support my family", None),
        ("code", None),
        ("legal questions of patients in customer support", None),
    ],
)
def test_a_field_is_told_by_its_own_words_alone(goal: str, field: str | None) -> None:
    assert domains.domain_of(Wishes(goal=goal)) == field


def test_near_sizes_count_and_far_ones_are_said() -> None:
    near, why = rates.rate_for("sft", "lora", 7_000_000_000)
    assert near == 3e-4 and "not known" not in why.why
    _, far = rates.rate_for("grpo", "vera", 3_500_000)
    assert far.why.startswith("not known for vera")
    tenfold, how = rates.rate_for("cpo", "lora", 8_000_000_000)
    assert tenfold == pytest.approx(6e-6) and "times 10" in how.why


def test_the_page_shows_the_tables_as_they_are() -> None:
    page = (ROOT / "docs/recipes.md").read_text("utf-8")
    assert page == tell.markdown(), "write it anew: python -m trainer.recipes.tell > docs/recipes.md"
