"""Wishes and facts -> a plan with a reason for every value. Pure: same facts, same plan."""

from __future__ import annotations

from typing import Any

from trainer import estimate
from trainer.errors import UserFacingError
from trainer.facts import Facts
from trainer.fields import validated
from trainer.plan import Plan
from trainer.reasons import Ledger, Reason
from trainer.recipes import amounts, choices
from trainer.recipes.rates import rate_for
from trainer.wishes import Wishes

BUDGET = ("max_hours", "budget_usd", "max_gpu_gb", "gpu_price_per_hour", "commercial_use")


def derive(wishes: Wishes, facts: Facts) -> tuple[Plan, dict[str, Reason]]:
    """The plan for a goal; raises UserFacingError for what is not known how to do."""
    choices.refuse_unknown(wishes, facts.data)
    ledger = Ledger(wishes.said())
    method = choices.method(ledger, facts.data)
    tuning = choices.tuning(ledger, facts.model, facts.machine)
    document: dict[str, Any] = {
        "goal": wishes.goal or "fine-tune on this data",
        "task": choices.task(ledger, facts.data),
        "base_model": choices.base_model(ledger, facts.model),
        "model_fingerprint": facts.model.fingerprint,
        "method": _method(ledger, method),
        "adapter": _adapter(ledger, tuning),
        "data": _data(ledger, facts),
        "optimisation": _optimisation(ledger, method, tuning, facts),
        "compute": _compute(ledger, facts),
        "budget": {k: wishes.said()[k] for k in BUDGET if k in wishes.said()},
    }
    for name in document["budget"]:
        ledger.choose(name, None, Reason(origin="default", why=""))
    document["schedule"] = _schedule(ledger, method, facts)
    document["evaluation"] = _evaluation(ledger, document, facts)
    return _within_budget(validated(document), ledger, facts)


def _method(ledger: Ledger, method: str) -> dict[str, Any]:
    if method == "cpt":
        return {"method": "cpt"}
    why = "only the answers are trained on: the questions are given, not to be written"
    return {
        "method": "sft",
        "assistant_only_loss": ledger.choose(
            "assistant_only_loss", True, Reason(origin="recipe", why=why, source="TRL, SFT docs")
        ),
    }


def _adapter(ledger: Ledger, tuning: str) -> dict[str, Any]:
    if tuning == "full":
        return {"tuning": "full"}
    sweep = "tinker-cookbook sweep: rank 16 within 0.28 % of the best"
    rank = ledger.choose(
        "lora_r",
        16,
        Reason(origin="recipe", why="rank matters little; 16 is near the best", source=sweep),
    )
    alpha = Reason(origin="recipe", why="kept at twice rank 16 whatever the rank", source="LoRA Without Regret")
    modules = ledger.choose(
        "target_modules",
        "all-linear",
        Reason(
            origin="recipe",
            why="attention alone is weaker at the same size",
            source="LoRA Without Regret; QLoRA (arXiv 2305.14314)",
        ),
    )
    return {
        "tuning": "lora",
        "lora_r": rank,
        "lora_alpha": ledger.choose("lora_alpha", 32, alpha),
        "lora_dropout": ledger.choose(
            "lora_dropout",
            0.0,
            Reason(origin="recipe", why="no gain seen in short runs", source=amounts.RULES),
        ),
        "target_modules": modules,
    }


def _data(ledger: Ledger, facts: Facts) -> dict[str, Any]:
    rows = min(facts.usable_rows, ledger.said.get("max_samples") or facts.usable_rows)
    profile = facts.data
    for role, column in profile.roles.items():
        said = f"{role}_column" in ledger.said and column.lower() in ledger.said.get("goal", "").lower()
        ledger.note(
            role,
            column,
            Reason(
                origin="user" if said else "data",
                why="you said so" if said else f"column {column} reads like the {role}",
            ),
        )
    val, val_why = amounts.val_fraction(rows)
    hold, hold_why = amounts.holdout_fraction(rows)
    skip_why = Reason(origin="data", why="empty rows teach nothing; repeats count once")
    return {
        "dataset_path": ledger.note("dataset_path", profile.path, Reason(origin="user", why="the file you gave")),
        "fingerprint": profile.fingerprint,
        "format": ledger.note(
            "format",
            profile.format,
            Reason(origin="data", why="judged by column names and content"),
        ),
        "roles": ledger.note("roles", profile.roles, Reason(origin="data", why="which column plays which part")),
        "skip_rows": ledger.choose("skip_rows", ["empty", "duplicates"], skip_why),
        "max_samples": ledger.choose("max_samples", None, Reason(origin="default", why="all usable rows")),
        "val_split": ledger.choose("val_split", val, val_why),
        "holdout_max": ledger.note("holdout_max", 1000, Reason(origin="recipe", why="more would hardly be surer")),
        "holdout_split": ledger.note("holdout_split", hold, hold_why),
    }


def _optimisation(ledger: Ledger, method: str, tuning: str, facts: Facts) -> dict[str, Any]:
    rate, why = rate_for(method, tuning, facts.model.params)
    plain = "the field's usual value"
    return {
        "learning_rate": ledger.choose("learning_rate", rate, why),
        "lr_scheduler_type": ledger.choose(
            "lr_scheduler_type",
            "cosine",
            Reason(
                origin="recipe",
                why="ends gently; most published recipes use it",
                source=amounts.RULES,
            ),
        ),
        "warmup_ratio": ledger.choose(
            "warmup_ratio",
            0.0 if ledger.said.get("warmup_steps") is not None else 0.05,
            Reason(
                origin="recipe",
                why="avoids a jump in the first steps (3 to 10 % is usual)",
                source=amounts.RULES,
            ),
        ),
        "warmup_steps": ledger.choose("warmup_steps", None, Reason(origin="default", why="by ratio")),
        "optim": ledger.choose(
            "optim",
            "adamw_torch_fused",
            Reason(origin="default", why="AdamW, all steps in one kernel"),
        ),
        "weight_decay": ledger.choose(
            "weight_decay", 0.0 if tuning == "lora" else 0.01, Reason(origin="default", why=plain)
        ),
        "max_grad_norm": ledger.choose(
            "max_grad_norm",
            1.0,
            Reason(origin="default", why="one bad batch cannot move the weights far"),
        ),
    }


def _compute(ledger: Ledger, facts: Facts) -> dict[str, Any]:
    device = choices.device(ledger, facts.machine)
    precision, precision_why = choices.precision(ledger, device, facts.machine)
    free = Reason(origin="hardware", why="no padding is computed: faster, same loss")
    return {
        "device": device,
        "precision": ledger.note("precision", precision, precision_why),
        "threads": ledger.note(
            "threads",
            facts.machine.cores,
            Reason(
                origin="hardware",
                why=f"{facts.machine.cores} cores; fewer are used when others are busy",
            ),
        ),
        "padding_free": ledger.choose("padding_free", True, free),
        "gradient_checkpointing": ledger.choose(
            "gradient_checkpointing",
            False,
            Reason(origin="hardware", why="memory is enough; it would cost about 30 % time"),
        ),
    }


def _schedule(ledger: Ledger, method: str, facts: Facts) -> dict[str, Any]:
    lengths, model = facts.data.lengths, facts.model
    rows = min(facts.usable_rows, ledger.said.get("max_samples") or facts.usable_rows)
    if method == "cpt" or lengths is None:
        length = min(model.context, 512)
        length_why = Reason(origin="recipe", why=f"windows of {length} tokens; the model's limit is {model.context}")
        rows = choices.windows(facts.data, length)
    else:
        length, length_why = amounts.length_for(lengths.p99, lengths.max, model.context)
    batch, batch_why = amounts.batch_for(rows)
    epochs, epochs_why = amounts.epochs_for(rows, model.params, method)
    length = ledger.choose("max_length", length, length_why)
    per_device, accumulation = choices.batches(ledger, batch, batch_why, length)
    return {
        "num_train_epochs": ledger.choose("num_train_epochs", epochs, epochs_why),
        "max_steps": ledger.choose("max_steps", -1, Reason(origin="default", why="by epochs")),
        "per_device_train_batch_size": per_device,
        "gradient_accumulation_steps": accumulation,
        "max_length": length,
        "seed": ledger.choose("seed", 42, Reason(origin="default", why="fixed, so that it can be repeated")),
    }


def _evaluation(ledger: Ledger, document: dict[str, Any], facts: Facts) -> dict[str, Any]:
    metric, why = choices.metric(document["task"], document["method"]["method"])
    steps = estimate.steps(document["schedule"], document["data"], facts.usable_rows, facts.data)
    lengths = facts.data.lengths
    longest = max(8, min(256, round(1.3 * lengths.answer_p95))) if lengths else 64
    return {
        "eval_steps": ledger.choose(
            "eval_steps",
            max(1, steps // 8),
            Reason(origin="recipe", why="eight looks at the validation loss over the run"),
        ),
        "early_stopping_patience": ledger.choose(
            "early_stopping_patience",
            3,
            Reason(
                origin="recipe",
                why="stops after three looks without a better loss",
                source="AWS Bedrock's guide stops after 2",
            ),
        ),
        "load_best_model_at_end": ledger.choose(
            "load_best_model_at_end",
            True,
            Reason(origin="default", why="the best checkpoint is kept, not the last"),
        ),
        "metric": ledger.note("metric", metric, why),
        "generate_rows": ledger.note(
            "generate_rows",
            1000 if metric == "accuracy" else 120,
            Reason(origin="recipe", why="answers written for the hold-out, as many as time allows"),
        ),
        "max_new_tokens": ledger.note(
            "max_new_tokens",
            longest,
            Reason(origin="data", why="a little longer than 95 % of the answers"),
        ),
    }


def _within_budget(plan: Plan, ledger: Ledger, facts: Facts) -> tuple[Plan, dict[str, Reason]]:
    """Fewer epochs, then fewer rows, until the slow end of the estimate fits the time given."""
    hours = plan.budget.max_hours
    fixed = {"num_train_epochs", "max_steps"} & {n for n, v in ledger.said.items() if v is not None}
    if hours is None or fixed:
        return plan, ledger.reasons
    shorter = estimate.epochs_within(plan, facts, hours * 3600)
    if shorter is None or shorter >= plan.schedule.num_train_epochs:
        return plan, ledger.reasons
    if shorter < 0.05:
        raise UserFacingError(
            f"{hours * 60:.0f} minutes are too few even for a twentieth of one epoch",
            "",
            "Give more time, fewer rows (max_samples), or a smaller base model.",
        )
    ledger.note(
        "num_train_epochs",
        shorter,
        Reason(
            origin="hardware",
            why=f"as many as fit into {hours * 60:.0f} minutes at the slow end of the estimate",
        ),
    )
    document = plan.model_dump(mode="json")
    document["schedule"]["num_train_epochs"] = shorter
    document["evaluation"] = _evaluation(ledger, document, facts)
    return validated(document), ledger.reasons
