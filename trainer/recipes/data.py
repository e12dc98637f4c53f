"""The section `data` of a plan: what is learned from, and how it is divided."""

from __future__ import annotations

from typing import Any

from trainer.errors import UserFacingError
from trainer.reasons import Reason
from trainer.recipes import amounts
from trainer.recipes.draft import Draft
from trainer.recipes.rows import FITS, NEEDS


def rows_of(usable: int, max_samples: int | None) -> int:
    """Rows that a plan uses."""
    return min(usable, max_samples or usable)


def section(draft: Draft) -> dict[str, Any]:
    """Every value of the section."""
    profile, ledger = draft.facts.data, draft.ledger
    _roles(draft)
    rows = rows_of(draft.facts.usable_rows, draft.said("max_samples"))
    val, val_why = amounts.val_fraction(rows)
    hold, hold_why = amounts.holdout_fraction(rows)
    skip_why = Reason(origin="data", why="empty rows teach nothing; repeats count once")
    return {
        "dataset_path": draft.fixed("dataset_path", profile.path, Reason(origin="user", why="the file you gave")),
        "fingerprint": draft.fixed(
            "fingerprint", profile.fingerprint, Reason(origin="data", why="so that a changed file is noticed")
        ),
        "format": draft.fixed("format", profile.format, Reason(origin="data", why=_format_why(draft))),
        "roles": draft.fixed("roles", profile.roles, Reason(origin="data", why="which column plays which part")),
        "skip_rows": ledger.choose("skip_rows", ["empty", "duplicates"], skip_why),
        "max_samples": ledger.choose("max_samples", None, Reason(origin="default", why="all usable rows")),
        "val_split": ledger.choose("val_split", val, val_why),
        "holdout_max": draft.fixed("holdout_max", 1000, Reason(origin="recipe", why="more would hardly be surer")),
        "holdout_split": draft.fixed("holdout_split", hold, hold_why),
        "new_tokens": ledger.choose("new_tokens", (), Reason(origin="default", why="no words of its own are needed")),
        **_retention(draft),
    }


def _format_why(draft: Draft) -> str:
    why = "judged by column names and content"
    if draft.case.method == "sft" and draft.format == "preference":
        return f"{why}; sft learns the better answer of each pair alone, the worse one isn't used"
    if draft.case.method == "sft" and draft.format == "kto":
        return f"{why}; sft learns the good answers alone, the bad ones aren't used"
    return why


def _roles(draft: Draft) -> None:
    said = draft.ledger.said
    goal = str(said.get("goal", "")).lower()
    for role, column in draft.facts.data.roles.items():
        named = f"{role}_column" in said and column.lower() in goal
        why = "you said so" if named else f"column {column} reads like the {role}"
        draft.fixed(role, column, Reason(origin="user" if named else "data", why=why))


def _retention(draft: Draft) -> dict[str, Any]:
    """General rows against forgetting, where the person gave some."""
    path, share = draft.said("retention_path"), draft.said("retention_share")
    if path is None:
        if share is not None:
            raise UserFacingError(
                "mixing in general rows needs a file that holds them",
                "",
                "Give retention_path: rows of the kind the model should not forget, some hundreds are a start.",
            )
        why = Reason(origin="default", why="nothing is mixed in; say 'don't forget' and name a file of general rows")
        for name in ("retention_path", "retention_fingerprint", "retention_share"):
            draft.fixed(name, None, why)
        return {"retention_path": None, "retention_fingerprint": None, "retention_share": 0.0}
    _general_fit(draft, path)
    known = draft.facts.beside.fingerprints.get("retention_path")
    path = draft.facts.beside.paths.get("retention_path", path)
    return {
        "retention_path": draft.fixed("retention_path", path, Reason(origin="user", why="you said so")),
        "retention_fingerprint": draft.fixed(
            "retention_fingerprint", known, Reason(origin="data", why="so that changed rows are noticed")
        ),
        "retention_share": _share(draft),
    }


def _share(draft: Draft) -> float:
    """The share asked for, or as much as there are general rows for."""
    share = float(draft.setting("retention_share"))
    general = draft.facts.beside.general_rows
    rows = rows_of(draft.facts.usable_rows, draft.said("max_samples"))
    most = general / (general + max(1, rows))
    if share <= most:
        return share
    why = f"{share:.0%} was wanted; the {general:,} general rows that may be trained on make {most:.1%}"
    return float(draft.fixed("retention_share", round(most, 4), Reason(origin="data", why=why)))


def _general_fit(draft: Draft, path: str) -> None:
    """General rows must be of a kind that the method learns from."""
    method, form = draft.case.method, draft.facts.beside.general_format
    if method in ("grpo", "rloo"):
        raise UserFacingError(
            f"{method} learns by rewards, which judge your own rows only, so general rows can't be mixed in",
            path,
            "Leave retention_path away; a larger beta holds the model to where it began.",
        )
    if method not in FITS.get(form, ()):
        raise UserFacingError(
            f"holds rows of the form {form or 'unknown'}, and {method} can't learn from those",
            path,
            f"Give general rows with {NEEDS[method]}.",
        )
    if draft.facts.beside.general_rows < 1:
        raise UserFacingError("holds too few general rows to mix in", path, "Give at least a dozen, better hundreds.")
