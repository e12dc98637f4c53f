"""From wishes to a proposal: the plan with its reasons, estimates, findings and proof."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from trainer import base_models, checks, estimates, retention
from trainer.data import tokenizer as tokenizers
from trainer.data.convert import Example
from trainer.data.doctor.diagnosis import Found
from trainer.data.doctor.leaks import leaked
from trainer.data.doctor.watch import Watch
from trainer.data.doctor.words import finding
from trainer.data.pictures import refuse_pictures
from trainer.data.profile import Inspected, inspect, repeated_rows
from trainer.data.proof import Proof, prove
from trainer.data.sources import fingerprint
from trainer.data.split import Split, own_split, split
from trainer.errors import UserFacingError
from trainer.estimates import Estimates
from trainer.evaluation import programs
from trainer.facts import DataFinding, Facts, ModelFacts
from trainer.machine import read_machine
from trainer.paths import BUILTIN_MODEL
from trainer.plan import PAIRWISE, Data, Plan
from trainer.preflight import method_findings
from trainer.reasons import Reason
from trainer.recipes import beside, domains, unused
from trainer.recipes.derive import derive
from trainer.wishes import Wishes

ROLE_FIELDS = ("prompt", "completion", "messages", "label", "text", "chosen", "rejected")


class Proposal(BaseModel):
    """What a person is shown and what an approval is bound to."""

    model_config = ConfigDict(extra="forbid")

    wishes: Wishes
    plan: Plan
    reasons: dict[str, Reason]
    estimates: Estimates
    findings: list[DataFinding]
    preflight: Proof
    hash: str

    @property
    def blockers(self) -> list[DataFinding]:
        """What must be mended before it can start."""
        return [f for f in self.findings if f.severity == "blocker"]


@dataclass(frozen=True)
class Ground:
    """The facts of one proposal together with the rows behind them."""

    facts: Facts
    inspected: Inspected
    tokenizer: tokenizers.ChatTokenizer


def tokenizer_of(model: ModelFacts) -> tokenizers.ChatTokenizer:
    """The model's own tokenizer, or the built-in one while its files are not here."""
    return tokenizers.load(model.path or str(BUILTIN_MODEL))


def survey(path: Path, wishes: Wishes, watch: Watch | None = None) -> Ground:
    """Read the data, the model and the machine. `watch` is told of progress."""
    hosted = wishes.backend == "hosted"
    model = (base_models.of_a_service if hosted else base_models.resolve)(wishes.base_model)
    tokenizer = tokenizer_of(model)
    said = wishes.said()
    wanted = {r: said[f"{r}_column"] for r in ROLE_FIELDS if f"{r}_column" in said}
    prefer = "label" if wishes.task == "text_classification" or "label" in wanted else None
    inspected = inspected_file(path, wanted, model, prefer, watch)
    if inspected.diagnosis.sampled < 1:
        raise UserFacingError(
            f"is {inspected.profile.bytes / 1e9:.1f} GB: I looked at a sample of it and can't train on it whole",
            path.name,
            f"Take rows from it first: tunesmith prepare {path.name} --step 'sample rows=200000' --yes",
        )
    columns = [column.name for column in inspected.profile.columns]
    refuse_pictures(path.name, columns, inspected.profile.format == "messages", inspected.examples)
    skip = said.get("skip_rows", ["empty", "duplicates"])
    rows = usable(inspected.examples, tuple(skip))
    facts = Facts(
        data=inspected.profile,
        usable_rows=len(rows),
        model=model,
        machine=read_machine(),
        beside=beside.read(wishes, model, rows),
    )
    return Ground(facts, inspected, tokenizer)


def inspected_file(
    path: Path,
    wanted: dict[str, str],
    model: ModelFacts,
    prefer: str | None = None,
    watch: Watch | None = None,
) -> Inspected:
    """A file looked at once: revising a plan need not look again while its content is the same."""
    key = (path, fingerprint(path), tuple(sorted(wanted.items())), model.path, model.context, prefer)
    if key not in _LOOKED:
        found = inspect(path, wanted, tokenizer_of(model), prefer, context=model.context, watch=watch)
        while len(_LOOKED) >= 2:
            _LOOKED.pop(next(iter(_LOOKED)))
        _LOOKED[key] = found
    return _LOOKED[key]


_LOOKED: dict[tuple[object, ...], Inspected] = {}
"""The last two files looked at."""


def usable(examples: list[Example], skip: tuple[str, ...]) -> list[Example]:
    """The rows a plan trains, validates or tests on. Faulty rows are never among them."""
    repeats = set(repeated_rows(examples)) if "duplicates" in skip else set()
    return [e for e in examples if not e.fault and e.row not in repeats]


def examples_of(found: Inspected, plan: Plan) -> list[Example]:
    """A file's rows for a plan, with the further columns that its rewards, or tests of written code, read."""
    return found.with_columns(None if plan.online else programs.COLUMNS)


def suited(examples: list[Example], plan: Plan) -> list[Example]:
    """The rows the method can learn from: of judged answers, sft takes the good ones."""
    if plan.method.method in PAIRWISE:
        return [e for e in examples if e.rejected]
    if plan.method.method == "kto":
        return [e for e in examples if e.good is not None]
    return [e for e in examples if e.good is not False]


def divided(examples: list[Example], data: Data, seed: int) -> Split:
    """The plan's split of the usable rows."""
    rows = usable(examples, data.skip_rows)
    if data.max_samples is not None and data.max_samples < len(rows):
        step = len(rows) / data.max_samples
        rows = [rows[int(i * step)] for i in range(data.max_samples)]
    return split(rows, seed, data.val_split, data.holdout_split, data.holdout_max)


def parts_of(examples: list[Example], plan: Plan) -> Split:
    """The rows the method learns from, divided, with general rows among those to train on where the plan says so."""
    parts = divided(suited(examples, plan), plan.data, plan.schedule.seed)
    return replace(parts, train=retention.mixed(parts.train, plan))


def propose(path: Path, wishes: Wishes) -> Proposal:
    """A plan for a goal and a file. Raises UserFacingError when none can be made."""
    return propose_on(survey(path, wishes), wishes)


def propose_on(ground: Ground, wishes: Wishes) -> Proposal:
    """A plan for a goal over facts that were read already."""
    rows, path = ground.facts.usable_rows, Path(ground.facts.data.path)
    if ground.inspected.examples and rows < 2:
        raise UserFacingError(
            f"has {rows} usable row{'s' * (rows != 1)}: too few to learn from and to test on",
            path.name,
            "Add rows; 50 to 100 good ones are a start.",
        )
    plan, reasons = derive(wishes, ground.facts)
    return examined(plan, reasons, wishes, ground)


def examined(plan: Plan, reasons: dict[str, Reason], wishes: Wishes, ground: Ground) -> Proposal:
    """Estimates, proof and findings for a plan, however it came to be."""
    facts = ground.facts
    parts = parts_of(examples_of(ground.inspected, plan), plan)
    proof = prove(parts, ground.tokenizer.with_tokens(plan.data.new_tokens), plan)
    needs = estimates.estimates(plan, facts, estimates.kept.known(plan, facts))
    known = [
        *_leaks(ground.inspected, parts),
        *_own_split(ground.inspected, parts),
        *method_findings(plan, parts, ground.tokenizer, facts),
        *domains.findings(wishes),
        *unused.findings(wishes, plan),
    ]
    found = checks.findings(plan, facts, needs, proof, known)
    return Proposal(
        wishes=wishes,
        plan=plan,
        reasons=reasons,
        estimates=needs,
        findings=found,
        preflight=proof,
        hash=plan.digest(),
    )


def _own_split(inspected: Inspected, parts: Split) -> list[DataFinding]:
    """The file's own division goes before the plan's shares; told, because the shares then say little."""
    if not own_split(inspected.examples):
        return []
    column = inspected.shape.extras["split"]
    counts = f"{len(parts.train):,} rows to train, {len(parts.val):,} to validate, {len(parts.holdout):,} sealed"
    words = (
        f"The file's own column {column} divides the rows ({counts}); a side it lacks is drawn from its training rows."
    )
    return [DataFinding(rule="own_split", severity="info", count=len(inspected.examples), advice=words)]


def _leaks(inspected: Inspected, parts: Split) -> list[DataFinding]:
    """Sealed and validation rows that say nearly the same as a training row."""
    side = {e.row: name for name, rows in vars(parts).items() for e in rows}
    rows = leaked(inspected.diagnosis.groups.get("near_duplicates", ()), side)
    return [finding(Found("split_leak", len(rows), rows, {"where": "this plan's split"}))] if rows else []
