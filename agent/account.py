"""How a run stands or ended, as the agent tells it."""

from __future__ import annotations

from tools.explaining import findings_of
from tools.wording import ENGLISH, Voice
from tools.words import in_english, result_words, sample_words, status_words
from trainer.runs import Run


def account(run: Run, voice: Voice = ENGLISH) -> str:
    """Verdict, figures, samples and first findings; before that, where it stands."""
    if not run.result():
        return status_words(run, voice)
    odd = [f for f in findings_of(run) if f.label != "healthy"]
    notes = [f"Seen in the curve: {f.label.replace('_', ' ')}. {f.advice}" for f in odd[:3]]
    told = [result_words(run), *sample_words(run.result()), *(notes or ["The curve shows nothing unusual."])]
    return "\n".join(in_english(told, voice))
