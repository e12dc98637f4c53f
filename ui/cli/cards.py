"""Cards for the terminal."""

from __future__ import annotations

from typing import Any

from trainer.preparing import Preparation
from trainer.proposal import Proposal
from ui import views
from ui.html import visible


def plan_card(proposal: Proposal) -> str:
    """The plan: plain words first, then every value with its reason, then what to know."""
    lines = [f"Plan {proposal.hash[:8]}: {views.title(proposal)}", ""]
    lines += [f"  {label:<16} {text}" for label, text in views.simple_lines(proposal)]
    lines += ["", f"  {'value':<46} why"]
    for row in views.plan_rows(proposal):
        if row["field"] != "goal":
            lines.append(f"  {row['field'] + ' = ' + row['value']:<46} {row['origin']}: {row['why']}".rstrip(": "))
    lines += ["", *proof_lines(proposal)]
    lines += [line for f in proposal.findings for line in finding_lines(f.model_dump())]
    return "\n".join(lines)


def finding_lines(finding: dict[str, Any]) -> list[str]:
    """A finding's sentence; a program that it holds is set in under it, control characters shown."""
    said, program = views.own_file(finding)
    return [
        f"  {finding['severity']}: {said}",
        *(f"      | {visible(line)}" for line in program.split("\n") if program),
    ]


def preparation_card(preparation: Preparation) -> str:
    """What would be done to the data: steps with counts, samples before and after, what stays."""
    from agent.preparations import step_words

    outcome = preparation.outcome
    lines = [f"Preparation {preparation.hash[:8]} of {preparation.dataset_path}", ""]
    lines.append(f"  rows {outcome.rows_in:,} -> {outcome.rows_out:,}, {outcome.changed:,} cells changed")
    if not outcome.steps:
        lines.append("  nothing to repair: the new file would be a copy, row by row")
    for n, step in enumerate(outcome.steps, start=1):
        lines.append(f"  {n}. {step_words(step)}")
        for diff in step.diffs:
            lines += [f"     row {diff.row}, {diff.column}:", f"       - {diff.before!r}", f"       + {diff.after!r}"]
    lines += [f"  left to you: {offer}" for offer in preparation.offered]
    return "\n".join([*lines, f"  the source stays as it is; the new file: {preparation.output}"])


def proof_lines(proposal: Proposal) -> list[str]:
    """One row as the model will see it, the trained part between arrows."""
    proof = proposal.preflight
    shown = "".join(f">>{p.text}<<" if p.trained else p.text for p in proof.shown)
    how = "as a prompt (it writes the answer itself)" if proof.own_answers else "as it is trained (>>trained<<)"
    return [f"  row {proof.shown_row} {how}: {shown[:400]!r}"]


def doctor_card(found: dict[str, Any]) -> str:
    """The examination in lines."""
    machine = found["machine"]
    gpus = ", ".join(f"{g['name']} {g['memory_gb']} GB" for g in machine["gpus"]) or "none"
    rates = ", ".join(f"{k}: {v} GFLOP/s" for k, v in machine["train_gflops"].items()) or "not measured"
    lines = [f"{name} {version or 'missing'}" for name, version in found["versions"].items()]
    lines += [
        f"machine: {machine['cores']} cores, {machine['memory_gb']} GB, GPU {gpus}",
        f"measured training speed: {rates}",
        f"home: {found['home']} ({found['free_disk_gb']} GB free)",
        f"brain: {found['brain']}",
        f"keys in the environment: {found['keys_in_environment']}",
    ]
    lines += [f"missing: {m}" for m in found["missing"]] or ["Nothing is missing."]
    return "\n".join(lines)


def curve_card(history: list[dict[str, Any]]) -> str:
    """Loss over the steps, drawn with characters."""
    import plotext as plt

    plt.clear_figure()
    plt.plotsize(74, 15)
    plt.theme("clear")
    for field, label in (("loss", "training loss"), ("eval_loss", "validation loss")):
        steps, values = views.curve(history, field)
        if steps:
            plt.plot(steps, values, label=label)
    plt.xlabel("step")
    return str(plt.uncolorize(plt.build()))
