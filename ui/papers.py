"""The paper on the table: the newest plan or preparation, as a card and as YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent import commands, more, preparations, proving
from trainer import planfile
from trainer.data.more.augmentation import Augmentation, NewRows
from trainer.data.repair.items import Diff, StepCount
from trainer.preparing import Preparation
from trainer.proposal import Proposal
from ui import html
from ui.html import esc

NONE_YET = "Say what you want and give a file: the plan appears here, every value with its reason."
PAPERS = ("plan", "preparation", "prepared", "augmentation", "augmented", "replay", "replayed", "extent", "extended")


def shown(events: list[dict[str, Any]], expert: bool) -> tuple[str, str]:
    """(card, YAML) of what was laid on the table last."""
    paper = next((e for e in reversed(events) if e["type"] in PAPERS), None)
    if paper is None:
        return html.empty(NONE_YET), ""
    if paper["type"] == "prepared":
        return prepared_card(paper), ""
    if paper["type"] == "augmented":
        return augmented_card(paper), ""
    if paper["type"] == "replay":
        return replay_card(paper), ""
    if paper["type"] == "replayed":
        return replayed_card(paper), ""
    if paper["type"] == "extent":
        return extent_card(paper), ""
    if paper["type"] == "extended":
        return extended_card(paper), ""
    if paper["type"] == "augmentation":
        return augmentation_card(Augmentation.model_validate(paper["order"]["augmentation"]), paper["hash"]), ""
    if paper["type"] == "preparation":
        preparation = Preparation.model_validate(paper["order"]["preparation"])
        return preparation_card(preparation, paper["hash"]), preparation.recipe.to_yaml()
    proposal = Proposal.model_validate(paper["order"]["proposal"])
    search = commands.search_line(paper["order"])
    return html.plan_card(proposal, paper["hash"], expert, search, paper.get("diff")), planfile.dump(proposal)


def preparation_card(preparation: Preparation, digest: str) -> str:
    """What would be done to the data: steps with counts and samples, what stays, the hash."""
    outcome, name = preparation.outcome, Path(preparation.dataset_path).name
    steps = "".join(_step(step) for step in outcome.steps)
    lines = [
        ("Rows", f"{outcome.rows_in:,} → {outcome.rows_out:,}"),
        ("Changes", f"{outcome.changed:,} cells; every other cell stays as it is (proved by a hash)"),
        ("New file", Path(preparation.output).name),
        ("Stays", f"{name} itself is not touched"),
    ]
    if outcome.unreadable:
        lines.insert(1, ("Unreadable", f"{outcome.unreadable:,} lines of {name}; they are in no file"))
    facts = "".join(f"<dt>{esc(k)}</dt><dd>{esc(v)}</dd>" for k, v in lines)
    offers = "".join(f"<li>{esc(o)}</li>" for o in preparation.offered)
    left = f"<details><summary>Left to you</summary><ul>{offers}</ul></details>" if offers else ""
    return (
        f'<section class="ts-card" data-hash="{esc(digest)}"><h2>Prepare {esc(name)}</h2>'
        f'<dl class="ts-lines">{facts}</dl><ol class="ts-prep">{steps}</ol>{left}'
        f'<p class="ts-hash">preparation {esc(digest[:8])}</p></section>'
    )


def _step(step: StepCount) -> str:
    diffs = "".join(_diff(d) for d in step.diffs)
    samples = f"<details><summary>before and after</summary>{diffs}</details>" if diffs else ""
    gone = f" Left out, among others: rows {', '.join(map(str, step.rows))}." if step.rows else ""
    return f"<li>{esc(preparations.step_words(step))}{esc(gone)}{samples}</li>"


def _diff(diff: Diff) -> str:
    return (
        f'<div class="ts-sample"><p class="q">Row {diff.row:,}, {esc(diff.column)}</p><div class="pair">'
        f"<div><h3>before</h3><p>{esc(diff.before)}</p></div><div><h3>after</h3><p>{esc(diff.after)}</p></div></div></div>"
    )


def augmentation_card(new: Augmentation, digest: str) -> str:
    """New rows: what would be made, sent and spent, samples, the hash. Written by code, never by a model."""
    said = "".join(f"<li>{esc(line)}</li>" for line in more.words(new)[:-1])
    pairs = "".join(_diff(Diff(row=s.row, column=s.by, before=s.before, after=s.after)) for s in new.samples)
    samples = f"<details><summary>before and after</summary>{pairs}</details>" if pairs else ""
    return (
        f'<section class="ts-card" data-hash="{esc(digest)}"><h2>More rows from {esc(Path(new.dataset_path).name)}</h2>'
        f'<ul class="ts-prep">{said}</ul>{samples}<p class="ts-hash">new rows {esc(digest[:8])}</p></section>'
    )


def augmented_card(event: dict[str, Any]) -> str:
    """The file of new rows, which waits for review."""
    said = "".join(f"<li>{esc(line)}</li>" for line in more.told(NewRows(Path(event["path"]), event["record"])))
    return f'<section class="ts-card"><h2>New rows to review</h2><ul class="ts-prep">{said}</ul></section>'


def prepared_card(event: dict[str, Any]) -> str:
    """The new file and its record."""
    record, name = event["record"], Path(event["path"]).name
    lines = [
        ("Written", event["path"]),
        ("Rows", f"{record['source']['rows']:,} → {record['output']['rows']:,}"),
        ("Record", f"{name}.provenance.json: source, steps, counts, versions, hashes"),
        ("Next month", f"tunesmith prepare FILE --recipe {name}.recipe.yaml"),
    ]
    facts = "".join(f"<dt>{esc(k)}</dt><dd>{esc(v)}</dd>" for k, v in lines)
    return f'<section class="ts-card"><h2>{esc(name)} is ready</h2><dl class="ts-lines">{facts}</dl></section>'


def replay_card(paper: dict[str, Any]) -> str:
    """What would be trained again, how often and how long; the hash."""
    lines = "".join(f"<dt>{esc(k)}</dt><dd>{esc(v)}</dd>" for k, v in proving.card_lines(paper["order"]))
    return (
        f'<section class="ts-card" data-hash="{esc(paper["hash"])}"><h2>Prove it by replaying</h2>'
        f'<dl class="ts-lines">{lines}</dl><p class="ts-hash">replay {esc(paper["hash"][:8])}</p></section>'
    )


def replayed_card(event: dict[str, Any]) -> str:
    """The verdict, and the figure of each side of each pair."""
    outcome = proving.outcome_of(event["outcome"])
    tone = {"confirmed": "good", "not confirmed": "bad"}.get(outcome.verdict, "unsure")
    rows = "".join(
        f"<tr><th scope='row'>{n}</th><td>{esc(a)}</td><td>{esc(b)}</td></tr>"
        for n, (a, b) in enumerate(proving.pair_figures(outcome), start=1)
    )
    with_it, without = (esc(side) for side in proving.sides(outcome.replay))
    said = esc(proving.verdict(outcome).replace("**", ""))
    return (
        f'<section class="ts-card"><h2 class="ts-verdict {tone}">{esc(outcome.verdict.capitalize())}</h2>'
        f'<p class="ts-note">{said}</p><div class="ts-scroll"><table class="ts-table">'
        f"<tr><th>pair</th><th>{with_it}</th><th>{without}</th></tr>{rows}</table></div></section>"
    )


def extent_card(paper: dict[str, Any]) -> str:
    """The trainings of a learning curve; the hash."""
    lines = "".join(f"<dt>{esc(k)}</dt><dd>{esc(v)}</dd>" for k, v in proving.extent_lines(paper["order"]))
    return (
        f'<section class="ts-card" data-hash="{esc(paper["hash"])}"><h2>Would more rows help?</h2>'
        f'<dl class="ts-lines">{lines}</dl><p class="ts-hash">learning curve {esc(paper["hash"][:8])}</p></section>'
    )


def extended_card(event: dict[str, Any]) -> str:
    """What the learning curve says, a line for each training."""
    head, said, points = proving.extent_told(event["outcome"])
    rows = "".join(f"<tr><th scope='row'>{esc(a)}</th><td>{esc(b)}</td><td>{esc(c)}</td></tr>" for a, b, c in points)
    return (
        f'<section class="ts-card"><h2 class="ts-verdict">{esc(head)}</h2><p class="ts-note">{esc(said)}</p>'
        '<table class="ts-table"><tr><th>rows</th><th>seed</th><th>lowest validation loss</th></tr>'
        f"{rows}</table></section>"
    )
