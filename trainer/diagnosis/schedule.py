"""Jumps that belong to the schedule: warm restarts of the learning rate, and resumed runs."""

import numpy as np

from trainer.diagnosis.catalogue import Sign, build, proof
from trainer.diagnosis.finding import Evidence, Finding
from trainer.diagnosis.history import Floats, History
from trainer.diagnosis.stats import clean, level_before, median, noise

_RESET_FACTOR = 3.0  # a warmup step at log distance grows less once it is past its first rows
_RESET_FROM = 0.35  # of the peak: the rate had decayed before it jumped
_BUMP_SHARE = 0.06  # of the level; restarts in the threads bump by 10 to 30 %
_BUMP_SIGMAS = 3.0
_JUMP_SHARE = 0.10  # of the level; resumes without optimizer in the threads jump by 20 to 100 %
_JUMP_SIGMAS = 4.0
_ROWS_BEFORE, _ROWS_AFTER = 4, 3
_FAR = 4  # rows within which a bump counts as belonging to a reset


def lr_resets(history: History) -> list[int]:
    """Rows at which a decayed learning rate is suddenly near its peak again."""
    rate = history.train.column("learning_rate")
    if len(clean(rate)) < 6:
        return []
    peak = float(np.nanmax(rate))
    top = int(np.nanargmax(rate >= 0.9 * peak))  # the warmup ends here
    return [
        row
        for row in range(top + 2, len(rate))
        if rate[row - 1] <= _RESET_FROM * peak
        and rate[row] >= _RESET_FACTOR * rate[row - 1]
        and rate[row] >= 0.5 * peak
    ]


def resume_rows(history: History) -> list[int]:
    """Rows that come first after a resume, as named by the plan or seen in the log."""
    named = history.number("resumed_from_step")
    starts = list(history.went_back_to)
    rows = [int(np.searchsorted(history.steps, s)) for s in starts]
    if named is not None and named > 0:
        rows.append(int(np.searchsorted(history.steps, named, side="right")))
    rows += _rewarmed(history)
    return sorted({row for row in rows if 3 <= row < len(history.steps)})


def _rewarmed(history: History) -> list[int]:
    """Rows at which the learning rate falls away at once and then climbs again."""
    rate = history.train.column("learning_rate")
    if len(rate) < 8:
        return []
    peak = np.nanmax(rate, initial=0.0)
    return [
        row
        for row in range(4, len(rate) - 2)
        if rate[row - 1] > 0.2 * peak and rate[row] < 0.6 * rate[row - 1] and rate[row + 1] > 1.3 * rate[row]
    ]


def jump_at(values: Floats, row: int, rows_after: int = _ROWS_AFTER) -> tuple[float, float]:
    """Level before the row, and how far the rows from it on rise over that level."""
    before = median(values[max(0, row - _ROWS_BEFORE) : row])
    after = clean(values[row : row + rows_after])
    return before, float(np.max(after) - before) if len(after) else float("nan")


def lr_restart_spikes(history: History) -> Finding | None:
    """Warm restarts bump the loss right after each reset of the learning rate."""
    resets = lr_resets(history)
    resumes = resume_rows(history)
    resets = [row for row in resets if all(abs(row - r) > 1 for r in resumes)]
    if not resets or history.is_reinforcement:
        return None
    limit = _BUMP_SIGMAS * noise(history.loss)
    jumps = [jump_at(history.loss, row) for row in resets]
    bumps = [rise > max(limit, _BUMP_SHARE * level) for level, rise in jumps]
    named = "restart" in (history.text("lr_scheduler_type") or "")
    if sum(bumps) * 2 < len(bumps) or not (named or len(resets) >= 2):
        return None
    first = bumps.index(True)
    evidence = [
        proof(
            "loss after the restart",
            level + rise,
            level,
            _span(history, row - 1, row + _FAR),
        )
        for row, (level, rise), bump in zip(resets, jumps, bumps, strict=True)
        if bump
    ]
    rate = history.train.column("learning_rate")
    row = resets[first]
    evidence.append(proof("learning rate at the restart", float(rate[row]), float(rate[row - 1])))
    signs = [
        Sign("the rate jumps back to its peak", True),
        Sign("the loss rises right after each jump", all(bumps)),
        Sign("more than one restart", len(resets) > 1),
        Sign("a schedule with restarts in the plan", named if history.plan else None),
    ]
    return build(
        "lr_restart_spikes",
        signs=signs,
        evidence=evidence,
        onset=float(history.steps[row] - history.logging_steps / 2),
        fix={"lr_scheduler_type": "cosine"},
    )


def resume_without_optimizer(history: History) -> Finding | None:
    """Loss and gradient norm jump exactly where the run was resumed."""
    sigma = noise(history.loss)
    for row in resume_rows(history):
        level, rise = jump_at(history.loss, row)
        if not np.isfinite(rise) or rise < max(_JUMP_SIGMAS * sigma, _JUMP_SHARE * level):
            continue
        if _already_high(history.loss, row, level, rise):
            continue
        return _resumed(history, row, level, rise)
    return _resumed_bare(history)


def _resumed_bare(history: History) -> Finding | None:
    """Our own run saw that the checkpoint lacked the optimizer's state, whether or not the curve shows it."""
    rows = resume_rows(history)
    if not history.flag("optimizer_missing") or not rows:
        return None
    level, rise = jump_at(history.loss, rows[-1])
    return _resumed(history, rows[-1], level, rise) if np.isfinite(rise) else None


def _already_high(loss: Floats, row: int, level: float, rise: float) -> bool:
    """Whether the loss had risen before the resume, so that the resume is not the cause."""
    before = loss[max(0, row - 2) : row]
    return bool(np.nanmax(before, initial=level) > level + 0.5 * rise)


def _resumed(history: History, row: int, level: float, rise: float) -> Finding:
    files = history.plan.get("resume_checkpoint_files")
    listed = [str(f) for f in files] if isinstance(files, list | tuple) else None
    named = history.number("resumed_from_step")
    norm = history.grad_norm
    usual_norm = float(level_before(norm)[row])
    top_norm = float(np.nanmax(norm[row : row + _ROWS_AFTER], initial=0.0))
    steps = _span(history, row - 1, row + _FAR)
    evidence: list[Evidence] = [proof("loss after the resume", level + rise, level, steps)]
    if usual_norm > 0:
        evidence.append(proof("gradient norm after the resume", top_norm, usual_norm, steps))
    if listed is not None:
        evidence.append(proof("list of files in the checkpoint", ", ".join(listed)))
    signs = [
        Sign("a jump of the loss at the resume", rise > _JUMP_SHARE * level, 2.0),
        Sign("a jump of the gradient norm", top_norm > 1.8 * usual_norm if usual_norm > 0 else None),
        Sign(
            "a checkpoint without optimizer state",
            None if listed is None else not any("optimizer" in f for f in listed),
        ),
        Sign("the resume is named in the plan", named is not None),
    ]
    onset = named + 1 if named is not None else float(history.steps[row])
    return build("resume_without_optimizer", signs=signs, evidence=evidence, onset=onset)


def _span(history: History, first: int, last: int) -> tuple[float, float]:
    steps = history.steps
    return float(steps[max(0, first)]), float(steps[min(len(steps) - 1, last)])
