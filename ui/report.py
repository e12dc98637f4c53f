"""A run's report as one file for a browser: words, the annotated curve, rows, replays. Nothing is fetched."""

from __future__ import annotations

from html import escape

import plotly.io as pio

from agent import proving, reporting
from ui.figures import loss_figure, replay_figure
from ui.html import visible

_HEAD = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Tunesmith</title><style>
body { font: 16px/1.55 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; } code { background: #f2f2f2; padding: 0 .2em; }
li { margin: .3rem 0; overflow-wrap: anywhere; }
</style>"""


def page(found: reporting.Report) -> str:
    """The report as HTML."""
    odd = [f.model_dump(mode="json") for f in found.findings]
    figure = loss_figure(reporting.history(found.run_id), odd, more=True)
    figure.update_layout(font_color="#333")
    parts = [
        _HEAD,
        f"<h1>{_text(found.run_id)}</h1><p>{_text(' '.join(found.story))}</p>",
        pio.to_html(figure, include_plotlyjs=True, full_html=False, config=CAMERA),
        f"<p>{_text(found.epochs)}</p>",
        _findings(found),
        _rows(found),
    ]
    for outcome in found.replays:
        parts.append(f"<h2>Replayed</h2><p>{_text(proving.verdict(outcome).replace('**', ''))}</p>")
        parts.append(pio.to_html(replay_figure(outcome), include_plotlyjs=False, full_html=False, config=CAMERA))
    return "".join(parts)


CAMERA = {"displaylogo": False, "toImageButtonOptions": {"format": "svg", "filename": "tunesmith"}}
"""The chart's own button saves it, marks and all."""


def _findings(found: reporting.Report) -> str:
    items = "".join(
        f"<li><b>{_text(f.label.replace('_', ' '))}</b> ({_text(f.severity)}): {_text(f.advice)} "
        f"{_text(f.confidence_basis)}</li>"
        for f in found.findings
    )
    return f"<h2>Findings</h2><ul>{items}</ul>" if items else ""


def _rows(found: reporting.Report) -> str:
    head, _, rest = found.rows_words.partition("\n")
    items = "".join(f"<li>{_text(line.partition('. ')[2])}</li>" for line in rest.splitlines())
    return f"<h2>Rows</h2><p>{_text(head)}</p><ol>{items}</ol>"


def _text(value: str) -> str:
    return escape(visible(str(value)))
