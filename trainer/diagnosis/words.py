"""Findings in words: templates over the numbers of the record, nothing else.

"plain" explains each term where it is first used and says what, why and what to do;
"expert" gives the numbers only. No number appears that is not in the evidence, the plan or the log.
"""

import re
from collections.abc import Sequence
from typing import Literal

from trainer.diagnosis.catalogue import entry
from trainer.diagnosis.finding import Evidence, Finding
from trainer.diagnosis.history import History
from trainer.diagnosis.questions import nearest_numbers, select, topic_of, unnamed_spike

Register = Literal["plain", "expert"]

TERMS: dict[str, str] = {
    "eval loss": "*Eval loss* is the loss on rows kept out of the training.",
    "loss": "*Loss* says how surprised the model is by the right answer; lower is better.",
    "gradient norm": "The *gradient norm* says how strongly a step pulls at the model's weights.",
    "learning rate": "The *learning rate* is the size of each step of the training.",
    "warmup": "*Warmup* lets the learning rate rise slowly at the start.",
    "epoch": "An *epoch* is one pass over all training rows.",
    "clip": "*Clipping* cuts steps that are too long.",
    "LoRA": "*LoRA* trains a small adapter instead of the whole model.",
    "adapter": "An *adapter* is a small set of weights trained in place of the whole model.",
    "max_length": "*max_length* is the number of tokens after which a row is cut off.",
    "chat template": "A *chat template* is the layout of turns and roles the model was trained on.",
    "reward margin": "The *reward margin* says how clearly the better answer is preferred.",
    "KL": "*KL* says how far the answers have moved from the starting model's.",
    "packing": "*Packing* joins short rows into one, so that no space is left empty.",
    "checkpoint": "A *checkpoint* is a saved state of the run.",
}

_SURE, _FAIRLY = 0.85, 0.6
_SHOWN, _EVIDENCE_PLAIN = 3, 3


def tell(findings: Sequence[Finding], history: History, register: Register = "plain") -> str:
    """What happened in a run, in a few sentences (plain) or lines (expert)."""
    if register == "expert":
        return "\n".join(_expert(finding, history) for finding in findings)
    if all(finding.label == "healthy" for finding in findings):
        return _with_terms([_healthy(findings, history)])
    shown = [_plain(finding, history) for finding in findings[:_SHOWN]]
    if history.steps_counted:
        shown.append("The log gives no step numbers, so its rows were counted.")
    if len(findings) > _SHOWN:
        names = ", ".join(entry(f.label).name for f in findings[_SHOWN:])
        shown.append(f"Also seen: {names}.")
    return _with_terms(shown)


HARM = {
    "info": "No harm was done.",
    "warn": "The result is worse than it could be.",
    "critical": "What it learned since then can't be trusted.",
}
"""Severity -> what it means for who wants the result."""


def short(finding: Finding, history: History) -> str:
    """One sentence or two for who wants the result: what happened, whether it did harm, what to do."""
    onset = finding.onset_step or 1
    where = f"At step {figure(onset)} " if onset > 1 else "In this run "
    harm = HARM[finding.severity]
    return f"{where}I see {entry(finding.label).name}. {harm} {finding.advice}{_changes(finding, history)}"


def answer(
    question: str,
    findings: Sequence[Finding],
    history: History,
    register: Register = "plain",
) -> str:
    """An answer to a question about a symptom or a step, from the findings or from the log."""
    topic = topic_of(question)
    if topic is None:
        return tell(findings, history, register)
    chosen = select(topic, findings, history)
    if chosen:
        return tell(chosen, history, register)
    unnamed = unnamed_spike(topic, history)
    if unnamed:
        return unnamed if register == "expert" else _with_terms([unnamed])
    nothing = f"Nothing like that is in the record: {nearest_numbers(topic, history)}"
    others = [entry(f.label).name for f in findings if f.label != "healthy"]
    if others:
        nothing += f" What I did find: {', '.join(others)}."
    return nothing if register == "expert" else _with_terms([nothing])


def figure(value: float | str) -> str:
    """A number as people write it: 17,900 · 1.31 · 0.00016 · 4e-5."""
    if isinstance(value, str):
        return value
    if abs(value) >= 10_000:
        return f"{value:,.0f}"
    return re.sub(r"e([+-])0*(\d)", r"e\1\2", f"{value:g}")


def _with_terms(paragraphs: Sequence[str]) -> str:
    """Each term explained once, at the end of the line that uses it first."""
    seen: set[str] = set()
    return "\n\n".join(
        "\n".join(line + _notes(line, seen) for line in paragraph.split("\n")) for paragraph in paragraphs
    )


def _notes(line: str, seen: set[str]) -> str:
    """Explanations of terms that this line uses and no line before it."""
    notes = []
    rest = line
    for term, note in TERMS.items():
        pattern = re.compile(rf"\b{re.escape(term)}", re.IGNORECASE)
        if not pattern.search(rest):
            continue
        rest = pattern.sub("", rest)  # "eval loss" must not count as "loss"
        if term not in seen:
            seen.add(term)
            notes.append(note)
    return f" ({' '.join(notes)})" if notes else ""


def _healthy(findings: Sequence[Finding], history: History) -> str:
    evidence = [e for f in findings for e in f.evidence]
    told = "".join(f" {_sentence(e, against='at first')}" for e in evidence)
    if not len(history.train):
        return "The record holds no training rows, so there is nothing to judge."
    few = " The record is short, so this is no more than a first look." if (len(history.train) < 20) else ""
    return f"Nothing looks wrong.{told} There is nothing to change.{few}"


def _plain(finding: Finding, history: History) -> str:
    known = entry(finding.label)
    where = f"At **step {figure(finding.onset_step)}**: most" if finding.onset_step else "Most"
    if finding.onset_step == 1:
        where = "From the first step on: most"
    proofs = " ".join(_sentence(e) for e in finding.evidence[:_EVIDENCE_PLAIN])
    how_sure = (
        "The record is clear on this."
        if finding.confidence >= _SURE
        else "I am fairly sure."
        if finding.confidence >= _FAIRLY
        else "This is a guess; the record does not show enough to be sure."
    )
    return (
        f"{where} likely **{known.name}**. {proofs} {known.meaning} {how_sure}\n"
        f"**What to do:** {finding.advice}{_changes(finding, history)}\n"
        f"If it were something else: {_lower_first(finding.otherwise)}"
    )


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[:2] == "A " else text


def _sentence(evidence: Evidence, against: str = "against") -> str:
    told = f"The {evidence.what} was {figure(evidence.value)}"
    if evidence.usual is not None:
        beside = "usually" if isinstance(evidence.usual, str) else against
        told += f", {beside} {figure(evidence.usual)}"
    if evidence.step_from is not None and evidence.step_to is not None:
        told += f" (steps {figure(evidence.step_from)} to {figure(evidence.step_to)})"
    return told + "."


def _changes(finding: Finding, history: History) -> str:
    if not finding.fix:
        return ""
    parts = []
    for name, new in finding.fix.items():
        old = history.plan.get(name)
        shown = figure(new) if isinstance(new, int | float) and not isinstance(new, bool) else f"{new}"
        before = "" if old is None else f"{figure(old) if isinstance(old, float) else old} -> "
        parts.append(f"`{name}` {before}{shown}")
    return f" In the plan: {', '.join(parts)}."


def _expert(finding: Finding, history: History) -> str:
    where = f" @{finding.onset_step}" if finding.onset_step else ""
    proofs = "; ".join(
        f"{e.what} {figure(e.value)}" + (f" vs {figure(e.usual)}" if e.usual is not None else "")
        for e in finding.evidence
    )
    fix = _changes(finding, history).removeprefix(" In the plan: ").rstrip(".")
    tail = f" | {finding.fix_code}" + (f": {fix}" if fix else "")
    return f"[{finding.severity}] {finding.label}{where} ({finding.confidence:g}) {proofs}{tail}"
