"""A gain inside the noise is called noise: recipe and best once more with another seed, on the same rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tools.orders import Order, SearchSettings
from tools.search import worker
from tools.search.noise import Gain
from tools.search.study import StudyStore
from trainer.proposal import propose
from trainer.records import append
from trainer.runs import Run
from trainer.wishes import Wishes

SPACE = {"learning_rate": {"low": 1e-5, "high": 1e-1, "log": True}}


def searched(home: Path, file: Path, loss: Any, trials: int = 8) -> tuple[dict[str, Any], list[Run]]:
    """A whole search whose runs end at once with the loss that is told of their plan."""
    proposal = propose(file, Wishes(goal="answer", dataset_path=str(file)))
    order = Order(kind="search", proposal=proposal, search=SearchSettings(n_trials=trials, space=SPACE))
    study, _ = StudyStore(home).create(order, "yes")

    def start(run: Run) -> None:
        for part in ("data", "sealed"):
            (run.folder / part).mkdir(exist_ok=True)
        append(run.folder / "metrics.jsonl", {"step": 1, "eval_loss": float(loss(run.plan()))})
        run.set_status("finished")

    with patch.object(worker.launch, "start", start):
        worker.Worker(study).run()
    return study.state(), study.trials()


def test_a_gain_that_another_seed_shows_too_holds(home: Path, qa_file: Path) -> None:
    own = propose(qa_file, Wishes(goal="answer", dataset_path=str(qa_file))).plan.optimisation.learning_rate

    def loss(plan: Any) -> float:
        return 1.0 if plan.optimisation.learning_rate == own else 0.8 + plan.schedule.seed * 1e-4

    state, runs = searched(home, qa_file, loss)
    assert state["holds"] is True and "the gain held" in state["text"]
    assert len(runs) == 8, "the repeats are within the budget"
    assert [t["of"] for t in state["trials"] if t["purpose"] == "again"] == [0, state["best"]["trial"]]
    assert {run.plan().schedule.seed for run in runs[:6]} == {42} and {r.plan().schedule.seed for r in runs[6:]} == {43}


def test_a_gain_that_goes_with_the_seed_is_noise(home: Path, qa_file: Path) -> None:
    own = propose(qa_file, Wishes(goal="answer", dataset_path=str(qa_file))).plan.optimisation.learning_rate

    def loss(plan: Any) -> float:
        lucky = plan.schedule.seed == 42 and plan.optimisation.learning_rate != own
        return 0.97 if lucky else 1.0

    state, _ = searched(home, qa_file, loss)
    assert state["holds"] is False and "is noise. I would keep the recipe." in state["text"]


def test_where_the_recipe_is_best_or_trials_are_few_nothing_is_repeated(home: Path, qa_file: Path) -> None:
    own = propose(qa_file, Wishes(goal="answer", dataset_path=str(qa_file))).plan.optimisation.learning_rate
    state, runs = searched(home, qa_file, lambda plan: 0.5 if plan.optimisation.learning_rate == own else 1.0)
    assert not [t for t in state["trials"] if t["purpose"] == "again"] and len(runs) == 8 and state["holds"] is None
    state, runs = searched(home / "few", qa_file, lambda plan: 1.0 - plan.optimisation.learning_rate, trials=4)
    assert len(runs) == 4 and "may be chance" in state["text"]


@pytest.mark.parametrize(
    ("recipe", "best", "holds"),
    [((1.0, 1.1), (0.9, 1.0), True), ((1.0, 1.0), (0.9, 1.01), False), ((1.0, 1.0), (0.8, 0.99), False)],
)
def test_a_gain_must_be_larger_than_what_the_seed_changes(
    recipe: tuple[float, float], best: tuple[float, float], holds: bool
) -> None:
    assert Gain(recipe, best).holds is holds
