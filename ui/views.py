"""Pure pictures of typed things: a plan as a card, a run as points, estimates as words."""

from __future__ import annotations

import math
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from trainer.estimates import Range
from trainer.plan import Plan
from trainer.proposal import Proposal
from ui.glossary import METHODS, TUNINGS, meaning

HIDDEN = {"schema_version", "fingerprint", "model_fingerprint", "teacher_fingerprint", "retention_fingerprint"}
OWN_FILE = "own_reward_file"
"""The finding that holds the text of a person's own reward file."""


def value_text(value: Any) -> str:
    """A plan's value as people write it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict):
        return reward_text(value) if "kind" in value else ", ".join(f"{v} = {k}" for k, v in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(value_text, value)) or "none"
    return str(value)


def reward_text(reward: dict[str, Any]) -> str:
    """'length (max_length 200) x 0.5': a reward with what was said of it."""
    shown = {k: v for k, v in reward.items() if k not in ("kind", "weight", "fingerprint") and v is not None}
    parts = ", ".join(f"{k} {v}" for k, v in shown.items())
    weight = reward.get("weight", 1.0)
    return f"{reward['kind']}{f' ({parts})' if parts else ''}{f' x {weight:g}' if weight != 1 else ''}"


def range_text(estimate: Range) -> str:
    """'3 to 5 minutes', '$0 (this machine)', or 'unknown'."""
    if estimate.low is None or estimate.high is None:
        return "unknown"
    if estimate.unit == "USD" and estimate.high == 0:
        return "$0 (this machine)"
    return f"{estimate.low:g} to {estimate.high:g} {estimate.unit}"


def plan_rows(proposal: Proposal) -> list[dict[str, str]]:
    """Field, value, meaning, why, origin: every value of the plan."""
    rows = []
    for name, value in proposal.plan.leaves().items():
        if name in HIDDEN:
            continue
        reason = proposal.reasons.get(name)
        source = f" [{reason.source}]" if reason and reason.source else ""
        rows.append(
            {
                "field": name,
                "value": value_text(
                    Path(value).name if name in ("dataset_path", "retention_path") and value else value
                ),
                "meaning": meaning(name, value),
                "why": f"{reason.why}{source}" if reason else "",
                "origin": reason.origin if reason else "default",
            }
        )
    return rows


JUDGED = {
    "accuracy": "how many labels are right",
    "chrf": "how close its answers come to yours",
    "perplexity": "how well it foresees text it has not read",
    "pair_accuracy": "how often it prefers the better of two answers",
    "auc": "how well it tells good answers from bad ones",
    "reward": "what its answers earn",
}
"""Metric -> what it shows, in plain words."""


def simple_lines(proposal: Proposal) -> list[tuple[str, str]]:
    """Six lines in plain words: what, from what, with which model, how long, how judged, how private."""
    plan, needs, proof = proposal.plan, proposal.estimates, proposal.preflight
    unit = "passages" if plan.data.format == "text" else "rows"
    return [
        ("It will learn", _learns(proposal)),
        (
            "From",
            f"{proof.train_rows:,} {unit}; {proof.holdout_rows:,} more are sealed away for the test",
        ),
        ("With", f"{plan.base_model}, training {_moved(plan)}"),
        *_runs_on(plan),
        (
            "It takes",
            f"{range_text(needs.time)}, {range_text(needs.memory)} of memory, {range_text(needs.cost)}",
        ),
        ("We will know by", f"{JUDGED[plan.evaluation.metric]}, before and after, on the sealed {unit}"),
        ("By itself it may", _by_itself(plan)),
        ("Private", _private(plan)),
    ]


def _by_itself(plan: Plan) -> str:
    """What a run does without asking, and where it asks."""
    e = plan.evaluation
    said = ["keep its best checkpoint"] if e.load_best_model_at_end else []
    if e.early_stopping_patience and e.load_best_model_at_end:
        said.append(f"end after {e.early_stopping_patience} looks without a gain")
    said += ["stop where the loss is no number", "take smaller pieces of the same batch if memory runs out"]
    asks = "if the loss leaves its path for good it is held and asks you" if e.on_divergence == "ask" else ""
    return "; ".join(filter(None, [", ".join(said), asks]))


def _moved(plan: Plan) -> str:
    """Which weights move."""
    layers = getattr(plan.adapter, "freeze_trainable_layers", None)
    return f"its last {layers} layers" if layers else TUNINGS[plan.adapter.tuning]


def _runs_on(plan: Plan) -> list[tuple[str, str]]:
    """Said where it is more than one process of this machine."""
    compute = plan.compute
    if compute.backend == "hosted":
        return [("Runs on", f"the service at {compute.address or 'an address not known yet'}")]
    many = f"{compute.num_processes} processes" + (f" on {compute.num_nodes} machines" * (compute.num_nodes > 1))
    if compute.backend == "ray":
        return [("Runs on", f"Ray ({compute.address or 'a cluster of its own on this machine'}), {many}")]
    return [("Runs on", f"{many} of this machine")] if compute.num_processes > 1 else []


def _private(plan: Plan) -> str:
    """Where rows and answers go."""
    judges = [r.judge_model for r in getattr(plan.method, "rewards", ()) if r.judge_model]
    if plan.compute.backend == "hosted":
        return f"the training rows are sent to {plan.compute.address or 'the hosted service'}"
    if plan.compute.backend == "ray" and plan.compute.address:
        return f"the training rows go to the machines of the cluster at {plan.compute.address}"
    if judges:
        return f"prompts and written answers are sent to {judges[0]} to be judged; the rest stays on this machine"
    return "data, model and training stay on this machine"


def _learns(proposal: Proposal) -> str:
    """The task, the way of learning, and how much of the rows is used."""
    plan, proof = proposal.plan, proposal.preflight
    what = f"{plan.task.replace('_', ' ')}: it {METHODS[plan.method.method]}"
    share = "" if proof.own_answers else f"; {100 * proof.trained_share:.0f} % of the text is trained on"
    nothing = "nothing is cut off in the part looked at" if proof.sampled else "nothing is cut off"
    cut = f"{proof.whole(proof.rows_cut)} rows are cut off" if proof.rows_cut else nothing
    return f"{what}{share}, {cut}"


def own_file(finding: dict[str, Any]) -> tuple[str, str]:
    """A finding's sentence, and the text of a program that it holds ('' where it holds none)."""
    if finding.get("rule") != OWN_FILE:
        return finding["advice"], ""
    said, _, text = finding["advice"].partition("\n")
    return said, text.strip("\n")


def title(proposal: Proposal) -> str:
    """The card's headline."""
    goal = " ".join(proposal.plan.goal.split())
    return goal if len(goal) <= 90 else goal[:87] + "..."


def state_text(state: dict[str, Any]) -> str:
    """'running', or 'queued, place 1 of 2, after run-7'."""
    if state.get("status") != "queued":
        return str(state.get("status"))
    return f"queued, place {state['place']} of {state['of']}, after {state['waits_for']}"


def queue_text(state: dict[str, Any]) -> str:
    """'It waits for run-7: place 1 of 2, about 12 minutes'."""
    seconds = state.get("wait_seconds")
    minutes = "" if seconds is None else f", about {max(1, round(seconds / 60))} minutes"
    return f"It waits for {state['waits_for']}: place {state['place']} of {state['of']}{minutes}"


def line(runs: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Who has a device and who waits, in the order of their turns: (run, what it does)."""
    working = [(r["run_id"], str(r["status"])) for r in runs if r["status"] in ("starting", "running", "evaluating")]
    queued = sorted((r for r in runs if r["status"] == "queued"), key=lambda r: r["place"])
    return [*working, *((r["run_id"], f"place {r['place']}, after {r['waits_for']}") for r in queued)]


def curve(history: list[dict[str, Any]], field: str) -> tuple[list[int], list[float]]:
    """Steps and finite values of one column of a run's record."""
    points = [
        (row["step"], row[field])
        for row in history
        if isinstance(row.get(field), int | float) and math.isfinite(row[field])
    ]
    return [s for s, _ in points], [float(v) for _, v in points]


SHARES = ("accuracy", "macro_f1", "pair_accuracy", "auc")
"""Figures told in per cent."""


def interval_text(metric: str, figure: dict[str, float]) -> str:
    """'61.2 % (58.1 to 64.2)'."""
    scale, unit = (100, " %") if metric in SHARES else (1, "")
    digits = 3 if metric == "bits_per_byte" else 1
    value, low, high = (f"{scale * figure[end]:.{digits}f}" for end in ("value", "low", "high"))
    return f"{value}{unit} ({low} to {high})"


def compared_words(text: str, reference: str) -> list[tuple[str, bool]]:
    """A text in pieces: (words, whether the reference has them at that place)."""
    said = text.split()
    found = SequenceMatcher(a=said, b=reference.split(), autojunk=False).get_opcodes()
    return [(" ".join(said[a:b]), tag == "equal") for tag, a, b, _, _ in found if b > a]


def result_rows(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Metric, untuned, tuned: with their 95 % intervals."""
    metric = result["metric"]
    rows = [(metric, interval_text(metric, result["base"]), interval_text(metric, result["tuned"]))]
    rows += [
        (name, interval_text(name, pair["base"]), interval_text(name, pair["tuned"]))
        for name, pair in result.get("also", {}).items()
    ]
    for name in ("loss", "forgetting"):
        if pair := result.get(name):
            label = "loss on general rows" if name == "forgetting" else name
            rows.append((label, interval_text(name, pair["base"]), interval_text(name, pair["tuned"])))
    return rows
