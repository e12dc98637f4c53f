"""Runs that are really trained, each with one fault or none: does the diagnosis name it?

`python -m benchmarks.real_faults` trains tiny models on the CPU, one worker after another, through plan, worker and
record as any run goes; a fault is put into the plan past its checks, into the written rows, or into the worker
(`benchmarks.faults`). A third of the runs is healthy. Afterwards the rules read each run's record. The table gives
precision and recall of each fault, false alarms on healthy runs, and how far the onset was off. `--data FOLDER` adds
tasks on public files where they are there (see TASKS); without it the built-in sample is used.
`--again` reads the records of the last runs once more instead of training, after a rule was changed.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks.faults import FAULTS, Fault, Row
from benchmarks.kills import fork, new_run, waited
from trainer import checkpoints
from trainer.diagnosis import diagnose
from trainer.diagnosis.finding import Finding
from trainer.errors import UserFacingError
from trainer.paths import SAMPLE_DATA, home
from trainer.proposal import Proposal, examined, propose, survey
from trainer.runs import Run, RunStore
from trainer.wishes import Wishes

PUBLIC = Path(__file__).parents[2] / "shared" / "data"
BENIGN = {"healthy", "epoch_memorization", "eval_below_train_regularization", "throughput_padding"}
"""Labels that may stand beside any other: they say what was seen and ask for nothing."""
HARDEST = 20
"""Rows looked at for label noise."""
SHORT = 260
"""Letters a row of a public file may have, for the sake of time."""
ROWS = {"sft": 400, "cpt": 400, "dpo": 120, "grpo": 120}


@dataclass(frozen=True)
class Task:
    """Rows of one kind."""

    name: str
    method: str
    path: str
    read: Callable[[Path], list[Row]]


def _csv(question: str, answer: str) -> Callable[[Path], list[Row]]:
    def read(path: Path) -> list[Row]:
        with path.open(newline="", encoding="utf-8") as file:
            return [{"prompt": r[question], "completion": r[answer]} for r in csv.DictReader(file)]

    return read


def _lines(question: str, answer: str) -> Callable[[Path], list[Row]]:
    def read(path: Path) -> list[Row]:
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        pairs = [{"prompt": r[question], "completion": r[answer]} for r in rows]
        return [p for p in pairs if len(p["prompt"]) + len(p["completion"]) < SHORT]

    return read


def _paragraphs(path: Path) -> list[Row]:
    words = path.read_text("utf-8").split()
    return [{"text": " ".join(words[i : i + 60])} for i in range(0, len(words) - 60, 60)]


def _pairs(path: Path) -> list[Row]:
    """Preferences made of questions and answers: the row's own answer, and another row's."""
    rows = _csv("customer_message", "agent_reply")(path)
    return [
        {"prompt": r["prompt"], "chosen": r["completion"], "rejected": rows[(i + 7) % len(rows)]["completion"]}
        for i, r in enumerate(rows)
    ]


TASKS = (
    Task("topic", "sft", str(SAMPLE_DATA), _csv("customer_message", "topic")),
    Task("reply", "sft", str(SAMPLE_DATA), _csv("customer_message", "agent_reply")),
    Task("banking77", "sft", "banking77/banking77_train.csv", _csv("text", "category")),
    Task("gsm8k", "sft", "gsm8k/gsm8k_train.jsonl", _lines("question", "answer")),
    Task("translate", "sft", "ui_translate/ui_translate.jsonl", _lines("input", "output")),
    Task("gatsby", "cpt", "gatsby/gatsby.txt", _paragraphs),
    Task("preferences", "dpo", str(SAMPLE_DATA), _pairs),
    Task("rewarded", "grpo", str(SAMPLE_DATA), _csv("customer_message", "topic")),
)


@dataclass
class Trial:
    """One run: what was done to it, and what was found."""

    fault: Fault | None
    task: str
    seed: int
    strength: float
    run: str = ""
    onset: int | None = None
    found: list[Finding] = field(default_factory=list)
    seconds: float = 0.0
    failed: str = ""

    @property
    def labels(self) -> list[str]:
        """What was found, beside what is benign."""
        return [f.label for f in self.found if f.label not in BENIGN]

    def facts(self) -> dict[str, Any]:
        """What `--again` needs."""
        name = self.fault.name if self.fault else ""
        keys = ("task", "seed", "strength", "run", "onset", "failed")
        return {"fault": name, **{k: getattr(self, k) for k in keys}}


def tasks(data: Path | None) -> list[Task]:
    """The tasks whose files are there."""
    return [t for t in TASKS if Path(t.path).is_absolute() or (data and (data / t.path).is_file())]


def proposal(task: Task, data: Path | None, fault: Fault | None, strength: float, seed: int, folder: Path) -> Proposal:
    """The plan of a trial, with its fault."""
    lot = random.Random(seed)
    source = Path(task.path)
    rows = task.read(source if source.is_absolute() or data is None else data / source)
    lot.shuffle(rows)
    rows = rows[: ROWS[task.method]]
    path = folder / f"{task.name}-{seed}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    said: dict[str, Any] = {"method": task.method, "seed": seed, "eval_steps": 12}
    said |= {"per_device_train_batch_size": 8, "gradient_accumulation_steps": 1, "early_stopping_patience": 3}
    said |= {"num_train_epochs": 3, "val_split": 0.1} if task.method in ("sft", "cpt") else {}
    if task.method == "dpo":
        said["learning_rate"] = 1e-4  # the recipe's 1e-3 throws so small a model off on so few pairs
    if task.method == "grpo":
        said |= {
            "reward": ["length"],
            "reward_max_length": 20,
            "num_generations": 4,
            "max_completion_length": 12,
            "max_steps": 30,
        }
    said |= fault.wishes(strength) if fault else {}
    made = propose(path, Wishes(goal="benchmark", dataset_path=str(path), **said))
    plan = fault.plan(made.plan, strength) if fault else made.plan
    return examined(plan, made.reasons, made.wishes, survey(path, made.wishes))


def trained(trial: Trial, made: Proposal) -> None:
    """Train it, and read its record."""
    name = f"{trial.fault.name if trial.fault else 'healthy'}-{trial.task}-{trial.seed}-{time.time()}"
    run = new_run(made, name)
    trial.run = run.id
    began = time.monotonic()
    fault = trial.fault
    worker = (lambda: fault.worker(trial.strength, random.Random(trial.seed))) if fault else None
    code = waited(fork(run, resume=False, before=worker), 1200)
    if code == 0 and fault and fault.resumed:
        code = resumed_bare(run)
    trial.seconds = time.monotonic() - began
    if code and not run.history():
        trial.failed = str(run.status().get("reason") or (run.folder / "worker.log").read_text()[-300:])
    trial.onset = fault.onset(run, trial.strength) if fault else None
    shutil.rmtree(run.checkpoints, ignore_errors=True)
    shutil.rmtree(run.model, ignore_errors=True)


def resumed_bare(run: Run) -> int:
    """Go on from the middle without the optimizer's state: a checkpoint copied by hand."""
    for folder in run.checkpoints.glob("checkpoint-*"):
        for name in ("optimizer.pt", "scheduler.pt"):
            (folder / name).unlink(missing_ok=True)
        checkpoints.seal(folder)
    (run.folder / "stop").unlink(missing_ok=True)
    return waited(fork(run, resume=True), 1200)


def judged(trial: Trial) -> None:
    """What the rules say of a trial's record."""
    from trainer.diagnosis.record import record_of

    record = record_of(RunStore(home()).get(trial.run))
    if trial.fault and trial.fault.facts:
        record = replace(record, plan={**record.plan, **trial.fault.facts})
    trial.found = diagnose(record)


def planned(seed: int, healthy: int, here: list[Task], only: str) -> list[Trial]:
    """All trials: each fault at each of its strengths, on a task that suits it, and the healthy ones."""
    lot = random.Random(seed)
    out = []
    for fault in FAULTS:
        for i, strength in enumerate(fault.strengths):
            suited = [t for t in here if t.method in fault.methods and (not fault.tasks or t.name in fault.tasks)]
            out.append(Trial(fault, suited[(i + lot.randrange(9)) % len(suited)].name, seed * 100 + i, strength))
    words, judged_ones = ([t for t in here if t.method in kinds] for kinds in (("sft", "cpt"), ("dpo", "grpo")))
    for i in range(healthy):
        turns = judged_ones if i % 6 == 5 else words  # every sixth learns from preferences or rewards
        out.append(Trial(None, turns[(i // 6 if i % 6 == 5 else i) % len(turns)].name, seed * 1000 + i, 1.0))
    return [t for t in out if only in (t.fault.name if t.fault else "healthy")]


def told(trial: Trial) -> str:
    """A trial in a line."""
    name = trial.fault.name if trial.fault else "healthy"
    found = ", ".join(f"{f.label}@{f.onset_step or '-'}" for f in trial.found) or trial.failed[:120]
    return (
        f"{name:22} {trial.task:12} x{trial.strength:<6g} {trial.run:8} onset {trial.onset or '-'!s:>4}  "
        f"{trial.seconds:4.0f} s  {found}"
    )


def table(trials: list[Trial]) -> None:
    """Recall of each fault, precision of each label, alarms, onsets."""
    print(f"\n{'fault':24} named   labels that name it; what else was said")
    hits = total = 0
    gaps: list[float] = []
    right = wrong = 0
    for fault in FAULTS:
        own = [t for t in trials if t.fault is fault]
        if not own:
            continue
        named = [t for t in own if fault.labels & set(t.labels)]
        other = sorted({x for t in own for x in t.labels if x not in fault.labels | fault.also})
        right += sum(len(fault.labels & set(t.labels)) > 0 for t in own)
        wrong += sum(x not in fault.labels | fault.also for t in own for x in t.labels)
        hits, total = hits + len(named) * bool(fault.labels), total + len(own) * bool(fault.labels)
        score = f"{len(named)}/{len(own)}" if fault.labels else f"-/{len(own)}"
        print(
            f"{fault.name:24} {score:6}  {', '.join(sorted(fault.labels)) or fault.unseen}; {', '.join(other) or '-'}"
        )
        gaps += [abs(f.onset_step - t.onset) for t in named for f in _first(t) if t.onset and f.onset_step]
    for trial in trials:
        if trial.fault and trial.fault.name == "label noise":
            print(f"label noise, {trial.strength:.0%} of {trial.task}: {hardest_words(trial)}")
    healthy = [t for t in trials if t.fault is None]
    alarms = [t for t in healthy if t.labels]
    wrong += sum(len(t.labels) for t in alarms)
    print(f"\nrecall {hits}/{total}, precision {right}/{right + wrong}", end="")
    print(f", healthy runs with an alarm {len(alarms)}/{len(healthy)}", end="")
    print(f", onset off by {statistics.median(gaps):.0f} steps (median), {max(gaps):.0f} at most" if gaps else "")
    print(f"{len(trials)} runs, {sum(t.seconds for t in trials):.0f} s of training")


def hardest_words(trial: Trial) -> str:
    """How many of the hardest rows are those with another row's answer."""
    from tools.suspecting import hardest

    run = RunStore(home()).get(trial.run)
    wrong = set(json.loads((run.folder / "data" / "changed.json").read_text("utf-8")))
    found, rows = hardest(run, HARDEST)
    hits = sum(s.row in wrong for s in found)
    chance = HARDEST * len(wrong) / max(1, len(rows))
    return f"{hits} of the {HARDEST} hardest rows are wrong ones, {chance:.0f} by chance ({len(wrong)} of {len(rows)})"


def _first(trial: Trial) -> list[Finding]:
    """The finding that names the fault."""
    return [f for f in trial.found if trial.fault and f.label in trial.fault.labels][:1]


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--seed", type=int, default=1)
    given.add_argument("--healthy", type=int, default=26)
    given.add_argument("--data", type=Path, default=PUBLIC if PUBLIC.is_dir() else None)
    given.add_argument("--only", default="", help="a part of the fault's name")
    given.add_argument("--again", action="store_true", help="read the last records once more")
    options = given.parse_args()
    folder = home() / "benchmark-faults"
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"trials-{options.seed}.jsonl"
    trials = read_again(kept, options.only) if options.again else trained_all(options, folder, kept)
    table(trials)


def read_again(kept: Path, only: str) -> list[Trial]:
    """The last trials, their records read once more."""
    return read(restored(kept, only))


def read(trials: list[Trial]) -> list[Trial]:
    """What the rules say of each, a line each."""
    for trial in trials:
        if not trial.failed:
            judged(trial)
        print(told(trial))
    return trials


def trained_all(options: argparse.Namespace, folder: Path, kept: Path) -> list[Trial]:
    """Train what is not in the file of trials yet, a line each when it has ended."""
    here = tasks(options.data)
    by_name = {t.name: t for t in here}
    wanted = planned(options.seed, options.healthy, here, options.only)
    done = {} if not kept.exists() else {_key(t): t for t in restored(kept, "")}
    for trial in wanted:
        if _key(trial) in done:
            continue
        try:
            made = proposal(by_name[trial.task], options.data, trial.fault, trial.strength, trial.seed, folder)
            trained(trial, made)
        except UserFacingError as error:
            trial.failed = error.sentence()
        with kept.open("a", encoding="utf-8") as file:
            file.write(json.dumps(trial.facts() | {"seconds": trial.seconds}) + "\n")
        print(f"trained in {trial.seconds:.0f} s: {told(trial)}", flush=True)
        done[_key(trial)] = trial
    return read([done[_key(t)] for t in wanted])


def _key(trial: Trial) -> tuple[str, str, int]:
    return (trial.fault.name if trial.fault else "", trial.task, trial.seed)


def restored(kept: Path, only: str) -> list[Trial]:
    """The trials of the last call."""
    by_name = {f.name: f for f in FAULTS}
    out = []
    for line in kept.read_text("utf-8").splitlines():
        facts = json.loads(line)
        name = facts.pop("fault")
        if only in (name or "healthy"):
            out.append(Trial(by_name.get(name), **facts))
    return out


if __name__ == "__main__":
    main()
