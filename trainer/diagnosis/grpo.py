"""Training on rewards of own completions (GRPO and kin): no signal, growing answers, runaway KL."""

import numpy as np
import numpy.typing as npt

from trainer.diagnosis.catalogue import Sign, build, proof
from trainer.diagnosis.dpo import raise_beta
from trainer.diagnosis.finding import Evidence, Finding
from trainer.diagnosis.history import Floats, History
from trainer.diagnosis.stats import clean, median, smooth, spread
from trainer.diagnosis.usual import lower_rate

_SAME = 0.01  # standard deviation of rewards: none
_ALL = 0.95
_MOST = 0.85  # of the logs: a single group may differ now and then
_CUT = 0.85  # of the completions end at the cap
_AT_CAP, _MOSTLY_CUT, _GROWN = 0.8, 0.5, 1.3
_LOST = 0.9  # of the best reward
_FAR_KL, _KL_TIMES = 0.5, 20.0  # nats per token; healthy runs end at 0.02 to 0.2
_KL_LEAVES = (3.0, 10.0)  # times its path so far


def _reward_fall(history: History) -> tuple[float, float]:
    """Reward at the end, and the best smoothed reward."""
    reward = smooth(history.train.column("reward"))
    return median(reward[-max(3, len(reward) // 8) :]), float(np.nanmax(reward, initial=-np.inf))


def grpo_reward_flat(history: History) -> Finding | None:
    """All answers of a group get the same reward: nothing to learn from."""
    train = history.train
    if not history.is_reinforcement or len(train) < 4:
        return None
    same = _same_rewards(history)
    if same is None or same[len(same) // 2 :].mean() < _MOST:
        return None
    row = 0 if same.mean() >= _MOST else _stopped_differing(same)
    cut = median(train.column("completions/clipped_ratio")[row:])
    truncated = bool(np.isfinite(cut) and cut > _CUT)
    span = (float(history.steps[row]), float(history.steps[-1]))
    evidence = [proof("reward", median(train.column("reward")[row:]), steps=span)]
    for name, what in (
        ("reward_std", "spread of rewards within a group"),
        ("frac_reward_zero_std", "share of groups without any difference"),
        ("completions/clipped_ratio", "share of answers cut off at the cap"),
    ):
        if train.has(name):
            evidence.append(proof(what, median(train.column(name)[row:]), steps=span))
    norm, rewards = median(history.grad_norm[row:]), clean(train.column("reward")[row:])
    signs = [
        Sign("rewards without spread", True, 2.0),
        Sign("no gradient", norm < 1e-3 if np.isfinite(norm) else None),
        Sign("a reward that does not change", spread(rewards) < 0.05 if len(rewards) else None),
    ]
    return build(
        "grpo_reward_flat",
        signs=signs,
        evidence=evidence,
        onset=1.0 if row == 0 else float(history.steps[row]),
        fix=_longer(history) if truncated else {},
        fix_code="raise_max_completion_length" if truncated else None,
        advice="Raise max_completion_length so that answers can end." if truncated else None,
    )


def _stopped_differing(same: npt.NDArray[np.bool_]) -> int:
    """The row that best parts logs with differing rewards from logs without."""
    score = np.cumsum(np.where(same, -1, 1))
    return min(len(same) - 1, int(np.argmax(score)) + 1)


def _same_rewards(history: History) -> npt.NDArray[np.bool_] | None:
    train = history.train
    spread, share = train.column("reward_std"), train.column("frac_reward_zero_std")
    if len(clean(spread)) >= 3:
        return np.asarray(np.nan_to_num(spread, nan=0.0) < _SAME)
    return np.asarray(share >= _ALL) if len(clean(share)) >= 3 else None


def _longer(history: History) -> dict[str, int]:
    cap = history.number("max_completion_length")
    return {"max_completion_length": int(2 * cap)} if cap else {}


def grpo_length_explosion(history: History) -> Finding | None:
    """Completions grow to the cap and are cut off; the reward falls."""
    length = smooth(history.train.column("completions/mean_length"))
    cut = history.train.column("completions/clipped_ratio")
    if len(clean(length)) < 8:
        return None
    start, end = (
        median(length[: max(3, len(length) // 10)]),
        median(length[-max(3, len(length) // 8) :]),
    )
    cut_end = median(cut[-max(3, len(cut) // 8) :])
    cap = history.number("max_completion_length")
    at_cap = end >= _AT_CAP * cap if cap else cut_end >= _MOSTLY_CUT
    reward, best = _reward_fall(history)
    lost = reward < _LOST * best if np.isfinite(best) and best > 0 else True
    if end < _GROWN * start or not at_cap or cut_end < _MOSTLY_CUT or not lost:
        return None
    onset = _growth_start(history.steps, length, start, end)
    span = (onset, float(history.steps[-1]))
    evidence = [proof("length of the answers in tokens", end, start, span)]
    if np.isfinite(cut_end):
        evidence.append(proof("share of answers cut off", cut_end, median(cut[:3]), span))
    if np.isfinite(best):
        evidence.append(proof("reward at the end", reward, best, span))
    if cap:
        evidence.append(proof("cap on the length", cap))
    signs = [
        Sign("answers that grow to the cap", True, 2.0),
        Sign("most are cut off", True),
        Sign("a reward that falls", reward < _LOST * best if np.isfinite(best) else None),
    ]
    return build(
        "grpo_length_explosion",
        signs=signs,
        evidence=evidence,
        onset=onset,
        fix={"mask_truncated_completions": True},
    )


def _growth_start(steps: Floats, length: Floats, start: float, end: float) -> float:
    """Where the line through a fifth and three fifths of the climb meets the early length.

    A little before it, since growth starts slowly.
    """
    fifth, most = (int(np.argmax(length >= start + s * (end - start))) for s in (0.2, 0.6))
    return max(float(steps[0]), float(steps[fifth] - 0.65 * (steps[most] - steps[fifth])))


def grpo_kl_blowup(history: History) -> Finding | None:
    """KL grows by orders of magnitude, gradients explode, the reward collapses."""
    kl = history.train.column("kl")
    if not history.is_reinforcement or len(clean(kl)) < 8:
        return None
    early = median(kl[: max(4, len(kl) // 4)])
    top = float(np.nanmax(smooth(kl)))
    if top < _FAR_KL or top < _KL_TIMES * max(early, 1e-4):
        return None
    norm = smooth(history.grad_norm)
    reward, best = _reward_fall(history)
    grows = float(np.nanmax(norm)) > 4 * median(norm[: max(4, len(norm) // 4)]) if len(clean(norm)) else None
    lost = reward < 0.75 * best if np.isfinite(best) else None
    if not (grows or lost):
        return None
    row = _leaves(history)
    return build(
        "grpo_kl_blowup",
        signs=[
            Sign("a KL that grows by orders of magnitude", True, 2.0),
            Sign("gradients that explode", grows),
            Sign("a reward that collapses", lost),
        ],
        evidence=_kl_evidence(history, row, top, early),
        onset=float(history.steps[row]),
        fix={**lower_rate(history), **raise_beta(history)},
    )


def _leaves(history: History) -> int:
    """The row at which KL leaves the straight path it was on, for good.

    From where it is three and ten times above that path, its growth is followed back to the path.
    """
    kl, steps = np.nan_to_num(history.train.column("kl")), history.steps
    pace = kl / np.maximum(1.0, steps)
    path = float(np.percentile(pace[1 : max(5, len(pace) // 2)], 30)) * steps
    over = [np.flatnonzero(kl <= times * path) for times in _KL_LEAVES]
    three, ten = (min(len(kl) - 1, int(low[-1]) + 1) if len(low) else 0 for low in over)
    back = (ten - three) * np.log(_KL_LEAVES[0]) / np.log(_KL_LEAVES[1] / _KL_LEAVES[0])
    return max(0, three - int(0.5 * back))  # half: noise may have held KL under three times


def _kl_evidence(history: History, row: int, top: float, early: float) -> list[Evidence]:
    span = (float(history.steps[row]), float(history.steps[-1]))
    reward, best = _reward_fall(history)
    found = [proof("KL at its highest", top, early, span)]
    norm = history.grad_norm
    if len(clean(norm[row:])) and len(clean(norm[:row])):
        found.append(proof("gradient norm since then", median(norm[row:]), median(norm[:row]), span))
    if np.isfinite(best):
        found.append(proof("reward at the end", reward, best, span))
    return found
