"""Tuning by a service that speaks OpenAI's protocol, through LiteLLM. The only module here that imports litellm.

The key is read from one environment variable, when the run starts: the person chose the service by approving a plan
with `backend: hosted`. It is sent to the plan's address only and stands in no record.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from trainer.backends import upload
from trainer.backends.following import Following
from trainer.backends.upload import findings
from trainer.errors import UserFacingError
from trainer.plan import Dpo, Plan
from trainer.runs import Run

__all__ = ["Service", "drive", "findings"]

TIMEOUT = 60.0
"""Seconds for one answer."""
RECENT = 100
"""Jobs that are looked through for one of ours."""


class Service:
    """The service's endpoints, each one request. Raises openai.OpenAIError."""

    def __init__(self, plan: Plan) -> None:
        import openai

        os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else litellm goes to the network
        import litellm

        logging.getLogger("LiteLLM").setLevel(logging.ERROR)
        litellm.suppress_debug_info, litellm.telemetry = True, False
        self.plan, self.litellm, self.key = plan, litellm, _key(plan)
        base = str(plan.compute.address)
        self.common: dict[str, Any] = {"custom_llm_provider": "openai", "api_base": base, "api_key": self.key}
        self.common |= {"timeout": TIMEOUT, "max_retries": 0}
        # for what LiteLLM does not pass on: a job's method, its events, the end of a file
        self.client = openai.OpenAI(base_url=base, api_key=self.key, timeout=TIMEOUT, max_retries=0)

    def upload(self, file: Path) -> str:
        """Send a file; its id there."""
        with file.open("rb") as content:
            sent = self.litellm.create_file(file=(file.name, content), purpose="fine-tune", **self.common)
        return str(sent.id)

    def create(self, training: str, validation: str | None, epochs: int, suffix: str) -> dict[str, Any]:
        """Begin a job."""
        plan, s = self.plan, self.plan.schedule
        values: dict[str, Any] = {"n_epochs": epochs, "batch_size": min(plan.effective_batch_size, upload.MAX_BATCH)}
        about: dict[str, Any] = {"model": plan.base_model, "training_file": training, "suffix": suffix, "seed": s.seed}
        about |= {"validation_file": validation} if validation else {}
        if isinstance(plan.method, Dpo):
            method: Any = {"type": "dpo", "dpo": {"hyperparameters": values | {"beta": plan.method.beta}}}
            return dict(self.client.fine_tuning.jobs.create(**about, method=method).model_dump())
        return dict(self.litellm.create_fine_tuning_job(**about, hyperparameters=values, **self.common).model_dump())

    def job(self, name: str) -> dict[str, Any]:
        """How a job stands."""
        return dict(self.litellm.retrieve_fine_tuning_job(fine_tuning_job_id=name, **self.common).model_dump())

    def jobs(self) -> list[dict[str, Any]]:
        """The newest jobs of this key."""
        found = self.litellm.list_fine_tuning_jobs(limit=RECENT, **self.common)
        return [dict(job.model_dump()) for job in found.data]

    def cancel(self, name: str) -> dict[str, Any]:
        """End a job."""
        return dict(self.litellm.cancel_fine_tuning_job(fine_tuning_job_id=name, **self.common).model_dump())

    def events(self, name: str, known: set[str]) -> list[dict[str, Any]]:
        """What happened in a job since, oldest first; the service tells the newest first, in pages."""
        new = []
        for event in self.client.fine_tuning.jobs.list_events(name, limit=RECENT):
            if event.id in known:
                break
            new.append(dict(event.model_dump()))
        return new[::-1]

    def delete(self, file: str) -> None:
        """Delete an uploaded file."""
        self.client.files.delete(file)


def _key(plan: Plan) -> str:
    variable = upload.key_variable(plan)
    found = os.environ.get(variable)
    if not found and not upload.on_this_machine(plan):
        raise UserFacingError(f"no key for {upload.host_of(plan)}", "", f"Set {variable} and start it again.")
    return found or "none"


def drive(run: Run, plan: Plan, resume: bool) -> int:
    """The whole life of a hosted run, seen from here; the exit code."""
    from trainer.worker import check_approval, split_rows

    try:
        check_approval(run)
        split_rows(run, plan)
        upload.refuse(plan, sum(1 for _ in (run.folder / "data/train.jsonl").open("rb")))
        return Following(run, plan, Service(plan)).to_the_end()
    except UserFacingError as error:
        run.set_status("failed", reason=error.sentence())
        return 2
