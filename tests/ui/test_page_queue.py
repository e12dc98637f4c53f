"""The page while a run waits for its device: its place, the line, and the stop button."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.ui.test_cli_queue import busy, stands
from tests.ui.test_page import SLOW, picture, say, tab
from trainer.runs import RunStore

__all__ = ["busy", "tab"]


def test_a_queued_run_shows_its_place_and_can_be_stopped(busy: Path, tab: Page, labelled_file: Path) -> None:
    say(tab, "classify these mails by label, 1 epoch", labelled_file)
    tab.wait_for_selector("#ts-approve", timeout=SLOW)
    tab.locator("#ts-approve").click()
    expect(tab.locator("#ts-chat")).to_contain_text("run-1 starts after study-1", timeout=SLOW)
    tab.wait_for_selector("text=run-1: queued", timeout=SLOW)
    expect(tab.locator(".ts-note", has_text="waits for study-1")).to_contain_text("place 1 of 1")
    expect(tab.locator(".ts-line")).to_contain_text("place 1, after study-1")
    picture(tab, "8-queued")
    tab.get_by_role("tab", name="All runs").click()
    expect(tab.locator(".ts-table", has_text="queued, place 1 of 1, after study-1")).to_be_visible(timeout=SLOW)
    stands(busy, "run-1")
    say(tab, "how far is it?")
    expect(tab.locator("#ts-chat")).to_contain_text("run-1 waits for study-1: place 1 of 1", timeout=SLOW)
    tab.get_by_role("tab", name="Run", exact=True).click()
    tab.locator("#ts-stop").click()
    tab.wait_for_selector("text=run-1: stopped", timeout=SLOW)
    expect(tab.locator("#ts-chat")).to_contain_text("taken out of the line", timeout=SLOW)
    assert RunStore(busy).get("run-1").status()["status"] == "stopped"
