"""The page in headless Chromium: from a typed goal to the result, as each person would.

With TUNESMITH_SCREENSHOTS=FOLDER the pictures of the docs are taken on the way.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.ui.conftest import FLAGS, free_port, serve
from trainer.runs import RunStore

SLOW = 240_000
"""Milliseconds a training may take here."""


@pytest.fixture
def tab(chromium: str, page_url: str) -> Iterator[Page]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(30_000)
        page.requests = []  # type: ignore[attr-defined]
        page.faults = []  # type: ignore[attr-defined]
        page.on("request", lambda r: page.requests.append(r.url))  # type: ignore[attr-defined]
        page.on("pageerror", lambda e: page.faults.append(str(e)))  # type: ignore[attr-defined]
        page.goto(page_url)
        page.wait_for_selector("#ts-chips")
        yield page
        browser.close()


def picture(page: Page, name: str, whole: bool = True) -> None:
    if folder := os.environ.get("TUNESMITH_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.wait_for_timeout(800)
        page.screenshot(path=f"{folder}/{name}.png", full_page=whole)


def say(page: Page, text: str, file: Path | None = None) -> None:
    if file:
        page.locator("#ts-entry input[type=file]").set_input_files(str(file))
        page.wait_for_timeout(700)
    page.locator("#ts-entry textarea").fill(text)
    page.keyboard.press("Enter")


def runs_of(home: Path) -> list[Any]:
    return RunStore(home).all()


def test_from_a_typed_goal_to_the_result(tab: Page, home: Path, labelled_file: Path, page_url: str) -> None:
    picture(tab, "1-first-visit")
    say(tab, "classify these mails by label", labelled_file)
    tab.wait_for_selector("#ts-approve")
    expect(tab.locator(".ts-card").first).to_contain_text("sealed away for the test")
    assert not runs_of(home)
    say(tab, "4 epochs please")
    expect(tab.locator(".ts-diff")).to_contain_text("num_train_epochs")
    picture(tab, "2-plan-simple")
    tab.locator("#ts-mode label", has_text="expert").click()
    expect(tab.locator(".ts-table").first).to_contain_text("learning_rate")
    picture(tab, "3-plan-expert", whole=False)
    tab.locator("#ts-approve").focus()
    tab.keyboard.press("Enter")
    tab.wait_for_selector("text=run-1: running", timeout=SLOW)
    tab.wait_for_timeout(2500)
    picture(tab, "4-run")
    tab.wait_for_selector("text=run-1: finished", timeout=SLOW)
    tab.get_by_role("tab", name="Results").click()
    expect(tab.locator(".ts-verdict")).to_contain_text("It helped")
    picture(tab, "5-result")
    expect(tab.locator("#ts-chat")).to_contain_text("It helped")
    assert len(runs_of(home)) == 1
    say(tab, "is it better than just prompting?")
    expect(tab.locator("#ts-chat")).to_contain_text("the untrained model answer the same sealed rows", timeout=SLOW)
    beside = tab.locator(".ts-card", has_text="The untrained model, shown like examples")
    expect(beside).to_contain_text("points", timeout=SLOW)
    expect(beside.locator("tr.best")).to_contain_text("The tuned model")
    expect(tab.locator("#ts-chat")).to_contain_text("A classical classifier", timeout=SLOW)
    beside.scroll_into_view_if_needed()
    picture(tab, "14-beside-prompting")
    say(tab, "why did the loss move like that?")
    tab.wait_for_timeout(4000)
    picture(tab, "6-why")
    assert not [u for u in tab.requests if not u.startswith((page_url, "data:", "blob:"))]  # type: ignore[attr-defined]
    assert not tab.faults  # type: ignore[attr-defined]


def test_a_plan_is_measured_before_it_is_approved(tab: Page, home: Path, labelled_file: Path) -> None:
    say(tab, "classify these mails by label, 1 epoch", labelled_file)
    tab.wait_for_selector("#ts-approve")
    tab.locator("#ts-measure").click()
    expect(tab.locator("#ts-chat")).to_contain_text("nothing has started", timeout=SLOW)
    expect(tab.locator("#ts-approve")).to_be_visible()
    assert not runs_of(home)
    assert not tab.faults  # type: ignore[attr-defined]


def test_the_conversation_and_the_run_survive_a_reload(tab: Page, home: Path, labelled_file: Path) -> None:
    say(tab, "classify these mails by label, 1 epoch", labelled_file)
    tab.wait_for_selector("#ts-approve")
    tab.reload()
    tab.wait_for_selector("#ts-approve")
    expect(tab.locator("#ts-chat")).to_contain_text("classify these mails by label")
    tab.locator("#ts-approve").dblclick()
    tab.wait_for_selector("text=run-1", timeout=SLOW)
    tab.reload()
    tab.get_by_role("tab", name="Run", exact=True).click()
    tab.wait_for_selector("text=/run-1: (starting|running|evaluating|finished)/", timeout=SLOW)
    tab.wait_for_timeout(1500)
    assert len(runs_of(home)) == 1


def test_rows_are_text_and_never_markup(tab: Page, tmp_path: Path) -> None:
    evil = tmp_path / "evil.csv"
    attack = "<img src=x onerror=window.hacked=1> [x](javascript:window.hacked=1) <script>window.hacked=1</script>"
    rows = [f'"{attack} {i}",{"ab"[i % 2]}' for i in range(60)]
    evil.write_text("text,label\n" + "\n".join(rows) + "\n")
    say(tab, "classify <b>these</b> <img src=x onerror=window.hacked=1>", evil)
    tab.wait_for_selector("#ts-approve")
    tab.get_by_role("tab", name="Data").click()
    tab.wait_for_timeout(1000)
    assert tab.evaluate("window.hacked") is None
    assert tab.locator(".ts-card img").count() == 0


def test_it_fits_a_phone_and_the_dark(chromium: str, page_url: str) -> None:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
        page.goto(f"{page_url}/?__theme=dark")
        page.wait_for_selector("#ts-chips")
        page.get_by_role("button", name="Try the sample").click()
        page.wait_for_selector("#ts-approve", timeout=60_000)
        picture(page, "7-phone-dark")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 400
        browser.close()


def test_the_page_answers_while_it_is_asked_wrongly(tab: Page, tmp_path: Path) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_bytes(bytes(range(256)) * 50)
    say(tab, "learn from this", broken)
    expect(tab.locator("#ts-chat")).to_contain_text("not a text file", timeout=20_000)
    started = time.monotonic()
    say(tab, "how much data do i need?")
    expect(tab.locator("#ts-chat")).to_contain_text("50 to 100", timeout=20_000)
    assert time.monotonic() - started < 20


def test_a_search_ends_with_a_plan_to_approve(tab: Page, home: Path, labelled_file: Path) -> None:
    say(tab, "classify these mails by label, 1 epoch", labelled_file)
    tab.wait_for_selector("#ts-approve")
    say(tab, "search the learning rate between 1e-4 and 4e-3, 2 trials")
    expect(tab.locator(".ts-note").first).to_contain_text("2 trials")
    tab.locator("#ts-approve").click()
    tab.wait_for_selector("text=/study-1: (running|finished)/", timeout=SLOW)
    expect(tab.locator("#ts-chat")).to_contain_text("Best validation loss", timeout=SLOW)
    expect(tab.locator("#ts-approve")).to_be_visible(timeout=SLOW)
    assert not runs_of(home)


def test_a_killed_page_harms_no_run(chromium: str, home: Path, labelled_file: Path) -> None:
    port = free_port()
    process = serve(port, home / "page.log")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{port}")
        page.wait_for_selector("#ts-chips")
        say(page, "classify these mails by label, 8 epochs", labelled_file)
        page.wait_for_selector("#ts-approve")
        page.locator("#ts-approve").click()
        page.wait_for_selector("text=run-1: running", timeout=SLOW)
        process.kill()
        process.wait(10)
        run = runs_of(home)[0]
        reached = run.status()["step"]
        process = serve(port, home / "page.log")
        page.goto(f"http://127.0.0.1:{port}")
        expect(page.locator("#ts-chat")).to_contain_text("Started run-1")
        page.get_by_role("tab", name="Run", exact=True).click()
        page.wait_for_selector("text=run-1: finished", timeout=SLOW)
        assert run.status()["step"] > reached
        assert len(runs_of(home)) == 1
        browser.close()
    process.terminate()
    process.wait(20)
