"""A plan as a YAML file: readable, with the reason beside each value, and read back exactly."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from trainer.data import reading
from trainer.errors import UserFacingError
from trainer.fields import validated
from trainer.plan import Plan
from trainer.proposal import Proposal, examined, survey
from trainer.reasons import Reason
from trainer.recipes.back import wishes_of
from trainer.recipes.derive import derive

WRITE = "Write it with `tunesmith plan ... -o plan.yaml`."
_SCIENTIFIC = re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+")


def dump(proposal: Proposal) -> str:
    """The plan as YAML; comments above the values say where each comes from and why."""
    head = f"# Tunesmith plan {proposal.hash[:12]}. Change what you like; train it with: tunesmith train THIS_FILE\n"
    out = [head]
    for name, value in proposal.plan.model_dump(mode="json").items():
        if isinstance(value, dict):
            out.append(f"{name}:\n")
            out += [_entry(k, v, proposal, "  ") for k, v in value.items()]
        else:
            out.append(_entry(name, value, proposal, ""))
    return "".join(out)


def _entry(name: str, value: Any, proposal: Proposal, indent: str) -> str:
    """One value with its reason before it, so that no comment can get into a text."""
    reason = proposal.reasons.get(name)
    note = f"{indent}# {reason.origin}: {' '.join(reason.why.split())}\n" if reason else ""
    text = yaml.safe_dump({name: value}, sort_keys=False, allow_unicode=True, width=10_000)
    return note + "".join(f"{indent}{line}\n" for line in text.splitlines())


def load(path: Path) -> Plan:
    """The plan in a YAML or JSON file; every fault named at once."""
    return validated(_numeric(load_any(path)), path.name)


def load_any(path: Path) -> dict[str, Any]:
    """The document of a plan file, of ours or of another tool, unchecked."""
    try:
        document: Any = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        where = getattr(error, "problem_mark", None)
        line = f" (line {where.line + 1})" if where else ""
        raise UserFacingError(f"is not YAML{line}", path.name, WRITE) from None
    if isinstance(document, dict) and isinstance(document.get("plan"), dict):
        document = document["plan"]
    if not isinstance(document, dict):
        raise UserFacingError("holds no plan", path.name, WRITE)
    return document


def numbers(value: Any) -> Any:
    """YAML 1.1 reads 2e-4 as text; a power user means the number."""
    if isinstance(value, str) and _SCIENTIFIC.fullmatch(value):
        return float(value)
    return value


def _numeric(document: dict[str, Any]) -> dict[str, Any]:
    """Numbers in scientific notation where the plan wants numbers; texts stay texts."""
    sections = ("optimisation", "schedule", "compute", "budget", "evaluation", "adapter")
    out = dict(document)
    for name in sections:
        if isinstance(out.get(name), dict):
            out[name] = {k: numbers(v) for k, v in out[name].items()}
    return out


def proposal_from(plan: Plan) -> Proposal:
    """A loaded plan, examined anew. Raises when its data have changed since it was written."""
    path = Path(plan.data.dataset_path)
    if not path.is_file():
        raise UserFacingError("the plan's data file is not there", str(path), "Put it back, or plan again.")
    if reading.fingerprint(path) != plan.data.fingerprint:
        raise UserFacingError(
            "has changed since the plan was written",
            path.name,
            "Plan again, so that it fits the data.",
        )
    wishes = wishes_of(plan)
    ground = survey(path, wishes)
    own, reasons = derive(wishes, ground.facts)
    derived, here = own.leaves(), plan.leaves()
    edited = Reason(origin="user", why="from the plan file")
    known = {n: reasons[n] if n in reasons and derived.get(n) == here[n] else edited for n in here}
    return examined(plan, known, wishes, ground)
