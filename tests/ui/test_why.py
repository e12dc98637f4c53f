"""“Why did loss spike?” in the page: the alert while it runs, three ways to read it, the proof.

With TUNESMITH_SCREENSHOTS=FOLDER the pictures of the docs are taken on the way.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.test_page import SLOW, picture, runs_of, say, tab  # noqa: F401  (tab is a fixture)
from trainer.paths import SAMPLE_DATA

BLOB = "5PuYG1y0udiznHhKGo3yYqqKGxEdREL1Be9SBBVL6djucFWvgrYjAN8LqDZUCrA1"
ASKED = "teach a model to answer like our team, per_device_train_batch_size=8, num_train_epochs=1"


@pytest.fixture
def poisoned(tmp_path: Path) -> Iterator[Path]:
    """Mails with answers, eight of them in a row encoded data."""
    with SAMPLE_DATA.open(newline="", encoding="utf-8") as file:
        rows = [(r["customer_message"], r["agent_reply"]) for r in csv.DictReader(file)][:240]
    rows[150:158] = [(question, f"{n}{BLOB}{BLOB}{n}") for n, (question, _) in enumerate(rows[150:158])]
    path = tmp_path / "mails.jsonl"
    path.write_text("".join(json.dumps({"question": q, "answer": a}) + "\n" for q, a in rows), "utf-8")
    yield path


def in_the_order_of_the_file(page: Page) -> None:
    """So that the eight rows make one batch."""
    page.locator("#ts-change").click()
    page.locator("#ts-field input").fill("train_sampling_strategy")
    page.keyboard.press("Enter")
    page.locator("#ts-value input, #ts-value textarea").first.fill("sequential")
    page.locator("#ts-set").click()
    expect(page.locator(".ts-diff")).to_contain_text("sequential", timeout=SLOW)


def test_a_spike_is_told_explained_and_proved(tab: Page, home: Path, poisoned: Path) -> None:  # noqa: F811
    say(tab, ASKED, poisoned)
    tab.wait_for_selector("#ts-approve", timeout=SLOW)
    tab.set_default_timeout(120_000)
    in_the_order_of_the_file(tab)
    expect(tab.locator(".ts-card").first).to_contain_text("stop where the loss is no number")
    tab.locator("#ts-approve").click()
    tab.wait_for_selector("text=run-1: finished", timeout=SLOW)
    expect(tab.locator(".ts-alerts")).to_contain_text("most likely one bad batch")
    card = tab.locator(".ts-why", has_text="bad batch")
    for part in ("In short", "In plain words", "In figures"):
        expect(card).to_contain_text(part)
    expect(card).to_contain_text("No harm was done.")
    expect(card).to_contain_text("Loss says how surprised the model is by the right answer")
    expect(card.locator("code")).to_contain_text("[info] bad_batch @")
    card.scroll_into_view_if_needed()
    picture(tab, "11-why-spike")
    say(tab, "why did loss spike?")
    expect(tab.locator("#ts-chat")).to_contain_text("characters without a space", timeout=SLOW)
    expect(tab.locator("#ts-chat")).to_contain_text("Say “prove it”")
    say(tab, "prove it")
    expect(tab.locator("#ts-approve")).to_have_text("Approve and replay", timeout=SLOW)
    assert not (runs_of(home)[0].folder / "replays.jsonl").exists(), "nothing is trained before the yes"
    picture(tab, "12-prove-it", whole=False)
    tab.locator("#ts-approve").click()
    expect(tab.locator("#ts-chat")).to_contain_text("Confirmed", timeout=SLOW)
    expect(tab.locator("#ts-replay")).to_be_visible(timeout=SLOW)
    tab.locator("#ts-replay").scroll_into_view_if_needed()
    picture(tab, "13-replayed")
    assert not tab.faults  # type: ignore[attr-defined]
