"""Answers that change nothing: advice with its source, one question, a refusal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tools.advice.answer import advice
from tools.advice.view import View
from tools.arguments import Advise, Clarify, Refuse
from tools.desk import Desk, ToolResult

SENTENCES: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "sentences.yaml").read_text("utf-8"))


def advise(args: Advise, desk: Desk) -> ToolResult:
    """Answer a question about fine-tuning from sourced facts. Changes nothing."""
    text, used = advice(args.topic or "", View.of(args.question, desk), desk.register)
    return ToolResult(text, {"topic": args.topic, "sentences": used})


def clarify(args: Clarify, desk: Desk) -> ToolResult:
    """Ask the one question without which nothing can be done."""
    questions = SENTENCES["questions"]
    missing = [m for m in args.missing if m in questions]
    wanted = [m for m in missing if not (m == "dataset" and desk.files)]
    text = args.question or " ".join(questions[m] for m in (wanted or missing)[:2])
    return ToolResult(
        text or "I did not understand that. What should I do, in other words?",
        {"missing": args.missing},
        [{"type": "question", "missing": args.missing}],
    )


def refuse(args: Refuse, desk: Desk) -> ToolResult:
    """Decline, short, with what can be done instead."""
    text = SENTENCES["refusals"].get(args.refuse_reason, SENTENCES["refusals"]["off_topic"])
    return ToolResult(
        text,
        {"refuse_reason": args.refuse_reason},
        [{"type": "refused", "reason": args.refuse_reason}],
    )
