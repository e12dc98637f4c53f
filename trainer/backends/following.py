"""Following a hosted job to its end: never begun twice, found again after a restart, cancelled when asked.

What is known of it stands in the run's `hosted.json`: ids of files and job, written as soon as the service has told
them. A job whose id was lost on the way is found by its training file.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from trainer.backends import troubles, upload
from trainer.errors import UserFacingError
from trainer.plan import Plan
from trainer.records import append, read_from, read_json, write_atomic
from trainer.runs import Run

T = TypeVar("T")
POLL = float(os.environ.get("TUNESMITH_HOSTED_POLL", "15"))
"""Seconds between two looks at the job."""
PATIENCE = float(os.environ.get("TUNESMITH_HOSTED_PATIENCE", "1800"))
"""Seconds that a service may fail to answer before the run here ends (the job there goes on)."""
LOOK = 0.2
LONGEST_PAUSE = 60.0
ENDED = ("succeeded", "failed", "cancelled")
COSTS = ("cost_usd", "cost", "total_price")
"""Names under which services tell what a job has cost, in USD."""
CANCEL_SECONDS = 5.0
"""How long a cancelled job is watched for its end."""


class _Asked(Exception):
    """A person wants the run to stop."""


class Following:
    """One run's job at a service."""

    def __init__(self, run: Run, plan: Plan, service: Any) -> None:
        self.run, self.plan, self.service = run, plan, service
        self.file = run.folder / "hosted.json"
        self.told = run.folder / "hosted-events.jsonl"
        self.known = read_json(self.file)
        self.seen = {str(event["id"]) for event in read_from(self.told)[0]}
        self.metrics = True

    def to_the_end(self) -> int:
        """Begin the job or find it again, and follow it. Returns the exit code."""
        try:
            self._begin()
            while (job := self._look())["status"] not in ENDED:
                self._rest(POLL)
                self._heed_time()
        except _Asked:
            return self._cancelled("you asked for it")
        return self._end(job)

    # beginning

    def _begin(self) -> None:
        for side in () if "job" in self.known else ("train", "val"):
            if side not in self.known:
                self._upload(side)
        if "job" not in self.known:
            job = self._patiently(self._found_or_created)
            self._note(job=job["id"], began=time.time())
            self.run.event("hosted_job", job=job["id"], at=self.plan.compute.address)
        self.run.set_status("running", hosted_job=self.known["job"])

    def _upload(self, side: str) -> None:
        file = upload.write(self.run, self.plan, side)
        rows = file.read_bytes().count(b"\n")
        if rows:
            self._note(**{side: self._patiently(partial(self.service.upload, file)), f"{side}_rows": rows})
            self.run.event("uploaded", side=side, rows=rows, to=upload.host_of(self.plan))

    def _found_or_created(self) -> dict[str, Any]:
        """Ours, if an answer was lost on the way; else a new one. Each try looks first."""
        mine = [job for job in self.service.jobs() if job.get("training_file") == self.known["train"]]
        if mine:
            return dict(mine[0])
        suffix = f"tunesmith-{self.plan.digest()[:8]}"
        epochs = upload.epochs(self.plan, int(self.known["train_rows"]))
        return dict(self.service.create(self.known["train"], self.known.get("val"), epochs, suffix))

    def _note(self, **facts: Any) -> None:
        self.known |= facts
        write_atomic(self.file, self.known)

    # following

    def _look(self) -> dict[str, Any]:
        job: dict[str, Any] = self._patiently(partial(self.service.job, self.known["job"]))
        if self.metrics:
            self._record_events()
        self.run.set_status("running", phase=f"{job['status'].replace('_', ' ')} at {upload.host_of(self.plan)}")
        return job

    def _record_events(self) -> None:
        """The service's own events and figures, into the run's record. Not every service tells them."""
        try:
            events = self.service.events(self.known["job"], self.seen)
        except troubles.ERRORS as error:
            self.metrics = troubles.passing(error)
            return
        for event in events:
            append(self.told, event)
            self.seen.add(str(event["id"]))
            self._record_figures(event)

    def _record_figures(self, event: dict[str, Any]) -> None:
        data = event.get("data") or {}
        if "step" not in data:
            return
        began = float(self.known.get("began", time.time()))
        names = {"loss": "train_loss", "eval_loss": "valid_loss", "mean_token_accuracy": "train_mean_token_accuracy"}
        figures = {ours: data[theirs] for ours, theirs in names.items() if data.get(theirs) is not None}
        row = {"step": data["step"], "elapsed": round(float(event["created_at"]) - began, 3), **figures}
        append(self.run.folder / "metrics.jsonl", row)
        total = {"max_steps": data["total_steps"]} if data.get("total_steps") else {}
        self.run.set_status("running", step=data["step"], **total)

    def _heed_time(self) -> None:
        hours = self.plan.budget.max_hours
        if hours is not None and time.time() - float(self.known["began"]) > hours * 3600:
            self.run.event("time_limit")
            raise _Asked

    # waiting

    def _patiently(self, ask: Callable[[], T]) -> T:
        """One request, again while the fault may pass. Raises UserFacingError where it does not."""
        since, pause = time.monotonic(), 1.0
        while True:
            try:
                return ask()
            except troubles.ERRORS as error:
                silent = time.monotonic() - since
                if not troubles.passing(error) or silent > PATIENCE:
                    raise self._in_words(error) from error
                self.run.set_status("running", phase=f"{upload.host_of(self.plan)} has not answered for {silent:.0f} s")
                self._rest(max(pause, troubles.asked_pause(error)))
                pause = min(2 * pause, LONGEST_PAUSE)

    def _in_words(self, error: Exception) -> UserFacingError:
        job = self.known.get("job")
        after = f" Job {job} goes on there; resume the run to look at it again." if job else ""
        return troubles.in_words(error, self.plan, self.service.key, after)

    def _rest(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while True:
            if (self.run.folder / "stop").exists():
                raise _Asked
            if time.monotonic() >= deadline:
                return
            time.sleep(LOOK)

    # ending

    def _end(self, job: dict[str, Any]) -> int:
        self._tidy()
        if job["status"] == "cancelled":
            return self._stopped("it was cancelled at the service")
        if job["status"] == "failed":
            message = troubles.clean((job.get("error") or {}).get("message") or "no reason was told", self.service.key)
            raise UserFacingError(
                f"the service could not tune it: {message}", job["id"], "Mend what it names, then plan again."
            )
        facts = {"hosted_model": job.get("fine_tuned_model"), "trained_tokens": job.get("trained_tokens")}
        cost = next((job[name] for name in COSTS if isinstance(job.get(name), int | float)), None)
        self._note(**facts, cost_usd=cost)
        self.run.event("trained", **facts, cost_usd=cost)
        self.run.event("not_evaluated", why="answers of the service to the sealed rows were not part of the approval")
        phase = "not evaluated: the sealed rows stayed here" + ("" if cost is not None else "; the cost was not told")
        self.run.set_status("finished", **facts, cost_usd=cost, phase=phase)
        self.run.event("finished")
        return 0

    def _cancelled(self, why: str) -> int:
        """Cancel the job and see it end; the request to stop is answered in seconds in any case."""
        if "job" not in self.known:
            self._tidy()
            return self._stopped("nothing was begun at the service")
        try:
            job = self.service.cancel(self.known["job"])
            deadline = time.monotonic() + CANCEL_SECONDS
            while job["status"] not in ENDED and time.monotonic() < deadline:
                time.sleep(LOOK)
                job = self.service.job(self.known["job"])
        except troubles.ERRORS as error:
            raise self._in_words(error) from error
        self._tidy()
        return self._stopped(f"cancelled at the service: {why}")

    def _stopped(self, reason: str) -> int:
        self.run.set_status("stopped", reason=reason)
        self.run.event("stopped", reason=reason)
        return 0

    def _tidy(self) -> None:
        """Delete what was uploaded. A service that refuses is told of, and is no failure of the run."""
        for side in ("train", "val"):
            if side in self.known:
                try:
                    self.service.delete(self.known[side])
                    self.run.event("upload_deleted", side=side)
                except troubles.ERRORS as error:
                    self.run.event("upload_kept", side=side, why=troubles.clean(str(error), self.service.key))
