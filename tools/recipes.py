"""From the operations a person asked for to the typed steps of a recipe."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tools.arguments import Prepare
from trainer.data.repair import steps as s
from trainer.data.repair.patient import Patient
from trainer.data.repair.private import RULE_OF
from trainer.data.repair.propose import BROKEN, MUCH, SURE_KINDS
from trainer.errors import UserFacingError

PII_KINDS = {
    "email": "email",
    "phone": "phone",
    "name": "name",
    "address": "address",
    "id_number": "id_number",
    "credit_card": "card",
    "card": "card",
    "iban": "iban",
    "ip": "ip",
    "key": "key",
}
"""A slot's kind of personal data -> ours."""
ORDER = (
    *("merge", "group", "fix_encoding", "escape_control", "strip_html", "strip_boilerplate", "fill_placeholders"),
    *("review", "drop", "deduplicate", "filter_language", "filter_length", "redact", "unify_labels"),
    *("sample", "balance", "shuffle", "split", "drop_columns", "map_columns", "convert"),
)
"""Texts are mended before rows go; classes and sides are drawn before columns are renamed or rewritten."""
MIN_CHARS = 10
"""What 'too short' means when no number was said."""


@cache
def table() -> dict[str, Any]:
    """The words of `recipes.yaml`."""
    loaded: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "recipes.yaml").read_text("utf-8"))
    return loaded


def says(pattern: str, text: str) -> bool:
    """Whether one of the table's words stands in a text."""
    return re.search(rf"(?<!\w)(?:{pattern})(?!\w)", text.lower()) is not None


def _first(group: str, text: str, otherwise: str) -> str:
    return next((name for name, pattern in table()[group].items() if says(pattern, text)), otherwise)


def meant_whole(args: Prepare) -> bool:
    """'Clean it': no operation in particular, so the doctor decides."""
    if not args.prep_ops:
        return not args.without
    only = set(args.prep_ops) == {"drop_rows"} and not args.pii_types
    return only and says(table()["whole"], args.question) and not says(table()["particular"], args.question)


def steps_for(args: Prepare, patient: Patient) -> tuple[list[Any], list[str]]:
    """The steps that were asked for, and what could not be turned into one (in words)."""
    steps: list[Any] = []
    left: list[str] = []
    for op in args.prep_ops:
        made = _MAKERS[op](args, patient)
        (left if isinstance(made, str) else steps).append(made)
    return steps, left


def _dedupe(args: Prepare, p: Patient) -> Any:
    """Near-repeats too, unless that would take much of the data (forms, templates) and nobody asked for it."""
    if says(table()["exact_only"], args.question):
        return s.Deduplicate(how="exact")
    near = len(p.diagnosis.rows("near_duplicates"))
    much = p.rows is not None and near > MUCH * p.rows and not says(table()["near_too"], args.question)
    return s.Deduplicate(how="exact" if much else "near")


def _redact(args: Prepare, p: Patient) -> Any:
    named = [PII_KINDS[kind] for kind in args.pii_types if kind in PII_KINDS]
    unknown = [kind.replace("_", " ") for kind in args.pii_types if kind not in PII_KINDS]
    if unknown and not named:
        return f"I have no check for {', '.join(unknown)}, so I can't mask it."
    found = [kind for kind in SURE_KINDS if RULE_OF[kind] in p.diagnosis.found]
    kinds: Any = tuple(dict.fromkeys(named or found or SURE_KINDS))
    return s.Redact(kinds=kinds)


def _drop_rows(args: Prepare, p: Patient) -> Any:
    private = [RULE_OF[PII_KINDS[kind]] for kind in args.pii_types if kind in PII_KINDS]
    named = [rule for rule, pattern in table()["rows"].items() if says(pattern, args.question)]
    if "dedupe" in args.prep_ops:
        named = [rule for rule in named if rule != "exact_duplicates"]
    if not private and not named and says(table()["condition"], args.question):
        return "I can't leave out rows by the values of a column yet, only by what the data report finds."
    if "rows_empty" in named or not (private or named):
        named += [rule for rule in BROKEN if rule in p.diagnosis.found]
    return s.Drop(rules=tuple(dict.fromkeys([*private, *named])) or BROKEN)


def _drop_columns(args: Prepare, p: Patient) -> Any:
    return s.DropColumns(columns=tuple(args.drop_columns)) if args.drop_columns else "Which columns shall go?"


def _split(args: Prepare, p: Patient) -> Any:
    how: Any = _first("split_by", args.question, "random")
    column = args.label_column if how == "stratified" else None
    return s.Split(val=args.val_split or 0.1, how=how, column=column, seed=_seed(args))


def _language(args: Prepare, p: Patient) -> Any:
    found = p.diagnosis.found.get("mixed_languages")
    keep = args.language or (str(found.facts.get("code", "")) if found else "")
    return s.FilterLanguage(keep=(keep,)) if keep else "Rows in which language shall stay?"


def _balance(args: Prepare, p: Patient) -> Any:
    how: Any = _first("balance_by", args.question, "downsample")
    return s.Balance(column=args.label_column or p.shape.roles.get("label"), how=how, seed=_seed(args))


def _map(args: Prepare, p: Patient) -> Any:
    return s.MapColumns(roles=args.roles) if args.roles else "Which column is the question, and which the answer?"


def _merge(args: Prepare, p: Patient) -> Any:
    if len(args.input_paths) < 2:
        return "Which files shall be put together?"
    return s.Merge(paths=tuple(args.input_paths[1:]))


def _sample(args: Prepare, p: Patient) -> Any:
    if args.max_samples is None:
        return "How many rows shall the sample have?"
    return s.Sample(rows=args.max_samples, seed=_seed(args))


def _group(args: Prepare, p: Patient) -> Any:
    return s.Group(gap_minutes=args.gap_minutes)


def _seed(args: Prepare) -> int:
    return s.SEED if args.seed is None else args.seed


_MAKERS: dict[str, Callable[[Prepare, Patient], Any]] = {
    "dedupe": _dedupe,
    "redact_pii": _redact,
    "drop_rows": _drop_rows,
    "drop_columns": _drop_columns,
    "convert_format": lambda args, _: s.Convert(target=args.target_format or "messages"),
    "split": _split,
    "filter_short": lambda args, _: s.FilterLength(min_chars=args.min_chars or MIN_CHARS),
    "filter_language": _language,
    "balance_classes": _balance,
    "map_columns": _map,
    "merge_files": _merge,
    "shuffle": lambda args, _: s.Shuffle(seed=_seed(args)),
    "sample": _sample,
    "group_conversations": _group,
    "generate_synthetic": lambda _, __: "New rows are not made by this step.",
}


def recipe_of(steps: list[Any]) -> s.Recipe:
    """The steps in the order in which they make sense; rows of a group are new rows, to be looked at anew."""
    ordered = sorted(steps, key=lambda step: ORDER.index(step.op))
    if any(step.op == "group" for step in ordered):
        ordered = [step for step in ordered if step.op not in ("deduplicate", "drop", "review")]
    return s.Recipe(steps=tuple(ordered))


def added(recipe: s.Recipe, steps: list[Any]) -> s.Recipe:
    """The recipe with more steps; one of the same kind is widened (kinds, rules, columns) or replaced."""
    by_op = {step.op: step for step in recipe.steps}
    for step in steps:
        old = by_op.get(step.op)
        field = {"redact": "kinds", "drop": "rules", "drop_columns": "columns"}.get(step.op)
        if old is not None and field:
            both = dict.fromkeys([*getattr(old, field), *getattr(step, field)])
            by_op[step.op] = step.model_copy(update={field: tuple(both)})
        else:
            by_op[step.op] = step
    return recipe_of(list(by_op.values()))


def without(recipe: s.Recipe, parts: list[str]) -> s.Recipe:
    """The recipe less some of its parts: a step by its op, a kind of private data, a rule."""
    steps: list[Any] = []
    for step in recipe.steps:
        kept = _less(step, set(parts))
        if kept is not None:
            steps.append(kept)
    return recipe.model_copy(update={"steps": tuple(steps)})


def _less(step: Any, parts: set[str]) -> Any | None:
    if step.op in parts:
        return None
    if step.op == "redact":
        kinds = tuple(k for k in step.kinds if k not in parts)
        return step.model_copy(update={"kinds": kinds}) if kinds else None
    if step.op == "drop":
        gone = {RULE_OF.get(part, part) for part in parts}
        gone |= {"exact_duplicates", "near_duplicates"} if "deduplicate" in parts else set()
        gone |= {"rows_no_answer"} if "rows_empty" in parts else set()
        rules = tuple(r for r in step.rules if r not in gone)
        return step.model_copy(update={"rules": rules}) if rules else None
    return step


PARTS = {"duplicates": "deduplicate", "dedupe": "deduplicate", "redact_pii": "redact", "pii": "redact"} | {
    "empty": "rows_empty",
    "convert_format": "convert",
    "balance_classes": "balance",
    "filter_short": "filter_length",
    "drop_rows": "drop",
    "map_columns": "map_columns",
}
"""Other names of a recipe's parts, as models and people write them."""


def taken_out(text: str) -> list[str]:
    """Parts of the shown recipe that a person wants to be left away: 'keep the duplicates', 'don't mask'."""
    words, low = table(), text.lower().replace("’", "'")
    out = [op for op, cue in words["ops"].items() if _near(words["not"], cue, low, 2)]
    for part, cue in words["parts"].items():
        kept = _near(words["keep"], cue, low, 3)
        spared = _near(rf"(?:{words['not']})\W+(?:{words['undo']})", cue, low, 3)
        if kept or spared:
            out.append(part)
    if set(out) & set(RULE_OF):
        out = [part for part in out if part != "redact"]  # 'don't mask the emails' spares the emails only
    return list(dict.fromkeys(out))


def _near(first: str, then: str, text: str, words: int) -> bool:
    """Whether a cue is followed by another with at most so many words between, in one clause."""
    between = rf"(?:[ \t]+[^\s,;.!?]+){{0,{words}}}?"
    return (
        re.search(rf"(?<!\w)(?:{first}){between}[ \t]+(?:the |all |my |die |los |las |les )?(?:{then})(?!\w)", text)
        is not None
    )


def checked(recipe: s.Recipe) -> s.Recipe:
    """The recipe, if anything is left of it. Raises UserFacingError."""
    if not recipe.steps:
        raise UserFacingError("nothing is left to do to the data", "", "Say what shall be changed, or 'stop'.")
    return recipe
