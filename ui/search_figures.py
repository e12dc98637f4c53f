"""A search as charts: best loss against compute, every trial's curve, parallel coordinates."""

from __future__ import annotations

import math
from itertools import accumulate
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ui.figures import EVAL, INK, TRAIN

FEWEST = 3
"""Trials from which on lines between values say something."""


def search_figure(state: dict[str, Any]) -> go.Figure | None:
    """Left: the best whole loss against what was spent; right: the curves of all trials. None without any loss."""
    trials = state.get("trials", [])
    if not any(t.get("losses") for t in trials):
        return None
    figure = make_subplots(rows=1, cols=2, subplot_titles=("best so far", "validation loss of each trial"))
    _history(figure, trials)
    best = (state.get("best") or {}).get("trial")
    for t in trials:
        _curve(figure, t, t["number"] == best)
    figure.update_xaxes(title="whole trainings spent", row=1, col=1)
    figure.update_xaxes(title="part of the steps", row=1, col=2)
    return _look(figure)


def _history(figure: go.Figure, trials: list[dict[str, Any]]) -> None:
    spent = list(accumulate(t.get("spent", 1.0) for t in trials))
    whole = [_loss(t) for t in trials]
    best = list(accumulate(whole, min))
    known = [(x, y) for x, y in zip(spent, best, strict=True) if math.isfinite(y)]
    if known:
        xs, ys = zip(*known, strict=True)
        line = {"shape": "hv", "color": EVAL}
        figure.add_scatter(x=xs, y=ys, mode="lines+markers", line=line, showlegend=False, row=1, col=1)


def _loss(t: dict[str, Any]) -> float:
    """Of a whole training that may be the result; infinity for others."""
    counts = t["value"] is not None and t.get("share") == 1.0 and t.get("purpose") != "again"
    return float(t["value"]) if counts else math.inf


def _curve(figure: go.Figure, t: dict[str, Any], best: bool) -> None:
    losses = t.get("losses") or []
    share, count = t.get("share", 1.0), max(1, t.get("looks", 0), len(losses))
    xs = [share * (i + 1) / count for i in range(len(losses))]
    figure.add_scatter(
        x=xs,
        y=losses,
        mode="lines+markers" if len(losses) < FEWEST else "lines",
        line={"color": EVAL if best else TRAIN, "width": 3 if best else 1},
        opacity=1.0 if best else 0.55,
        name=f"trial {t['number']}",
        showlegend=False,
        row=1,
        col=2,
    )


def coordinates_figure(state: dict[str, Any]) -> go.Figure | None:
    """One line a trial through its values to its loss, among trials of the same share. None while they are few."""
    done = [t for t in state.get("trials", []) if t["value"] is not None and t.get("purpose") != "again"]
    shares = sorted({t.get("share", 1.0) for t in done}, key=lambda s: -sum(t.get("share", 1.0) == s for t in done))
    alike = [t for t in done if shares and t.get("share", 1.0) == shares[0]]
    if len(alike) < FEWEST:
        return None
    names = list(dict.fromkeys(name for t in alike for name in t["params"]))
    losses = [t["value"] for t in alike]
    axes = [_axis(name, [t["params"].get(name) for t in alike]) for name in names]
    line = {"color": losses, "colorscale": [[0, EVAL], [1, TRAIN]], "showscale": False}
    figure = go.Figure(go.Parcoords(line=line, dimensions=[*axes, {"label": "loss", "values": losses}]))
    part = "" if shares[0] == 1.0 else f" (trained for {shares[0]:.0%} of the steps)"
    figure.update_layout(title={"text": f"values and their loss{part}", "font": {"size": 14}})
    return _look(figure, top=70)


def _axis(name: str, values: list[Any]) -> dict[str, Any]:
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    if numbers and min(values) > 0 and max(values) > 20 * min(values):
        logs = [math.log10(v) for v in values]
        ticks = sorted({round(x) for x in logs} | {min(logs), max(logs)})
        return {"label": name, "values": logs, "tickvals": ticks, "ticktext": [f"{10**x:.2g}" for x in ticks]}
    if numbers:
        return {"label": name, "values": values}
    told = ["-" if v is None else str(v) for v in values]  # a kind of training that lacks it
    kinds = sorted(set(told))
    places = [kinds.index(v) for v in told]
    return {"label": name, "values": places, "tickvals": list(range(len(kinds))), "ticktext": kinds}


def _look(figure: go.Figure, top: int = 40) -> go.Figure:
    figure.update_layout(
        height=300,
        margin={"l": 56, "r": 40, "t": top, "b": 40},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font_color=INK,
    )
    return figure
