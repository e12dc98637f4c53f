"""A search in the page: the table, what mattered, the trade-off, the charts."""

from __future__ import annotations

from typing import Any

from ui.search_figures import coordinates_figure, search_figure
from ui.search_html import study_panel


def trial(number: int, value: float | None, **facts: Any) -> dict[str, Any]:
    params = {"learning_rate": 10.0 ** (-number - 1), "lr_scheduler_type": ("cosine", "linear")[number % 2]}
    losses = [] if value is None else [value + 1, value + 0.5, value]
    base = {"number": number, "params": params, "value": value, "state": "complete", "share": 1.0, "purpose": "sample"}
    return base | {"of": None, "spent": 1.0, "seconds": 10.0, "losses": losses, "looks": 3} | facts


STATE: dict[str, Any] = {
    "status": "finished",
    "spent": 3.3,
    "text": "Best validation loss 0.9000.",
    "best": {"trial": 3},
    "importance": {"learning_rate": 0.8, "lr_scheduler_type": 0.2},
    "pareto": [3, 0],
    "trials": [
        trial(0, 1.2, purpose="plan", seconds=5.0),
        trial(1, 2.0, share=0.125, spent=0.125),
        trial(2, None, state="fail", spent=0.0),
        trial(3, 0.9, purpose="longer", of=1, seconds=9.0),
        trial(4, 0.95, purpose="again", of=3),
        trial(5, None, state="running", spent=0.0, step=4, max_steps=10),
    ],
}


def test_the_panel_says_what_each_trial_is_for() -> None:
    shown = study_panel("study-1", STATE)
    for part in ("the plan itself", "goes on (trial 1)", "another seed (trial 3)", "12%", "4 of 10", "failed"):
        assert part in shown
    assert "5 trials done, as much as 3.3 whole trainings" in shown
    assert shown.index("learning_rate</dt>") < shown.index("lr_scheduler_type</dt>"), "what mattered most comes first"
    assert "Trial 3: loss 0.9000 in 9 s" in shown and "Trial 0: loss 1.2000 in 5 s" in shown


def test_text_in_a_search_is_only_text() -> None:
    state = STATE | {"text": "<img src=x onerror=alert(1)>"}
    assert "<img" not in study_panel("study-1", state)


def test_the_best_so_far_falls_only_with_whole_trainings() -> None:
    figure = search_figure(STATE)
    assert figure is not None
    assert list(figure.data[0].y) == [1.2, 1.2, 1.2, 0.9, 0.9, 0.9]
    assert list(figure.data[0].x) == [1.0, 1.125, 1.125, 2.125, 3.125, 3.125]
    curves = [line for line in figure.data[1:] if line.x]
    assert max(curves[1].x) == 0.125, "a short training's curve ends where its share ends"
    assert search_figure({"trials": [trial(0, None)]}) is None


def test_parallel_coordinates_compare_what_was_trained_alike() -> None:
    figure = coordinates_figure(STATE)
    assert figure is None, "two whole ones are too few to draw lines"
    more = STATE | {"trials": [*STATE["trials"], trial(6, 1.1), trial(7, 1.3)]}
    figure = coordinates_figure(more)
    assert figure is not None
    axes = {axis.label: axis for axis in figure.data[0].dimensions}
    assert list(axes["loss"].values) == [1.2, 0.9, 1.1, 1.3]
    assert list(axes["lr_scheduler_type"].ticktext) == ["cosine", "linear"]
    assert min(axes["learning_rate"].values) == -8.0, "rates are laid out by their logarithm"
