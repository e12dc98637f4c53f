"""What a run told while it went, in words."""

from __future__ import annotations

from typing import Any

from tools.wording import ENGLISH, Voice
from trainer.diagnosis.catalogue import entry
from trainer.diagnosis.finding import Finding
from trainer.diagnosis.record import record_of
from trainer.diagnosis.words import tell
from trainer.runs import Run

HELD = (
    "**I have stopped it here and saved everything, to ask you.** Say “resume” to go on all the same, "
    "“prove it” to try the cause out, or change the plan and start anew."
)


def alerts_of(run: Run) -> list[dict[str, Any]]:
    """Each alert: label, name, severity, step it was told at, onset, whether it held the run, its finding."""
    return [
        {
            "label": e["finding"]["label"],
            "name": entry(e["finding"]["label"]).name,
            "severity": e["finding"]["severity"],
            "step": e["step"],
            "onset_step": e["finding"]["onset_step"],
            "holds": e["holds"],
            "finding": e["finding"],
        }
        for e in run.events()
        if e["kind"] == "alert"
    ]


def alert_words(run: Run, alert: dict[str, Any], voice: Voice = ENGLISH) -> str:
    """An alert with its evidence, its cause and what can be done; a question where the run was held."""
    found = Finding.model_validate(alert["finding"])
    said = tell([found], record_of(run), voice.register)
    head = f"{run.id}, seen at step {alert['step']:,} while it runs:"
    return "\n".join([head, said, *([HELD] if alert["holds"] else [])])


def alert_line(alert: dict[str, Any]) -> str:
    """The same in a line."""
    where = f" from step {alert['onset_step']:,} on" if alert["onset_step"] else ""
    held = "; held to ask you" if alert["holds"] else ""
    return f"step {alert['step']:,}: most likely {alert['name']}{where}{held}"
