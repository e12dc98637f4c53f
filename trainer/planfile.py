"""A plan as a YAML file: readable, with the reason beside each value, and read back exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from trainer.data import reading
from trainer.errors import UserFacingError
from trainer.fields import validated
from trainer.plan import Plan
from trainer.proposal import Proposal, examined, survey
from trainer.reasons import Reason
from trainer.recipes.derive import derive
from trainer.wishes import Wishes


def dump(proposal: Proposal) -> str:
    """The plan as YAML; comments say where each value comes from and why."""
    head = f"# Tunesmith plan {proposal.hash[:12]}. Change what you like; train it with: tunesmith train THIS_FILE\n"
    lines = []
    for line in yaml.safe_dump(
        proposal.plan.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=10_000
    ).splitlines():
        reason = proposal.reasons.get(line.strip().split(":")[0])
        lines.append(
            f"{line}  # {reason.origin}: {' '.join(reason.why.split())}" if reason and not line.endswith("|-") else line
        )
    return head + "\n".join(lines) + "\n"


def load(path: Path) -> Plan:
    """The plan in a YAML or JSON file; every fault named at once."""
    try:
        document: Any = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        where = getattr(error, "problem_mark", None)
        line = f" (line {where.line + 1})" if where else ""
        raise UserFacingError(
            f"is not YAML{line}", path.name, "Write it with `tunesmith plan ... -o plan.yaml`."
        ) from None
    if isinstance(document, dict) and isinstance(document.get("plan"), dict):
        document = document["plan"]
    if not isinstance(document, dict):
        raise UserFacingError("holds no plan", path.name, "Write it with `tunesmith plan ... -o plan.yaml`.")
    return validated(numbers(document), path.name)


def numbers(value: Any) -> Any:
    """YAML 1.1 reads 2e-4 as text; a power user means the number."""
    if isinstance(value, dict):
        return {k: numbers(v) for k, v in value.items()}
    if isinstance(value, str) and len(value) < 20 and "e" in value.lower():
        try:
            return float(value)
        except ValueError:
            return value
    return value


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
    wishes = Wishes(
        goal=plan.goal,
        task=plan.task,
        dataset_path=str(path),
        base_model=plan.base_model,
        **_columns(plan),
    )
    ground = survey(path, wishes)
    own, reasons = derive(wishes, ground.facts)
    derived, here = own.leaves(), plan.leaves()
    edited = Reason(origin="user", why="from the plan file")
    known = {n: r if derived.get(n) == here.get(n, derived.get(n)) else edited for n, r in reasons.items()}
    return examined(plan, known, wishes, ground)


def _columns(plan: Plan) -> dict[str, str]:
    roles = ("prompt", "completion", "messages", "label", "text")
    return {f"{r}_column": c for r, c in plan.data.roles.items() if r in roles}
