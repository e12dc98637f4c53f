"""A blind comparison in the page, by keyboard alone; what came out; a second rater; a scale."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.trainer.evaluation.compared import answered
from tests.ui.test_page import picture, tab  # noqa: F401  (tab is a fixture)
from trainer.evaluation import blind
from trainer.runs import RunStore

WAIT = 20_000


@pytest.fixture
def opened(home: Path, qa_file: Path, tab: Page) -> Page:  # noqa: F811
    """The page with one finished run, the comparison open."""
    answered(qa_file)
    tab.get_by_role("tab", name="Results", exact=True).click()
    tab.locator("#ts-blind button").first.click()
    expect(tab.locator("#ts-blind-run input")).to_have_value("run-1", timeout=WAIT)
    expect(tab.locator("#ts-blind-other input")).to_have_value("untrained model", timeout=WAIT)
    return tab


def begin(page: Page, rater: str) -> None:
    page.locator("#ts-blind-rater input, #ts-blind-rater textarea").first.fill(rater)
    page.locator("#ts-blind-begin").click()
    page.locator("#ts-blind-begin").blur()


def pressed(page: Page, number: int, of: int, key: str) -> None:
    """A key, once the n-th item is there."""
    expect(page.locator("#ts-blind .ts-facts")).to_have_text(f"{number} of {of}", timeout=WAIT)
    page.keyboard.press(key)


def better(page: Page) -> str:
    """The key for the answer that says good."""
    return "ArrowLeft" if "good" in page.locator("#ts-blind .pair div").first.inner_text() else "ArrowRight"


def test_pairs_are_judged_by_keyboard_without_names(home: Path, opened: Page) -> None:
    begin(opened, "ann")
    for number in range(1, 11):
        expect(opened.locator("#ts-blind .ts-facts")).to_have_text(f"{number} of 10", timeout=WAIT)
        told = opened.locator("#ts-blind .ts-sample").inner_text()
        assert "run-1" not in told and "untrained" not in told
        if number == 2:
            picture(opened, "15-blind")
            pressed(opened, 2, 10, "ArrowDown")
            expect(opened.locator("#ts-blind .ts-facts")).to_have_text("3 of 10", timeout=WAIT)
            opened.keyboard.press("Backspace")
            expect(opened.locator("#ts-blind .ts-facts")).to_have_text("2 of 10", timeout=WAIT)
        opened.keyboard.press(better(opened))
    expect(opened.locator("#ts-blind")).to_contain_text("run-1 is preferred: 10 to 0, 0 ties", timeout=WAIT)
    expect(opened.locator("#ts-blind .ts-sample").first).to_contain_text(
        "the untrained model".upper(), ignore_case=True
    )
    expect(opened.locator("#ts-blind mark").first).to_be_visible()
    picture(opened, "16-blind-outcome")
    votes = blind.votes(RunStore(home).get("run-1"))
    assert len(votes) == 10 and {v.rater for v in votes} == {"ann"} and {v.left for v in votes} == {0, 1}
    assert not opened.faults  # type: ignore[attr-defined]


def test_two_raters_get_their_kappa_and_typing_votes_for_nothing(home: Path, opened: Page) -> None:
    begin(opened, "ann")
    for number in range(1, 11):
        pressed(opened, number, 10, "ArrowDown" if number % 2 else better_later(opened, number))
    begin(opened, "bob")
    opened.locator("#ts-blind-rater input, #ts-blind-rater textarea").first.focus()
    opened.keyboard.press("ArrowLeft")
    opened.wait_for_timeout(600)
    expect(opened.locator("#ts-blind .ts-facts")).to_have_text("1 of 10")
    opened.locator("#ts-blind-rater input, #ts-blind-rater textarea").first.blur()
    for number in range(1, 11):
        pressed(opened, number, 10, "ArrowDown" if number % 2 else better_later(opened, number))
    expect(opened.locator("#ts-blind")).to_contain_text(
        "almost perfect beyond chance (Cohen's kappa 1.00)", timeout=WAIT
    )


def better_later(page: Page, number: int) -> str:
    expect(page.locator("#ts-blind .ts-facts")).to_have_text(f"{number} of 10", timeout=WAIT)
    return better(page)


def test_single_answers_are_rated_by_digit(home: Path, opened: Page) -> None:
    opened.get_by_label("rate each, 1 to 5").check()
    begin(opened, "ann")
    for number in range(1, 21):
        expect(opened.locator("#ts-blind .ts-facts")).to_have_text(f"{number} of 20", timeout=WAIT)
        opened.keyboard.press("5" if "good" in opened.locator("#ts-blind .pair").inner_text() else "2")
    expect(opened.locator("#ts-blind")).to_contain_text(
        "Rated 1 to 5: run-1 5.00, the untrained model 2.00", timeout=WAIT
    )


def test_two_quick_presses_are_one_vote_each_item_is_seen_before_it_is_judged(home: Path, opened: Page) -> None:
    begin(opened, "ann")
    better_later(opened, 1)
    opened.evaluate("for (const i of [1, 2, 3]) document.getElementById('ts-blind-tie').click()")
    expect(opened.locator("#ts-blind .ts-facts")).to_have_text("2 of 10", timeout=WAIT)
    opened.wait_for_timeout(600)
    expect(opened.locator("#ts-blind .ts-facts")).to_have_text("2 of 10")
    assert len(blind.votes(RunStore(home).get("run-1"))) == 1
    pressed(opened, 2, 10, "ArrowDown")
    expect(opened.locator("#ts-blind .ts-facts")).to_have_text("3 of 10", timeout=WAIT)


def test_without_a_name_nothing_begins(home: Path, opened: Page) -> None:
    opened.locator("#ts-blind-begin").click()
    expect(opened.locator("#ts-blind [role=alert]")).to_contain_text("who judges?", timeout=WAIT)


def test_a_vote_is_for_what_was_shown_whatever_is_typed_after(home: Path, opened: Page) -> None:
    begin(opened, "ann")
    key = better_later(opened, 1)
    opened.locator("#ts-blind-rater input, #ts-blind-rater textarea").first.fill("")
    opened.locator("#ts-blind-rater input, #ts-blind-rater textarea").first.blur()
    opened.keyboard.press(key)
    expect(opened.locator("#ts-blind .ts-facts")).to_have_text("2 of 10", timeout=WAIT)
    (vote,) = blind.votes(RunStore(home).get("run-1"))
    assert vote.rater == "ann" and vote.score == 1.0
