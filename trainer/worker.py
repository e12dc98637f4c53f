"""The training process: data, training, evaluation on the hold-out. Started by trainer.launch.

Where several processes train together each runs this; the first prepares, writes the record and evaluates.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from trainer import base_models, endings, stopping
from trainer.backends import follower, ranks, told
from trainer.base_models import ABSENT
from trainer.data import reading
from trainer.data.profile import rows_only
from trainer.errors import UserFacingError
from trainer.installed import check_signatures
from trainer.plan import Plan
from trainer.proposal import ROLE_FIELDS, examples_of, parts_of
from trainer.records import append
from trainer.runs import Run


def split_rows(run: Run, plan: Plan) -> None:
    """Write train, validation and the sealed hold-out, unless that is done."""
    path = Path(plan.data.dataset_path)
    if not path.exists() or reading.fingerprint(path) != plan.data.fingerprint:
        raise UserFacingError(
            "the data have changed since you approved the plan",
            str(path),
            "Make the plan again; the approval was for the file as it was.",
        )
    if not run.sealed.exists():
        _write_split(run, plan, path)


def prepare(run: Run, plan: Plan) -> Path:
    """The rows written; the base model's folder, fetched where it is not here."""
    split_rows(run, plan)
    model = base_models.resolve(plan.base_model)
    if model.path is None:
        run.event("fetching", model=model.id)
        model = base_models.fetch(model.id)
    if plan.model_fingerprint not in (model.fingerprint, ABSENT):
        raise UserFacingError("the base model's files have changed since the approval", model.id, "Plan again.")
    return Path(model.path or "")


def _write_split(run: Run, plan: Plan, path: Path) -> None:
    prefer = "label" if plan.data.format == "text_label" else None
    wanted = {r: c for r, c in plan.data.roles.items() if r in ROLE_FIELDS}
    parts = parts_of(examples_of(rows_only(path, wanted, prefer), plan), plan)
    run.sealed.parent.mkdir(exist_ok=True)
    (run.folder / "data").mkdir(exist_ok=True)
    sides = {"data/train": parts.train, "data/val": parts.val, "sealed/holdout": parts.holdout}
    for name, rows in sides.items():
        target = run.folder / f"{name}.jsonl"
        part = target.with_suffix(".part")
        part.unlink(missing_ok=True)
        part.touch()
        for example in rows:
            append(part, {"row": example.row, **example.trl()})
        part.replace(target)
    run.event("data_ready", **{name.split("/")[1]: len(rows) for name, rows in sides.items()})


def prepared(run: Run, plan: Plan, resume: bool) -> tuple[Path, bool]:
    """The base model's folder and whether it goes on from a checkpoint: the first process sees to it, for all."""
    if not ranks.is_main():
        said = ranks.await_main(run)
        return Path(said["base"]), said["resume"]
    base = prepare(run, plan)
    ranks.ready(run, base=str(base), resume=resume)
    return base, resume


def check_approval(run: Run) -> None:
    """Raise where the stored plan is not the one whose hash was approved."""
    proposal = run.proposal()
    if proposal.plan.digest() != proposal.hash:
        raise UserFacingError("the stored plan is not the one that was approved", run.id, "Plan and approve again.")


def work(run: Run, resume: bool) -> None:
    """The whole life of a run."""
    check_approval(run)
    plan = run.effective_plan()
    ranks.check(plan)
    check_signatures(plan)
    base, resume = prepared(run, plan, resume)
    from trainer.methods.train import train

    # a run that was stopped in its test is trained: its weights are there, whole
    stopped = not (resume and trained(run)) and train(run, plan, base, resume)
    if stopped or not ranks.is_main():
        return
    trial = run.status().get("kind") == "trial"
    if not trial:
        run.set_status("evaluating")
        from trainer.methods.judge import judge_run

        judge_run(run, plan, base)
    from trainer.methods.held import held_gb

    run.set_status("finished")
    run.event("finished", held_gb=round(held_gb(plan), 3))


def trained(run: Run) -> bool:
    """Whether the training has ended and its model was kept."""
    return run.model.is_dir() and any(event["kind"] == "trained" for event in run.events())


def main() -> int:
    """Entry of the worker; every failure ends as a sentence in the status."""
    ranks.settle()
    run = follower.view(Path(sys.argv[1]))
    try:
        stopping.listen(run.folder)
        work(run, resume="resume" in sys.argv[2:])
    except stopping.StopAsked:
        return stopped(run)
    except UserFacingError as error:
        return failed(run, error.sentence(), 2)
    except Exception as error:  # noqa: BLE001  (the process boundary: nothing may vanish)
        traceback.print_exc()
        if (lack := endings.kind_of_error(error)) is not None and ranks.world() == 1:
            # the supervisor tells it: it has the figures, and may go on with less memory
            return endings.OUT_OF_MEMORY if lack == "memory" else 1
        return failed(run, f"{type(error).__name__}: {str(error)[:400]}", 1)
    return 0


def stopped(run: Run) -> int:
    """Somebody asked, outside the training itself: nothing is half done, a resume goes on."""
    run.set_status("stopped", saved=run.last_checkpoint_name())
    run.event("stopped", step=run.status().get("step", 0))
    return 0


def failed(run: Run, words: str, code: int) -> int:
    """Tell why it ended. Of several processes each tells; the supervisor finds which was the cause."""
    if ranks.world() > 1:
        told.tell(run, words, mended_by_person=code == 2)
    if ranks.world() == 1 or code == 2:
        run.set_status("failed", reason=words, saved=run.last_checkpoint_name())
    return code


if __name__ == "__main__":
    sys.exit(main())
