"""The label: by its name, else by its few short values; and what else it could be."""

from __future__ import annotations

from trainer.data.shape.draft import STRONG, Draft
from trainer.data.shape.look import Claim, Look, unnamed


def take_label(draft: Draft) -> None:
    """The label: by name, else the one column of few short values."""
    look = draft.look
    named = [(look.name_score("label", n), n) for n in draft.free() if look.name_score("label", n) and look.labels(n)]
    best = look.best("label", [n for _, n in named], lambda _: 1.0)
    if best:
        draft.take("label", best)
        draft.rivals = _rivals(look, best.column, named)
    if "prompt" in draft.claims and "completion" not in draft.claims:
        draft.take("label", _structured_answer(draft))
    if "label" in draft.claims:
        return
    silent = [n for n in draft.free() if look.labelish(n) and _single(look, n) and unnamed(n) and not _dull(look, n)]
    if silent and "completion" not in draft.claims:
        count = look.columns[silent[0]].distinct
        draft.take("label", Claim(silent[0], 0.8, f"{count} different short values"))
        draft.rivals = tuple(n for n in silent[1:] if not _same(look, silent[0], n))


def _structured_answer(draft: Draft) -> Claim | None:
    """An answer that is an object or a list, to be written as JSON."""
    look = draft.look
    found = [n for n in draft.free() if not look.plain(n) and look.name_score("completion", n) >= STRONG]
    return Claim(found[0], 0.6, "named like an answer, but holds structures") if found else None


def _single(look: Look, name: str) -> bool:
    return look.plain(name) or look.columns[name].kind == "bool"


def _dull(look: Look, name: str) -> bool:
    """One value throughout teaches nothing; dates and addresses are no labels."""
    signs = look.signs[name]
    return look.columns[name].distinct < 2 or signs.date > 0.8 or signs.email > 0.5 or signs.link > 0.5


def _rivals(look: Look, best: str, named: list[tuple[float, str]]) -> tuple[str, ...]:
    """Others named as plainly like a label, that do not just say the same in other words."""
    top = look.name_score("label", best)
    plain = [n for score, n in named if n != best and score >= top - 0.06 and look.plain(n)]
    return tuple(n for n in plain if not _same(look, best, n) and not _dull(look, n))


def _same(look: Look, a: str, b: str) -> bool:
    """Whether two columns say one thing: a number and its name."""
    pairs = {(str(row.get(a)), str(row.get(b))) for row in look.rows}
    return len(pairs) <= max(len({p[0] for p in pairs}), len({p[1] for p in pairs}))
