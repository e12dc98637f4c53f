"""Advice fits the person's data and machine, and every figure has a source."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.advice.answer import advice, sentences
from tools.advice.topics import TOPICS
from tools.advice.view import View
from tools.desk import Desk


def ask(
    home: Path, topic: str, question: str, file: Path | None = None, register: str = "plain"
) -> tuple[str, list[str]]:
    return advice(topic, View.of(question, Desk(home, [home], [str(file)] if file else [])), register)


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    path = tmp_path / "labelled.csv"
    path.write_text("text,label\n" + "\n".join(f"mail number {n},{'ab'[n % 2]}" for n in range(200)), "utf-8")
    return path


def test_changing_facts_need_no_fine_tuning(home: Path) -> None:
    text, used = ask(home, "rag_vs_finetune", "our price list changes every week, train it on that?")
    assert used == ["dont_facts_change"]
    assert "You don't need fine-tuning" in text
    assert "2312.05934" in text


def test_facts_and_tone_need_both(home: Path) -> None:
    assert ask(home, "rag_vs_finetune", "prices change weekly but it must sound like me")[1] == ["both_facts_and_form"]


def test_labels_get_the_cheap_baseline_with_their_own_counts(home: Path, labelled: Path) -> None:
    text, used = ask(home, "rag_vs_finetune", "is it worth it", labelled)
    assert used == ["labels_baseline"]
    assert "200 rows and 2 labels" in text


def test_few_rows_are_told_to_prompt_first(home: Path, tmp_path: Path) -> None:
    few = tmp_path / "few.csv"
    few.write_text("question,answer\n" + "\n".join(f"how {n}?,like this {n}" for n in range(12)), "utf-8")
    text, _ = ask(home, "rag_vs_finetune", "worth it?", few)
    assert "12 rows are few" in text


def test_a_base_model_fits_the_memory_and_the_licence(home: Path) -> None:
    text, _ = ask(home, "base_model_choice", "which model for a 12 gb card, commercial use")
    assert "12 GB" in text
    assert "Llama" not in text.split("Also possible")[0]
    _, used = ask(home, "base_model_choice", "which model for a 1 gb card")
    assert used == ["hardware_sizes"]


def test_a_licence_is_told_with_its_doubts(home: Path) -> None:
    text, _ = ask(home, "licence", "may i sell something made of llama 3.1 8b?")
    assert "Llama-3.1-8B" in text
    assert "Not verified" in text
    assert "no legal verdict" in text


def test_prices_carry_their_dates(home: Path) -> None:
    text, _ = ask(home, "cost", "what is an h100 hour")
    assert re.search(r"20\d\d-\d\d-\d\d", text)


def test_the_field_that_is_asked_about_is_answered(home: Path) -> None:
    for question, name in (
        ("is rank 16 enough", "hyper_rank"),
        ("how many epochs", "hyper_epochs"),
        ("lr?", "hyper_rate"),
    ):
        assert ask(home, "hyperparameter_choice", question)[1][0] == name


@pytest.mark.parametrize("topic", sorted(TOPICS))
@pytest.mark.parametrize("register", ["plain", "expert"])
def test_every_topic_answers_in_both_registers(home: Path, labelled: Path, topic: str, register: str) -> None:
    for file in (None, labelled):
        text, _ = ask(home, topic, "what about this?", file, register)
        assert text
        assert "{" not in text


def test_every_sentence_with_a_figure_has_a_source() -> None:
    local = {"hardware_here", "cost_plan", "cost_here", "hyper_plan", "rows_none", "rows_have"}
    for name, entry in sentences().items():
        if name not in local and re.search(r"\d", entry["expert"].replace("{", "")):
            assert entry.get("source"), name
