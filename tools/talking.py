"""Answers that change nothing: advice with its source, one question, a refusal."""

from __future__ import annotations

from tools.advice.answer import advice
from tools.advice.view import View
from tools.arguments import Advise, Clarify, Refuse
from tools.desk import Desk, ToolResult


def advise(args: Advise, desk: Desk) -> ToolResult:
    """Answer a question about fine-tuning from sourced facts. Changes nothing."""
    text, used = advice(args.topic or "", View.of(args.question, desk), desk.voice.register)
    return ToolResult(text, {"topic": args.topic, "sentences": used})


def clarify(args: Clarify, desk: Desk) -> ToolResult:
    """Ask the one question without which nothing can be done."""
    missing = [m for m in args.missing if desk.voice.knows(f"questions.{m}")]
    wanted = [m for m in missing if not (m == "dataset" and desk.files)]
    deletion = args.unknown.get("about") == "deletion"
    asked = desk.voice.say("refusals.destructive_command") if deletion else args.question
    text = asked or " ".join(desk.voice.say(f"questions.{m}") for m in (wanted or missing)[:2])
    return ToolResult(
        text or desk.voice.say("not_understood"),
        {"missing": args.missing},
        [{"type": "question", "missing": args.missing}],
    )


def refuse(args: Refuse, desk: Desk) -> ToolResult:
    """Decline, short, with what can be done instead."""
    key = f"refusals.{args.refuse_reason}"
    return ToolResult(
        desk.voice.say(key if desk.voice.knows(key) else "refusals.off_topic"),
        {"refuse_reason": args.refuse_reason},
        [{"type": "refused", "reason": args.refuse_reason}],
    )
