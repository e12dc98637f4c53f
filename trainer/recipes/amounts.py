"""How much is seen: batch, epochs, lengths, split; by rows, method and size."""

from __future__ import annotations

from trainer.reasons import Reason

RULES = "rules of thumb gathered from published recipes (docs/knowledge.md)"
TINY = 50_000_000
"""Below this many parameters a model is trained whole and needs more epochs."""


def epochs_for(rows: int, params: int, method: str) -> tuple[float, Reason]:
    """Fewer rows are seen more often; big models memorise sooner."""
    if method == "cpt":
        value = 6.0 if params < TINY else 3.0 if rows < 20_000 else 1.0
        return value, Reason(origin="recipe", why="plain text is read one to three times", source=RULES)
    if params < TINY:
        value = 8.0 if rows < 2000 else 5.0
        why = "a model this small learns slowly; five passes were best on banking77, and early stopping guards the end"
        return value, Reason(origin="recipe", why=why, source="measured on the built-in model, one seed")
    value = 3.0 if rows < 20_000 else 1.0
    why = "published recipes use 1 to 3 epochs (5 to 15 on a thousand rows in some)"
    return value, Reason(origin="recipe", why=why, source=RULES)


def batch_for(rows: int) -> tuple[int, Reason]:
    """Rows an optimizer step sees; LoRA likes batches of 32 and under."""
    value = 8 if rows < 300 else 16 if rows < 5000 else 32
    why = f"{rows:,} rows: enough steps to learn, enough rows a step to be steady"
    source = "LoRA Without Regret; axolotl, docs/agents/sft.md; sources disagree up to 128"
    return value, Reason(origin="recipe", why=why, source=source)


def length_for(p99: int, longest: int, context: int) -> tuple[int, Reason]:
    """As long as the longest row, unless a few giants would set it."""
    wanted = longest if longest <= max(2 * p99, 512) else p99
    value = max(16, min(context, -(-wanted // 64) * 64))
    if value >= longest:
        why = f"the longest row has {longest} tokens; nothing is cut"
    else:
        why = f"99 % of rows have at most {p99} tokens, the longest {longest}; the model's limit is {context}"
    return value, Reason(origin="data", why=why)


def val_fraction(rows: int) -> tuple[float, Reason]:
    """5 % to watch the loss on, 10 to 300 rows."""
    wanted = min(300, max(10, round(0.05 * rows)))
    value = round(min(0.2, wanted / max(rows, 1)), 4)
    why = f"about {round(value * rows)} rows whose loss is watched in training"
    return value, Reason(origin="recipe", why=why, source="axolotl examples: 1 to 5 %")


def holdout_fraction(rows: int) -> tuple[float, Reason]:
    """10 % kept sealed: 300 answers give a standard error of 3 points, 1,000 of 1.6."""
    value = 0.2 if rows < 200 else 0.1
    kept = min(1000, round(value * rows))
    why = f"{kept} rows that training never sees, to judge the result by"
    return value, Reason(origin="recipe", why=why, source="arXiv 2411.00640: 1,000 rows show 3 points")
