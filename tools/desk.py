"""What a tool works with, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from tools.orders import Order
from tools.wording import ENGLISH, Voice
from trainer.data.doctor.watch import Watch
from trainer.data.more.spending import Writer
from trainer.data.sources.address import local
from trainer.errors import UserFacingError
from trainer.paths import SAMPLE_DATA, checked
from trainer.proposal import Proposal
from trainer.runs import Run, RunStore


@dataclass
class Desk:
    """The papers of one conversation. Tools read it; only their results change the state."""

    home: Path
    roots: list[Path]
    files: list[str] = field(default_factory=list)
    order: Order | None = None
    """What is being proposed, approved or not."""
    order_state: str = "none"
    """none, proposed, approved or started."""
    run_id: str | None = None
    study_id: str | None = None
    """The search that this conversation started last, where no run was started after it."""
    voice: Voice = ENGLISH
    """How the person is spoken to: language and register."""
    anywhere: bool = False
    """The person named the path themselves on the command line."""
    watch: Watch | None = None
    """Is told how far a long look at data has come; may end it."""
    writer: Callable[[str], Writer] | None = None
    """The chosen language model as a writer of rows, for a job by its approval; None with the built-in brain."""

    @property
    def store(self) -> RunStore:
        """All runs."""
        return RunStore(self.home)

    @property
    def proposal(self) -> Proposal | None:
        """The plan on the table."""
        return self.order.proposal if self.order else None

    def run(self, name: str | None) -> Run:
        """The run named, else this conversation's, else the newest."""
        if name is None and self.run_id is None and not self.store.all():
            raise UserFacingError("there is no run yet", "", "Say what you want to train first.")
        return self.store.get(name or self.run_id or "last")

    def data_file(self, name: str | None) -> Path:
        """The file named, or the only one there is. Never outside the allowed folders."""
        if name is None:
            if not self.files:
                raise UserFacingError("I have no data yet", "", "Drop a file, name one, or say 'use the sample'.")
            name = self.files[-1]
        if name in ("sample", "the sample", SAMPLE_DATA.name):
            return SAMPLE_DATA
        if "://" in name:
            return local(name, self.home)
        return checked(self._full(name), [*self.roots, SAMPLE_DATA.parent, *map(Path, self.files)], folders=True)

    def _full(self, name: str) -> Path:
        """A name as the person writes it -> the path it stands for."""
        for known in reversed(self.files):
            if name in (known, Path(known).name):
                return Path(known)
        path = Path(name).expanduser()
        if path.is_absolute() or path.exists():
            return path
        return next((root / name for root in self.roots if (root / name).exists()), path)


@dataclass(frozen=True)
class ToolResult:
    """A sentence for people, data for programs, events for the page."""

    say: str
    """What is said. A hosted model may put it into other words."""
    data: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    order: Order | None = None
    """A new order on the table, to be approved."""
    run_id: str | None = None
    file: str | None = None
    quotes: str = ""
    """What is said after it and holds rows or lines of a log: no model is shown it."""
    as_it_is: bool = False
    """No model is asked to put it into other words: it may quote a log."""
    dropped: bool = False
    """Whether the order on the table is taken away."""


@dataclass(frozen=True)
class Tool:
    """One typed function the agent may call."""

    name: str
    arguments: type[BaseModel]
    function: Callable[[Any, Desk], ToolResult]

    @property
    def doc(self) -> str:
        """What the model is told about it."""
        return (self.function.__doc__ or "").strip()

    def schema(self, core: tuple[str, ...] = ()) -> dict[str, Any]:
        """The tool in the form chat completion APIs take; with `core` these arguments alone, others being allowed."""
        parameters = _compact(self.arguments.model_json_schema())
        parameters.pop("description", None)  # the function's own says it
        if core:
            named = {name: parameters["properties"][name] for name in core}
            parameters |= {"properties": named, "additionalProperties": True}
        return {
            "type": "function",
            "function": {"name": self.name, "description": self.doc, "parameters": parameters},
        }


def _compact(schema: Any) -> Any:
    """The schema in fewer tokens: no titles, defaults or bounds, 'X or null' as X (leaving out is allowed anyway).

    A value out of its bounds is told to the model when it comes.
    """
    if isinstance(schema, list):
        return [_compact(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    options = [o for o in schema.get("anyOf", []) if o != {"type": "null"}]
    if len(options) == 1:
        return _compact({k: v for k, v in schema.items() if k != "anyOf"} | options[0])
    bounds = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
    dropped = {"title", "default", "additionalProperties"} | bounds
    return {
        k: {name: _compact(part) for name, part in v.items()} if k == "properties" else _compact(v)
        for k, v in schema.items()
        if k not in dropped or isinstance(v, dict)
    }
