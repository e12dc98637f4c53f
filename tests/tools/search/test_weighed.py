"""Several things to be small at once, and trials that would take more memory than was allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent.commands import search_order
from tests.tools.search.test_shared import study_of, workers
from tools.arguments import Search
from tools.orders import SearchSettings
from tools.search.result import _front, cost_words
from tools.search.room import Room, trained_numbers
from tools.search.seen import Choice, Seen
from tools.search.strategy import ranked
from tools.search.suggesting import suggested
from tools.searching import search_terms
from trainer.proposal import propose
from trainer.wishes import Wishes


def row(number: int, value: float, seconds: float, size: int, **more: Any) -> Seen:
    return Seen(number, {}, **({"state": "complete"} | more), value=value, seconds=seconds, size=size)


def test_the_front_holds_what_no_other_beats_in_everything() -> None:
    rows = [
        row(0, 0.5, 60, 900),
        row(1, 0.4, 90, 900),
        row(2, 0.6, 70, 900),
        row(3, 0.7, 80, 100),
        row(4, 0.1, 5, 5, share=0.125),
        row(5, 0.1, 5, 5, state="pruned"),
    ]
    assert [t.number for t in _front(rows, ("loss", "time"))] == [1, 0]
    assert [t.number for t in _front(rows, ("loss", "time", "size"))] == [1, 0, 3]
    assert cost_words(rows[3], ("loss", "time", "size")) == "loss 0.7000 in 80 s, 100 numbers trained"
    assert cost_words(rows[3], ("loss",)) == "loss 0.7000"


def test_what_is_beaten_in_everything_goes_on_last() -> None:
    def one(number: int, loss: float, seconds: float | None) -> Seen:
        return Seen(number, {}, "complete", loss, 0.125, seconds=seconds)

    them = [one(0, 0.5, 60), one(1, 0.4, 90), one(2, 0.45, 95), one(3, 0.3, None)]
    assert [t.number for t in ranked(them, ("loss",))] == [3, 1, 2, 0]
    assert [t.number for t in ranked(them, ("loss", "time"))] == [3, 1, 0, 2]


def test_quick_and_small_ones_are_suggested_too() -> None:
    """Loss falls with the rank, and so does the size rise: with both to be small, low ranks are tried again."""
    space = {"lora_r": {"choices": [4, 8, 16, 32, 64]}, "learning_rate": {"low": 1e-4, "high": 1e-2, "log": True}}

    def ranks(goals: tuple[str, ...]) -> list[int]:
        search = SearchSettings.model_validate({"n_trials": 40, "space": space, "objectives": goals})
        seen: list[Seen] = []
        for number in range(30):
            values = suggested(search, seen, 1.0)
            loss = 1 / values["lora_r"] + values["learning_rate"]
            seen.append(Seen(number, values, "complete", loss, 1.0, "sample", size=values["lora_r"] * 1000))
        return [t.values["lora_r"] for t in seen[12:]]

    alone, both = ranks(("loss",)), ranks(("loss", "size"))
    assert sum(r <= 8 for r in both) > sum(r <= 8 for r in alone)


def test_what_is_weighed_is_said(home: Path, qa_file: Path) -> None:
    made = propose(qa_file, Wishes(goal="answer", dataset_path=str(qa_file), tuning="lora"))
    words = search_terms(search_order(made, Search(search_objectives=["time", "size"], max_gpu_gb=3)))
    assert "validation loss and time of a training and numbers that are trained are weighed" in words
    assert "none is begun that would need over 3 GB" in words and "stopped early" not in words
    order = search_order(made, Search(early_stop_trials=False))
    assert order.search is not None and not order.search.prune and "stopped early" not in search_terms(order)


def test_a_trial_that_needs_too_much_memory_is_not_begun(home: Path, qa_file: Path) -> None:
    made = propose(qa_file, Wishes(goal="answer", dataset_path=str(qa_file), tuning="lora"))
    settings = SearchSettings(n_trials=4, space={"lora_r": {"choices": [8, 16]}}, max_gb=0.01)
    why = Room(made, settings).refused(Choice({"lora_r": 8}, 1.0, "sample"))
    assert why.startswith("not begun: it needs at least 0.") and "0.01 were allowed" in why
    assert Room(made, settings.model_copy(update={"max_gb": 500.0})).refused(Choice({"lora_r": 8}, 1.0, "sample")) == ""
    ranks = [
        trained_numbers(made.plan.model_copy(update={"adapter": made.plan.adapter.model_copy(update={"lora_r": r})}))
        for r in (8, 16)
    ]
    assert ranks[0] and ranks[1] == 2 * ranks[0]


def test_a_search_in_which_nothing_fits_ends_and_says_why(home: Path, qa_file: Path) -> None:
    study = study_of(home, qa_file, 8, max_gb=0.01)
    with workers(study, 1) as running:
        assert running[0].wait(60) == 0
    state = study.state()
    assert state["status"] == "failed" and "not begun: it needs at least" in state["text"]
    assert len(state["trials"]) == 8 and all(t["refused"] and not t["run"] and not t["spent"] for t in state["trials"])


def test_sizes_and_times_are_kept_with_each_trial(home: Path, qa_file: Path) -> None:
    study = study_of(home, qa_file, 8, objectives=("loss", "size"))
    with workers(study, 1) as running:
        assert running[0].wait(90) == 0
    state = study.state()
    done = [t for t in state["trials"] if t["state"] == "complete"]
    assert state["status"] == "finished" and all(t["size"] for t in done)
    assert state["pareto"] and state["best"]["trial"] in state["pareto"]
