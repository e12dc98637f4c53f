"""A request for more rows as it is laid on the table, and its carrying out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from trainer.data.doctor.watch import Watch
from trainer.data.more.file import free_for, written_file
from trainer.data.more.marks import SET_ASIDE, marked, prefix_for, remarked
from trainer.data.more.prompted import asked, checked
from trainer.data.more.request import Limits, Request
from trainer.data.more.sieve import REASONS, Made
from trainer.data.more.spending import Spending, Writer, limits
from trainer.data.more.stock import Stock, stocked
from trainer.data.more.variants import Grown, by_way, grown
from trainer.data.more.written import Render, Written, expected, sent_columns, sent_rows, wanted_rows, written
from trainer.data.profile import rows_only
from trainer.data.repair.private import masked
from trainer.data.repair.write import provenance_of
from trainer.data.sources import fingerprint
from trainer.errors import UserFacingError
from trainer.records import read_json

ENDING = ".more.jsonl"
SHOWN = 3
"""Samples of a preview."""
CELL = 110
"""Characters of a sample that are shown."""
LEAD = 35
"""Of these before the first change."""


class Sample(BaseModel):
    """One row of a preview."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    row: int
    """Number of the source row, from 1."""
    before: str
    after: str
    by: str


class Augmentation(BaseModel):
    """What is shown before new rows are made, and what an approval is bound to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset_path: str
    fingerprint: str
    """SHA-256 of the source."""
    request: Request
    roles: dict[str, str] = Field(default_factory=dict)
    """Columns that the person named, by role."""
    output: str
    """Where the new rows will lie."""
    source_rows: int
    """Rows of the person's own."""
    wanted: int
    made: int | None = None
    """Rows that the rules give; None where a model writes them."""
    digest: str = ""
    """SHA-256 of these rows."""
    thrown: dict[str, int] = Field(default_factory=dict)
    ways: dict[str, int] = Field(default_factory=dict)
    samples: tuple[Sample, ...] = ()
    model: str | None = None
    """The language model that rows are sent to; None where none are sent."""
    local: bool = False
    """Whether that model runs on a machine of the person's own."""
    sent_rows: int = 0
    """Rows that leave for the model, at most."""
    sent_columns: tuple[str, ...] = ()
    spending: Spending | None = None
    limits: Limits | None = None

    @property
    def hash(self) -> str:
        """Over everything that decides what is sent and written; not over the samples and the estimate."""
        held = self.model_dump(mode="json", include={"dataset_path", "fingerprint", "request", "roles", "output"})
        held |= self.model_dump(mode="json", include={"digest", "model", "limits", "wanted"})
        return hashlib.sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class NewRows:
    """A written file of new rows."""

    path: Path
    record: dict[str, Any]


def augmentation(
    path: Path,
    request: Request,
    folder: Path,
    roles: dict[str, str] | None = None,
    writer: Writer | None = None,
    most_usd: float | None = None,
    output: Path | None = None,
) -> Augmentation:
    """What a request would give. Nothing is written and nothing sent. Raises UserFacingError."""
    stock = _stock(path, roles or {})
    plain = {
        "dataset_path": str(path),
        "fingerprint": fingerprint(path),
        "request": request,
        "roles": roles or {},
        "output": str(output or free_for(path, folder, ENDING)),
        "source_rows": stock.total,
    }
    more = _asked_of(stock, request, writer, most_usd) if request.by_model else _ruled(stock, request)
    return Augmentation(**plain, **more)


def _stock(path: Path, roles: dict[str, str]) -> Stock:
    found = rows_only(path, roles)
    return stocked(found.source, checked(found.shape, path.name))


def _ruled(stock: Stock, request: Request) -> dict[str, Any]:
    found = grown(stock, request)
    if not found.kept:
        raise UserFacingError("no new row could be made by rules", "", "Their texts are too short, or all kept parts.")
    samples = tuple(_sample(made, stock) for made in found.kept[:SHOWN])
    return {
        "wanted": found.wanted,
        "made": len(found.kept),
        "digest": _digest(found),
        "thrown": dict(found.thrown),
        "ways": by_way(found.kept),
        "samples": samples,
    }


def _sample(made: Made, stock: Stock) -> Sample:
    before = asked(stock.rows[made.sources[0]], stock.shape)
    same = next((i for i, (a, b) in enumerate(zip(before, made.text, strict=False)) if a != b), len(before))
    at = max(0, same - LEAD)
    return Sample(row=made.sources[0], before=_part(before, at), after=_part(made.text, at), by=made.by)


def _part(text: str, at: int) -> str:
    """What stands around the first change, private values masked."""
    return ("…" if at else "") + masked(text[at : at + CELL]) + ("…" if len(text) > at + CELL else "")


def _digest(found: Grown) -> str:
    text = json.dumps([m.row for m in found.kept], sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _asked_of(stock: Stock, request: Request, writer: Writer | None, most_usd: float | None) -> dict[str, Any]:
    if writer is None:
        raise UserFacingError(
            "no language model is chosen, and new rows are written by one",
            "",
            "Choose one with TUNESMITH_LLM or in the page, or ask for variations by rules.",
        )
    spend = expected(stock, request, writer.price)
    most = limits(spend, writer.price, most_usd)
    return {
        "wanted": wanted_rows(stock, request),
        "model": writer.model,
        "local": writer.price.local,
        "sent_rows": sent_rows(stock, request, most.calls),
        "sent_columns": sent_columns(stock, request),
        "spending": spend,
        "limits": most,
    }


def carried_out(
    order: Augmentation,
    approval: str = "",
    writer: Writer | None = None,
    render: Render | None = None,
    watch: Watch | None = None,
) -> NewRows:
    """Make the rows and write their file, once for an approval. Raises UserFacingError."""
    target, path = Path(order.output), Path(order.dataset_path)
    if (done := _done(target, approval)) is not None:
        return NewRows(target, done)
    if not path.exists() or fingerprint(path) != order.fingerprint:
        raise UserFacingError("has changed since this was shown", path.name, "Ask again; nothing was written or sent.")
    if target.exists():
        raise UserFacingError("exists already", str(target), "Ask again; the new rows get another name.")
    stock = _stock(path, order.roles)
    if order.request.by_model:
        return _by_model(order, stock, approval, writer, render, watch)
    found = grown(stock, order.request)
    if _digest(found) != order.digest:
        raise UserFacingError("came out otherwise than it was shown; nothing was written", target.name, "Ask again.")
    facts = {"thrown_away": dict(found.thrown), "missing": found.missing}
    return _filed(order, stock, found.kept, (), approval, facts)


def _done(target: Path, approval: str) -> dict[str, Any] | None:
    """The record of the file that this approval has written already."""
    record = read_json(provenance_of(target)) if approval and target.exists() else {}
    return record if record.get("approval") == approval else None


def _by_model(
    order: Augmentation, stock: Stock, approval: str, writer: Writer | None, render: Render | None, watch: Watch | None
) -> NewRows:
    if writer is None or render is None or order.limits is None or writer.model != order.model:
        raise UserFacingError(
            f"the model {order.model} is not the one in use now", "", "Choose it again, or ask again; nothing was sent."
        )
    found = written(stock, order.request, writer, render, order.limits, watch)
    if not found.kept and not found.set_aside:
        raise UserFacingError(f"no row was written: {found.stopped or 'nothing usable came'}", "", _spent(found))
    facts = {
        "model": writer.model,
        "cost": {"calls": found.cost.calls, "tokens": found.cost.tokens, "usd": found.cost.usd},
        "thrown_away": dict(found.thrown),
        "missing": found.missing,
        "stopped": found.stopped,
    }
    return _filed(order, stock, found.kept, found.set_aside, approval, facts)


def _spent(found: Written) -> str:
    why = "; ".join(f"{n:,} {REASONS.get(reason, reason)}" for reason, n in found.thrown.most_common())
    used = f"{found.cost.calls:,} calls and {found.cost.tokens:,} tokens were used"
    return f"Thrown away: {why}. {used}." if why else f"{used}."


def _filed(
    order: Augmentation,
    stock: Stock,
    kept: tuple[Made, ...],
    aside: tuple[Made, ...],
    approval: str,
    facts: dict[str, Any],
) -> NewRows:
    prefix = prefix_for(name for row in list(stock.rows.values())[:100] for name in row)

    def marks(made: Made) -> dict[str, Any]:
        more = {} if made.judge is None else {"judge": made.judge}
        return marked(made.row, made.sources, made.by, prefix, **more)

    rows = [marks(made) for made in kept] + [remarked(marks(made), "review", SET_ASIDE) for made in aside]
    record = {
        "source": {"path": order.dataset_path, "sha256": order.fingerprint, "rows": order.source_rows},
        "roles": order.roles,
        "request": order.request.model_dump(mode="json"),
        "by_way": by_way(kept),
        "set_aside": len(aside),
        "review": f"pending for {len(kept)} rows: none is trained on before a person has accepted it",
        "approval": approval,
        **facts,
    }
    return NewRows(Path(order.output), written_file(Path(order.output), rows, record))
