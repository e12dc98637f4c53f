"""How soon is a good plan found? Tunesmith's search beside plain TPE, random and grid, on real small trainings.

`python -m benchmarks.searches --seeds 5 --out FOLDER` trains on three tasks; each strategy pays in whole trainings
(a short one costs its share). The table says after how much compute each reached what 40 random whole trainings
reach; the plot shows the best loss against compute. `--what past` starts a second, similar task from the first
one's best values, and from misleading ones. Trainings are kept in FOLDER, so a call that was cut off goes on.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import optuna

from benchmarks.small_trainings import Training, training
from tools.orders import SearchSettings, Start
from tools.search.outlook import hopeless
from tools.search.points import grid
from tools.search.suggesting import distributions
from tools.search.seen import Choice, Seen
from tools.search.strategy import choose, to_beat

Step = tuple[float, float]
"""Compute spent so far in whole trainings, best whole loss so far."""
RANDOM, TPE, GRID, OURS = 40, 24, 24, 22
"""Trainings of each strategy."""
TASKS = {"topic": False, "banking77": True, "translate": False}
"""Task -> with LoRA."""
FALLBACK = {"topic": False}
RATE = {True: 3e-3, False: 1e-3}
"""The recipe's rate for so small a model."""


def own(lora: bool) -> dict[str, Any]:
    """The recipe's values: where a search begins."""
    values: dict[str, Any] = {"learning_rate": RATE[lora], "per_device_train_batch_size": 16}
    values |= {"warmup_ratio": 0.03, "lr_scheduler_type": "cosine"}
    return values | ({"lora_r": 16} if lora else {})


def settings(lora: bool, n: int = OURS, algorithm: str = "optuna", seed: int = 0, **more: Any) -> SearchSettings:
    """The same space for every strategy."""
    rate = RATE[lora]
    space: dict[str, dict[str, Any]] = {
        "learning_rate": {"low": rate / 30, "high": rate * 15, "log": True},
        "per_device_train_batch_size": {"choices": [4, 8, 16, 32]},
        "warmup_ratio": {"low": 0.0, "high": 0.15},
        "lr_scheduler_type": {"choices": ["cosine", "linear", "constant_with_warmup"]},
    }
    if lora:
        space["lora_r"] = {"choices": [4, 8, 16, 32]}
    said = {"n_trials": n, "space": space, "algorithm": algorithm, "seed": seed}
    return SearchSettings.model_validate({"shares": (1.0,) if algorithm != "optuna" else (0.125, 1.0)} | said | more)


class Kept:
    """Trainings of one task, each carried out once and kept in a file."""

    def __init__(self, name: str, lora: bool, folder: Path, first: int = 0) -> None:
        self.lora, self.file = lora, folder / f"{name}-{first}.jsonl"
        self.made: Callable[[], Training] = lambda: training(name, lora=lora, first=first)
        self.task: Training | None = None
        lines = self.file.read_text("utf-8").splitlines() if self.file.exists() else []
        self.known: dict[str, list[float]] = {r["key"]: r["losses"] for r in map(json.loads, lines)}

    def losses(self, values: dict[str, Any], share: float) -> list[float]:
        """Validation losses of a training to the end of its share."""
        key = json.dumps([values, share], sort_keys=True)
        if key not in self.known:
            self.task = self.task or self.made()
            self.known[key] = self.task.train(values, share)
            with self.file.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"key": key, "losses": self.known[key]}) + "\n")
        return self.known[key]


def searched(task: Kept, wanted: SearchSettings) -> Iterator[Step]:
    """Tunesmith's strategy: what the workers do, without their processes."""
    seen: list[Seen] = []
    spent, best = 0.0, math.inf
    while len(seen) < wanted.n_trials - 2:  # the last two are repeats with another seed: they find nothing new
        choice = choose(wanted, own(task.lora), seen)
        assert choice is not None
        found, cost = carried_out(task, choice, seen)
        seen.append(found)
        spent += cost
        best = min(best, found.value or math.inf) if found.whole else best
        yield spent, best


def carried_out(task: Kept, choice: Choice, seen: list[Seen]) -> tuple[Seen, float]:
    """(what came of it, compute spent in whole trainings): ended early where there is no hope."""
    losses, known = task.losses(choice.values, choice.share), to_beat(seen, choice.share)
    for look in range(1, len(losses)):
        if choice.purpose != "plan" and hopeless(losses[:look], len(losses), known):
            return _seen(seen, choice, "pruned", losses[:look]), choice.share * look / len(losses)
    return _seen(seen, choice, "complete", losses), choice.share


def _seen(seen: list[Seen], choice: Choice, state: Any, losses: list[float]) -> Seen:
    told = (choice.share, choice.purpose, choice.of, tuple(losses))
    return Seen(len(seen), choice.values, state, min(losses), *told)


def random_ones(task: Kept, seed: int) -> Iterator[Step]:
    """Whole trainings at random: forty of a pool that all seeds draw from."""
    pool = [suggested(task, i) for i in range(2 * RANDOM)]
    yield from whole(task, random.Random(seed).sample(pool, RANDOM))


def suggested(task: Kept, index: int) -> dict[str, Any]:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=index))
    return dict(study.ask(distributions(settings(task.lora))).params)


def whole(task: Kept, rows: list[dict[str, Any]]) -> Iterator[Step]:
    """Whole trainings, one after another."""
    best = math.inf
    for spent, values in enumerate(rows, 1):
        best = min(best, *task.losses(values, 1.0))
        yield float(spent), best


def grid_ones(task: Kept, seed: int) -> Iterator[Step]:
    """A grid of rate and batch in random order, the rest as the recipe has it."""
    full = settings(task.lora)
    coarse = {"learning_rate": full.space["learning_rate"], "per_device_train_batch_size": {"choices": [4, 8, 16, 32]}}
    low, high = coarse["learning_rate"]["low"], coarse["learning_rate"]["high"]
    coarse["learning_rate"] = {"choices": [low * (high / low) ** (i / 5) for i in range(6)]}
    rows = [own(task.lora) | row for row in grid(full.model_copy(update={"space": coarse}), {})]
    random.Random(seed).shuffle(rows)
    yield from whole(task, rows)


def tpe(task: Kept, seed: int) -> Iterator[Step]:
    """Optuna's TPE as it comes, whole trainings, nothing known beforehand."""
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    best = math.inf
    for spent in range(1, TPE + 1):
        trial = study.ask(distributions(settings(task.lora)))
        loss = min(task.losses(trial.params, 1.0))
        study.tell(trial, loss)
        best = min(best, loss)
        yield float(spent), best


STRATEGIES: dict[str, Callable[[Kept, int], Iterator[Step]]] = {
    "Tunesmith": lambda task, seed: searched(task, settings(task.lora, seed=seed)),
    "TPE": tpe,
    "random": random_ones,
    "grid": grid_ones,
}


def spent_until(curve: list[Step], target: float) -> float | None:
    """Compute after which a loss was reached; None when it never was."""
    return next((spent for spent, best in curve if best <= target), None)


def compared(tasks: list[Kept], seeds: range) -> dict[str, dict[str, list[list[Step]]]]:
    """Task -> strategy -> one curve a seed."""
    found: dict[str, dict[str, list[list[Step]]]] = {}
    for task in tasks:
        name = task.file.stem.rsplit("-", 1)[0]
        found[name] = {s: [list(run(task, seed)) for seed in seeds] for s, run in STRATEGIES.items()}
        report(name, found[name])
    return found


def report(name: str, curves: dict[str, list[list[Step]]]) -> None:
    """When each strategy reached what 40 random ones reach (the middle of the seeds)."""
    target = statistics.median(curve[-1][1] for curve in curves["random"])
    print(f"\n{name}: 40 random whole trainings reach {target:.4f} (middle of {len(curves['random'])} seeds)")
    for strategy, runs in curves.items():
        when = [spent_until(curve, target) for curve in runs]
        reached = [w for w in when if w is not None]
        middle = statistics.median([math.inf if w is None else w for w in when])
        told = f"{middle:5.1f} whole trainings (1/{40 / middle:.0f})" if math.isfinite(middle) else "not reached"
        ends = statistics.median(curve[-1][1] for curve in runs)
        spent = statistics.median(curve[-1][0] for curve in runs)
        print(
            f"  {strategy:10} {told:32} by {len(reached)} of {len(when)}; at its end {ends:.4f} after {spent:.1f}",
            flush=True,
        )


def plotted(found: dict[str, dict[str, list[list[Step]]]], path: Path) -> None:
    """Best loss against compute, the middle of the seeds, as one HTML file."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    figure = make_subplots(cols=len(found), rows=1, subplot_titles=list(found))
    colours = dict(zip(STRATEGIES, ("#1f6f54", "#b8860b", "#777777", "#8a4b9b"), strict=True))
    for column, curves in enumerate(found.values(), 1):
        for strategy, runs in curves.items():
            at = sorted({round(spent, 2) for curve in runs for spent, best in curve if math.isfinite(best)})
            middle = [statistics.median(best_at(curve, x) for curve in runs) for x in at]
            line = go.Scatter(
                x=at, y=middle, name=strategy, line={"shape": "hv", "color": colours[strategy]}, showlegend=column == 1
            )
            figure.add_trace(line, row=1, col=column)
        figure.update_xaxes(title="whole trainings", type="log", row=1, col=column)
    figure.update_layout(title="Best validation loss against compute (middle of the seeds)", template="plotly_white")
    figure.write_html(path, include_plotlyjs=True)
    print(f"\nplot: {path}")


def best_at(curve: list[Step], spent: float) -> float:
    """The best loss that was known when so much was spent."""
    return min((best for at, best in curve if at <= spent + 0.005), default=math.inf)


def past(folder: Path, seeds: range) -> None:
    """A second task like the first one: started from its best, from nothing, and from misleading values."""
    for name, lora in tasks_here().items():
        first, second = Kept(name, lora, folder), Kept(name, lora, folder, first=240)
        ends: dict[str, list[float]] = {"nothing": [], "the first task's best": [], "misleading values": []}
        begun: dict[str, list[float]] = {kind: [] for kind in ends}
        for seed in seeds:
            learned = best_values(first, seed)
            wrong = own(lora) | {"learning_rate": settings(lora).space["learning_rate"]["high"]}
            for kind, values in zip(ends, (None, learned, wrong), strict=True):
                starts = () if values is None else (Start(values=values, source="run", why="alike"),)
                wanted = settings(lora, seed=seed, starts=starts)
                curve = list(searched(second, wanted))
                ends[kind].append(curve[-1][1])
                begun[kind].append(best_short(second, wanted))
        print(f"\n{name}, another 240 rows ({len(seeds)} seeds)")
        base, start = statistics.mean(ends["nothing"]), statistics.mean(begun["nothing"])
        for kind, reached in ends.items():
            end, opening = statistics.mean(reached), statistics.mean(begun[kind])
            print(
                f"  from {kind:22} best of the first three short trainings {opening:.4f} ({opening / start - 1:+.1%}), "
                f"at the end {end:.4f} ({end / base - 1:+.1%})",
                flush=True,
            )


def best_values(task: Kept, seed: int) -> dict[str, Any]:
    """What a search on a task finds."""
    wanted, seen = settings(task.lora, seed=seed), list[Seen]()
    while len(seen) < wanted.n_trials - 2:
        choice = choose(wanted, own(task.lora), seen)
        assert choice is not None
        seen.append(carried_out(task, choice, seen)[0])
    return min((t for t in seen if t.whole), key=lambda t: t.value or 0.0).values


def best_short(task: Kept, wanted: SearchSettings) -> float:
    """The best of the first three short trainings: how a search starts."""
    seen: list[Seen] = []
    while sum(t.share < 1 for t in seen) < 3:
        choice = choose(wanted, own(task.lora), seen)
        assert choice is not None
        seen.append(carried_out(task, choice, seen)[0])
    return min(t.value or math.inf for t in seen if t.share < 1)


def tasks_here() -> dict[str, bool]:
    """The tasks whose files are there."""
    from benchmarks.real_faults import PUBLIC

    return TASKS if (PUBLIC / "banking77").is_dir() else FALLBACK


def main() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--what", choices=("compare", "past"), default="compare")
    given.add_argument("--seeds", type=int, default=5)
    given.add_argument("--tasks", default=",".join(tasks_here()))
    given.add_argument("--out", type=Path, default=Path("searches"))
    options = given.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    if options.what == "past":
        past(options.out, range(options.seeds))
        return
    here = [Kept(name, tasks_here()[name], options.out) for name in options.tasks.split(",")]
    plotted(compared(here, range(options.seeds)), options.out / "searches.html")


if __name__ == "__main__":
    main()
