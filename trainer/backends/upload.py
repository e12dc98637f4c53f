"""What leaves the machine for hosted tuning: rows in OpenAI's chat format, and the notice a person approves."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from trainer.data.convert import Example
from trainer.errors import UserFacingError
from trainer.facts import DataFinding, Severity
from trainer.plan import Dpo, Plan
from trainer.records import append, dumps, read_from

if TYPE_CHECKING:
    from trainer.runs import Run

METHODS = ("sft", "dpo")
MIN_ROWS = 10
"""Training rows that OpenAI's protocol asks for at least."""
MAX_BYTES = 512_000_000
"""Bytes of one file that OpenAI's file endpoint takes."""
MAX_BATCH = 256
OPENAI_HOST = "api.openai.com"
CLOSED_TO_NEW = date(2026, 5, 7)
"""Since then OpenAI's fine-tuning takes no organisation that had not used it."""
CLOSED = date(2027, 1, 6)
"""From then on OpenAI's fine-tuning takes no new job."""
KEY = "TUNESMITH_HOSTED_KEY"
"""Environment variable with the service's key."""
KEY_NAME = "TUNESMITH_HOSTED_KEY_NAME"
"""Environment variable that names another variable to read the key from."""


def host_of(plan: Plan) -> str:
    """The service's host, for people."""
    return urlsplit(plan.compute.address or "").hostname or ""


def on_this_machine(plan: Plan) -> bool:
    """Whether the service is a server on this very machine."""
    host = host_of(plan)
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def key_variable(plan: Plan) -> str:
    """Where the key is read from. OpenAI's key goes to OpenAI only, unless a person names the variable."""
    own = "OPENAI_API_KEY" if host_of(plan) == OPENAI_HOST else KEY
    return os.environ.get(KEY_NAME) or own


def lines(plan: Plan, rows: Iterable[Example]) -> Iterable[dict[str, Any]]:
    """Rows in the form that the service's method reads."""
    for example in rows:
        turns = [{"role": role, "content": content} for role, content in example.messages]
        if isinstance(plan.method, Dpo):
            rejected = [{"role": "assistant", "content": example.rejected}]
            yield {
                "input": {"messages": turns[:-1]},
                "preferred_output": turns[-1:],
                "non_preferred_output": rejected,
            }
        else:
            yield {"messages": turns}


def write(run: Run, plan: Plan, side: str) -> Path:
    """One side of the split (train, val) as the service reads it. The sealed hold-out is never written."""
    target = run.folder / "data" / f"hosted-{side}.jsonl"
    target.unlink(missing_ok=True)
    target.touch()
    for row in lines(plan, (_example(r) for r in read_from(run.folder / f"data/{side}.jsonl")[0])):
        append(target, row)
    return target


def _example(row: dict[str, Any]) -> Example:
    turns = tuple((m["role"], m["content"]) for m in row.get("messages", []))
    return Example(row["row"], turns, rejected=row.get("rejected", ""))


def epochs(plan: Plan, rows: int) -> int:
    """Whole passes over the rows, as services count: the plan's, or as many as its max_steps allows."""
    s, wanted = plan.schedule, plan.schedule.num_train_epochs
    if s.max_steps > 0:
        wanted = min(wanted, s.max_steps * plan.effective_batch_size / max(rows, 1))
    return max(1, round(wanted))


def refuse(plan: Plan, train_rows: int, today: date | None = None) -> None:
    """Raise UserFacingError for what no approval can make right."""
    for rule, severity, words in _faults(plan, train_rows, today or datetime.now(UTC).date()):
        if severity == "blocker":
            raise UserFacingError(words, rule)


def findings(plan: Plan, train: Sequence[Example], val: Sequence[Example] = ()) -> list[DataFinding]:
    """What a person must know before rows go to a service: how many, how much, where, with which key; [] elsewhere."""
    if plan.compute.backend != "hosted":
        return []
    size = sum(len(dumps(row).encode("utf-8", "replace")) + 1 for row in lines(plan, (*train, *val)))
    told = [_notice(plan, len(train), len(val), size), *_faults(plan, len(train), datetime.now(UTC).date(), size)]
    return [DataFinding(rule=rule, severity=severity, count=1, advice=words) for rule, severity, words in told]


Told = tuple[str, Severity, str]


def _notice(plan: Plan, train: int, val: int, size: int) -> Told:
    where = "stays on this machine" if on_this_machine(plan) else f"leaves this machine for {host_of(plan)}"
    words = (
        f"Whatever is trained on {where}: {train:,} training and {val:,} validation rows, {_size(size)} of text, to "
        f"{plan.compute.address}. The sealed hold-out stays here. The key is read from {key_variable(plan)} when it "
        "starts. What it costs is the service's to say: I know no price of it. Its own learning rate is used, not the "
        "plan's. The uploaded files are deleted there when the job has ended."
    )
    return "rows_leave", "warn", words


def _faults(plan: Plan, rows: int, today: date, size: int = 0) -> list[Told]:
    found: list[Told] = []
    if fault := _address_fault(plan):
        found.append(("hosted_address", "blocker", fault))
    if plan.method.method not in METHODS:
        found.append(("hosted_method", "blocker", f"A service tunes by sft or dpo, not by {plan.method.method}."))
    elif plan.data.format == "text":
        found.append(("hosted_method", "blocker", "A service tunes on conversations; these rows are plain text."))
    if rows < MIN_ROWS:
        found.append(
            ("hosted_rows", "blocker", f"The service needs {MIN_ROWS} training rows at least; here are {rows}.")
        )
    if size > MAX_BYTES:
        found.append(("hosted_size", "blocker", f"The rows are {_size(size)}; the service takes {_size(MAX_BYTES)}."))
    if host_of(plan) == OPENAI_HOST:
        found.append(_openai(today))
    if not on_this_machine(plan) and not os.environ.get(key_variable(plan)):
        found.append(("hosted_key", "warn", f"No key in {key_variable(plan)}: set it before the run is started."))
    return found


def _address_fault(plan: Plan) -> str:
    parts = urlsplit(plan.compute.address or "")
    if not parts.hostname or parts.scheme not in ("http", "https"):
        return "Say the service's base URL as address, such as https://service.example/v1."
    if parts.username or parts.password:
        return f"The address holds a name or password; the key belongs into {key_variable(plan)}, not into the plan."
    if parts.scheme == "http" and not on_this_machine(plan):
        return f"Rows and key would go to {parts.hostname} unencrypted; use https."
    return ""


def _openai(today: date) -> Told:
    if today >= CLOSED:
        return (
            "openai_closed",
            "blocker",
            "OpenAI's fine-tuning has taken no new jobs since 6 January 2027. Choose another service, or train here.",
        )
    return (
        "openai_closes",
        "warn",
        "OpenAI's fine-tuning closes to new jobs on 6 January 2027; since 7 May 2026 it takes no organisation that had "
        "not used it before.",
    )


def _size(count: int) -> str:
    """Bytes for people."""
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB"
