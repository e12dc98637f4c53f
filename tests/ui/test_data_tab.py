"""The data tab in headless Chromium: the report, decisions row by row, a repair approved, a long look ended."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from agent.progress import ProgressFile
from tests.ui.test_page import picture, say, tab
from trainer.data.doctor.watch import Cancelled, Progress
from ui import data_html

__all__ = ["tab"]
HOSTILE = "<img src=x onerror=alert(1)> [x](javascript:alert(1)) where is my parcel, ann.lee@example.org"


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """Sixty different questions, one of them hostile with an address in it, one twice."""
    things = ("parcel", "refund", "invoice", "password", "voucher", "account")
    places = ("old town", "river shop", "north hall", "tower", "harbour", "market", "school", "bridge", "park", "mill")
    rows = [
        {"question": f"where is the {t} that I left in the {p} last week", "answer": f"Your {t} waits in the {p}."}
        for p in places
        for t in things
    ]
    rows[7]["question"] = HOSTILE
    rows.append(rows[3])
    path = tmp_path / "asked.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    return path


def test_from_report_to_a_repaired_file(tab: Page, home: Path, faulty: Path) -> None:
    say(tab, "what is in this file?", faulty)
    expect(tab.locator(".ts-quality")).to_contain_text("Usable", timeout=60_000)
    expect(tab.locator(".ts-card", has=tab.locator(".ts-quality"))).to_contain_text("1 row with e-mail addresses")
    picture(tab, "8-data-report")
    tab.get_by_text("Look through the rows, one by one").click()
    tab.locator("#ts-review-rule input").click()
    tab.get_by_role("option", name="1 row with e-mail addresses").click()
    expect(tab.locator("#ts-review")).to_contain_text("Row 8")
    expect(tab.locator("#ts-review")).to_contain_text("<img src=x onerror=alert(1)>")
    assert tab.locator("#ts-review img").count() == 0
    picture(tab, "9-review")
    tab.locator("#ts-review-drop").click()
    expect(tab.locator("#ts-review")).to_contain_text("1 left out")
    tab.locator("#ts-review-apply").click()
    expect(tab.locator("#ts-approve")).to_contain_text("write the new file")
    expect(tab.locator(".ts-card").first).to_contain_text("61 → 60")
    assert not list(home.glob("prepared/*"))
    picture(tab, "10-repair")
    tab.locator("#ts-approve").click()
    expect(tab.locator("#ts-chat")).to_contain_text("prepared.jsonl", timeout=30_000)
    (written,) = home.glob("prepared/*-prepared.jsonl")
    rows = [json.loads(line) for line in written.read_text("utf-8").splitlines()]
    assert len(rows) == 60
    assert not any("onerror" in row["question"] for row in rows)
    record = json.loads(written.with_name(written.name + ".provenance.json").read_text("utf-8"))
    assert (record["source"]["rows"], record["output"]["rows"]) == (61, 60)
    assert not tab.faults  # type: ignore[attr-defined]


def test_the_data_sheet_can_be_fetched(tab: Page, faulty: Path) -> None:
    say(tab, "what is in this file?", faulty)
    tab.wait_for_selector(".ts-quality", timeout=60_000)
    with tab.expect_download() as fetched:
        tab.locator("#ts-sheet-html").click()
    text = Path(fetched.value.path()).read_text("utf-8")
    assert "Data sheet: asked.jsonl" in text
    assert "ann.lee" not in text


def test_a_long_look_is_shown_and_can_be_ended(tab: Page, home: Path, tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    words = [f"{a}{b}" for a in ("mor", "tel", "ban", "sil", "kor") for b in ("ta", "lin", "go", "ves", "um", "ret")]
    with path.open("w") as out:
        for i in range(150_000):
            said = " ".join(words[(i * k) % 30] for k in (1, 3, 7, 11, 13, 17))
            out.write(json.dumps({"question": f"{said} {i}?", "answer": f"{said} indeed {i}"}) + "\n")
    say(tab, "what is in this file?", path)
    tab.get_by_role("tab", name="Data").click()
    expect(tab.locator("#ts-cancel-look")).to_be_visible(timeout=60_000)
    expect(tab.locator("text=Looking at your data")).to_be_visible()
    tab.locator("#ts-cancel-look").click()
    expect(tab.locator("#ts-chat")).to_contain_text("stopped by you", timeout=60_000)
    expect(tab.locator("#ts-cancel-look")).to_be_hidden(timeout=10_000)


def test_progress_tells_what_was_found_first_and_ends_when_asked(home: Path) -> None:
    progress = ProgressFile(home, "t")
    progress(Progress("reading", 30, 100, 3.0))
    shown = progress.read()
    assert (shown["share"], round(shown["left"])) == (0.3, 7)
    assert "reading: 30 %, about 7 s left" in data_html.progress(shown)
    progress.cancel()
    with pytest.raises(Cancelled):
        progress(Progress("reading", 31, 100, 3.1))
    progress.clear()
    assert progress.read() == {}
    progress(Progress("reading", 31, 100, 3.1))
