"""How much a plan will read: rows, pieces, steps, tokens."""

from __future__ import annotations

from typing import Any

from trainer.facts import DataProfile, Facts
from trainer.plan import PAIRWISE, Plan


def divide(data: dict[str, Any], usable: int) -> tuple[int, int, int]:
    """Rows for train, validation and hold-out."""
    total = min(usable, data.get("max_samples") or usable)
    held: int = min(round(total * data["holdout_split"]), data.get("holdout_max", 1000))
    val = round(total * data["val_split"])
    return max(1, total - held - val), val, held


def sides(plan: Plan, facts: Facts) -> tuple[int, int, int]:
    """Rows for train (general ones mixed in), validation and hold-out of a plan."""
    train, val, held = divide(plan.data.model_dump(), facts.usable_rows)
    return round(train / (1 - plan.data.retention_share)), val, held


def pieces(rows: int, profile: DataProfile, schedule: dict[str, Any]) -> int:
    """Training rows, or windows for plain text."""
    if profile.format != "text" or profile.lengths is None:
        return rows
    return max(1, round(rows * profile.lengths.mean / int(schedule["max_length"])))


def steps(schedule: dict[str, Any], data: dict[str, Any], usable: int, profile: DataProfile, answers: int = 1) -> int:
    """Optimizer steps of the whole run on one device. `answers`: written for each row (grpo, rloo)."""
    if schedule["max_steps"] > 0:
        return int(schedule["max_steps"])
    train = round(divide(data, usable)[0] / (1 - data.get("retention_share", 0.0))) * answers
    batch = int(schedule["per_device_train_batch_size"] * schedule["gradient_accumulation_steps"])
    return max(1, round(-(-pieces(train, profile, schedule) // batch) * float(schedule["num_train_epochs"])))


def steps_of(plan: Plan, facts: Facts) -> int:
    """Optimizer steps of a plan."""
    if plan.schedule.max_steps > 0:
        return plan.schedule.max_steps
    rows = pieces(sides(plan, facts)[0], facts.data, plan.schedule.model_dump()) * generations(plan)
    return max(1, round(-(-rows // plan.effective_batch_size) * plan.schedule.num_train_epochs))


def generations(plan: Plan) -> int:
    """Answers that are written and trained on for each row; a batch counts answers."""
    return int(getattr(plan.method, "num_generations", 1))


def epochs(plan: Plan, facts: Facts) -> float:
    """Epochs the run will see, from max_steps where that is given."""
    if plan.schedule.max_steps <= 0:
        return plan.schedule.num_train_epochs
    count = pieces(sides(plan, facts)[0], facts.data, plan.schedule.model_dump()) * generations(plan)
    return plan.schedule.max_steps * plan.effective_batch_size / count


def sequences(plan: Plan) -> int:
    """Sequences a training row becomes: two for pairs of a better and a worse answer."""
    return 2 if plan.method.method in PAIRWISE else 1


def mean_tokens(plan: Plan, facts: Facts) -> float:
    """Tokens of one sequence on average, answers written in training included."""
    lengths, most = facts.data.lengths, plan.schedule.max_length
    if plan.online:
        return _prompt(facts) + 0.5 * int(getattr(plan.method, "max_completion_length", 64))
    if lengths is None:
        return most / 2
    return float(most) if facts.data.format == "text" else min(lengths.mean, most)


def _prompt(facts: Facts) -> float:
    lengths = facts.data.lengths
    return lengths.mean * (1 - lengths.trained_share) if lengths else 64.0


def longest(plan: Plan, facts: Facts) -> int:
    """Tokens of the longest sequence that is to be expected."""
    lengths, most = facts.data.lengths, plan.schedule.max_length
    if plan.online:
        return min(facts.model.context, round(_prompt(facts)) + int(getattr(plan.method, "max_completion_length", 64)))
    return most if lengths is None or facts.data.format == "text" else min(lengths.max, most)


def trained_share(plan: Plan, facts: Facts) -> float:
    """Tokens whose logits are computed over all tokens, 0 to 1."""
    answers = plan.method.method == "sft" and getattr(plan.method, "assistant_only_loss", True)
    lengths = facts.data.lengths
    return lengths.trained_share or 1.0 if answers and lengths and facts.data.format != "text" else 1.0


def looks(plan: Plan, facts: Facts) -> int:
    """Evaluations in training, each with a save: one more at the end where the last step is none of theirs."""
    return -(-steps_of(plan, facts) // plan.evaluation.eval_steps)


def watched(plan: Plan, val: int) -> int:
    """Validation rows of one look; methods that write answers watch few (trainer.methods.online)."""
    return min(val, 32) if plan.online else val


def answered(plan: Plan, held: int) -> int:
    """Hold-out rows that answers are written for: of judged rows a few samples, for perplexity none."""
    if plan.evaluation.metric == "perplexity":
        return 0
    return min(held, 3 if plan.evaluation.metric in ("pair_accuracy", "auc") else plan.evaluation.generate_rows)


def writers(plan: Plan) -> int:
    """Models that write answers in the test: both, but a reward model can't."""
    return 1 if plan.method.method == "reward_modeling" else 2
