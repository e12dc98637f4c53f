"""The verdict over curves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.replays.outcome import Outcome, curves_of, weighed
from trainer.replays.replay import Replay

REPLAY = Replay(
    run_id="run-1",
    plan_hash="",
    start=30,
    moment=(38, 38),
    end=41,
    rows=(77,),
    level=1.0,
    height=4.0,
    seconds=(10, 20),
)
INF = float("inf")


def lines(pairs: list[tuple[float, float]], whole: bool = True) -> list[dict[str, object]]:
    """Curves that are flat but for step 38."""
    out: list[dict[str, object]] = []
    for n, peaks in enumerate(pairs):
        for changed, peak in zip((False, True), peaks, strict=True):
            side = {"pair": n, "changed": changed}
            out += [{**side, "step": step, "loss": peak if step == 38 else 1.0} for step in range(31, 42)]
            out += [{**side, "done": True}] if whole else []
    return out


def verdict(pairs: list[tuple[float, float]], replay: Replay = REPLAY) -> str:
    return weighed(replay, curves_of(lines(pairs))).verdict


@pytest.mark.parametrize(
    ("pairs", "wanted"),
    [
        ([(5.0, 1.0), (4.8, 1.2), (5.1, 0.9)], "confirmed"),
        ([(5.0, 4.9), (4.8, 5.1), (5.1, 5.0)], "not confirmed"),
        ([(5.0, 1.0), (4.8, 5.0), (5.1, 0.9)], "cannot tell"),
        ([(1.1, 1.0), (1.2, 1.1), (5.0, 1.0)], "cannot tell"),
        ([(5.0, 1.0)], "cannot tell"),
        ([(INF, 1.0), (INF, 1.1)], "confirmed"),
        ([(INF, INF), (INF, INF)], "not confirmed"),
    ],
)
def test_the_verdict(pairs: list[tuple[float, float]], wanted: str) -> None:
    assert verdict(pairs) == wanted


def test_sides_that_were_cut_off_do_not_count() -> None:
    found = weighed(REPLAY, curves_of(lines([(5.0, 1.0), (5.0, 1.0)], whole=False)))
    assert found.pairs == []
    assert found.verdict == "cannot tell"


def test_an_end_is_judged_by_its_level() -> None:
    ended = REPLAY.model_copy(update={"judged_by": "end", "moment": (31, 41)})
    rows = [
        {"pair": n, "changed": changed, "step": step, "loss": 6.0 if step > 35 and not changed else 1.0}
        for n in range(3)
        for changed in (False, True)
        for step in range(31, 42)
    ]
    rows += [{"pair": n, "changed": c, "done": True} for n in range(3) for c in (False, True)]
    assert weighed(ended, curves_of(rows)).verdict == "confirmed"
    spike = [row | {"loss": 6.0 if row.get("step") == 36 else 1.0} if "step" in row else row for row in rows]
    assert weighed(ended, curves_of(spike)).verdict == "cannot tell"


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0, 50)), min_size=0, max_size=3))
def test_any_curves_give_a_verdict_that_survives_json(pairs: list[tuple[float, float]]) -> None:
    found = weighed(REPLAY, curves_of(lines(pairs)))
    assert found.verdict in ("confirmed", "not confirmed", "cannot tell")
    assert Outcome.model_validate(found.model_dump(mode="json")) == found
    if found.verdict == "confirmed":
        assert all(p.without < p.as_was for p in found.pairs if p.again)
