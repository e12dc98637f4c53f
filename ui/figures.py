"""A run's record as a chart, findings marked on the curve."""

from __future__ import annotations

import math
from typing import Any

import plotly.graph_objects as go

from agent.proving import sides
from trainer.replays.outcome import Outcome
from ui.views import curve

PART = 0.5
"""Share of a run up to which a stretch of steps is shaded as a region."""
INK, TRAIN, EVAL, MARK = "#8a8f98", "#3b6ea8", "#d9822b", "rgba(217,130,43,0.15)"


def replay_figure(outcome: Outcome) -> go.Figure:
    """Both sides of all pairs over each other; the moment that was weighed is shaded."""
    figure = go.Figure()
    told: set[bool] = set()
    names = dict(zip((False, True), sides(outcome.replay), strict=True))
    for side in outcome.curves:
        losses = [x if math.isfinite(x) else None for x in side.losses]
        figure.add_scatter(
            x=side.steps,
            y=losses,
            name=names[side.changed],
            legendgroup=str(side.changed),
            showlegend=side.changed not in told,
            mode="lines",
            line_color=TRAIN if side.changed else EVAL,
            opacity=0.8,
        )
        told.add(side.changed)
    figure.add_vrect(x0=outcome.replay.moment[0] - 0.5, x1=outcome.replay.moment[1] + 0.5, fillcolor=MARK, line_width=0)
    figure.update_layout(title={"text": f"replayed: {outcome.verdict}", "font": {"size": 14}})
    return _styled(figure)


def loss_figure(history: list[dict[str, Any]], findings: list[dict[str, Any]], more: bool) -> go.Figure:
    """Training and validation loss over the steps; learning rate and gradient norm on demand."""
    figure = go.Figure()
    for field, name, colour in (("loss", "training loss", TRAIN), ("eval_loss", "validation loss", EVAL)):
        _line(figure, history, field, name, colour)
    if more:
        _line(figure, history, "learning_rate", "learning rate", "#6a9955", axis="y2")
        _line(figure, history, "grad_norm", "gradient norm", "#9b6bb3", axis="y2")
    for finding in findings:
        if (region := _region(finding, history)) is not None:
            figure.add_vrect(x0=region[0], x1=region[1], fillcolor=MARK, line_width=0)
        if finding.get("onset_step") and finding["label"] != "healthy":
            figure.add_vline(
                x=finding["onset_step"],
                line_color=EVAL,
                line_dash="dot",
                annotation_text=finding["label"].replace("_", " "),
            )
    return _styled(figure)


def _region(finding: dict[str, Any], history: list[dict[str, Any]]) -> tuple[int, int] | None:
    """The steps that the finding's evidence is about, where they are a part of the run."""
    spans = [(e["step_from"], e["step_to"]) for e in finding.get("evidence", ()) if e.get("step_to") is not None]
    last = max((int(row.get("step", 0)) for row in history), default=0)
    return next((span for span in spans if span[1] - span[0] < PART * last), None)


def _styled(figure: go.Figure) -> go.Figure:
    """The look that all charts share."""
    figure.update_layout(
        height=300,
        margin={"l": 48, "r": 16, "t": 16, "b": 40},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font_color=INK,
        legend={"orientation": "h", "y": 1.12},
        xaxis_title="step",
        yaxis_title="loss",
        yaxis2={"overlaying": "y", "side": "right", "type": "log", "showgrid": False},
        uirevision="keep",
    )
    figure.update_xaxes(gridcolor="rgba(138,143,152,0.2)")
    figure.update_yaxes(gridcolor="rgba(138,143,152,0.2)")
    return figure


def _line(
    figure: go.Figure, history: list[dict[str, Any]], field: str, name: str, colour: str, axis: str = "y"
) -> None:
    steps, values = curve(history, field)
    if steps:
        mode = "lines+markers" if field == "eval_loss" else "lines"
        figure.add_scatter(x=steps, y=values, name=name, mode=mode, line_color=colour, yaxis=axis)
