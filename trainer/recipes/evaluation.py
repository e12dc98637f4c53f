"""The section `evaluation` of a plan: what is watched, and what decides."""

from __future__ import annotations

from typing import Any

from trainer.plan import ONLINE, PAIRWISE
from trainer.reasons import Reason
from trainer.recipes.draft import Draft

LOOKS = 8
"""Looks at the validation rows over a run."""
LOOKS_WRITING = 4
"""As many where each look has answers written."""


def section(draft: Draft, task: str, steps: int) -> dict[str, Any]:
    """Every value of the section, for a run of that many steps."""
    name, why = metric(task, draft.case.method)
    online = draft.case.method in ONLINE
    looks, watched = (LOOKS_WRITING, "validation reward") if online else (LOOKS, "validation loss")
    often = Reason(origin="recipe", why=f"{looks} looks at the {watched} over the run")
    best = Reason(origin="default", why="the best checkpoint is kept, not the last")
    held = Reason(origin="default", why="a diverged run only costs: it is saved and held until you have answered")
    written = Reason(origin="recipe", why="answers written for the hold-out, as many as time allows")
    return {
        "eval_steps": draft.ledger.choose("eval_steps", max(1, steps // looks), often),
        "early_stopping_patience": draft.setting("early_stopping_patience"),
        "load_best_model_at_end": draft.ledger.choose("load_best_model_at_end", True, best),
        "on_divergence": draft.ledger.choose("on_divergence", "ask", held),
        "metric": draft.fixed("metric", name, why),
        "generate_rows": draft.fixed("generate_rows", 1000 if name == "accuracy" else 120, written),
        "max_new_tokens": _new_tokens(draft),
    }


def _new_tokens(draft: Draft) -> Any:
    lengths = draft.facts.data.lengths
    if draft.case.method in ("grpo", "rloo"):
        most = min(4096, int(draft.ledger.values["max_completion_length"]))
        return draft.fixed("max_new_tokens", most, Reason(origin="recipe", why="as long as in training"))
    value = max(8, min(256, round(1.3 * lengths.answer_p95))) if lengths else 64
    why = "a little longer than 95 % of the answers" if lengths else "the answers' length is not known"
    return draft.fixed("max_new_tokens", value, Reason(origin="data", why=why))


def metric(task: str, method: str) -> tuple[str, Reason]:
    """The number the result is judged by, and what it can't see."""
    if method in _BY_METHOD:
        name, why, source = _BY_METHOD[method]
        return name, Reason(origin="recipe", why=why, source=source)
    if task == "text_classification":
        return "accuracy", Reason(origin="recipe", why="share of labels right; macro-F1 beside it for rare ones")
    return "chrf", Reason(
        origin="recipe",
        why="overlap with your own answers letter by letter; can't see whether they are true",
        source="chrF (Popovic 2015), sacrebleu",
    )


_PAIRS = (
    "pair_accuracy",
    "share of pairs whose better answer it prefers; can't see whether its own answers got better",
    "DPO (arXiv 2305.18290)",
)
_REWARD = ("reward", "mean reward of its answers; can't see what the reward doesn't check", "GRPO (arXiv 2402.03300)")
_BY_METHOD = {
    "cpt": ("perplexity", "how surprised it is by unseen text; says nothing about facts", None),
    "kto": ("auc", "how well it tells good answers from bad; 0.5 is chance", "KTO (arXiv 2402.01306)"),
    "grpo": _REWARD,
    "rloo": _REWARD,
    **dict.fromkeys(PAIRWISE, _PAIRS),
}
