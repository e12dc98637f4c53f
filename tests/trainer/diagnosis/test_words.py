"""Words hold only what the record holds, and answer what was asked."""

import re

import pytest

from trainer.diagnosis import Finding, History, diagnose
from trainer.diagnosis.words import answer, figure, tell

from . import calm, faults_learning, faults_rewards  # noqa: F401  they register builders
from .calm import calm_large
from .faults import FAULTS, bad_batch
from .simulate import logs_of, seeds

NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")


def _numbers(text: str) -> set[str]:
    return {match.rstrip(",") for match in NUMBER.findall(text)}


def _allowed(findings: list[Finding], history: History) -> set[str]:
    known: set[str] = set()
    for finding in findings:
        known |= {figure(finding.onset_step or 0), str(finding.onset_step), figure(finding.confidence)}
        known |= _numbers(str(finding.fix)) | _numbers(" ".join(map(str, finding.fix.values())))
        for name, new in finding.fix.items():
            for value in (new, history.plan.get(name)):
                known |= {figure(value)} if isinstance(value, float) else {str(value)}
        for e in finding.evidence:
            for value in (e.value, e.usual, e.step_from, e.step_to):
                known |= _numbers(figure(value)) if value is not None else set()
    return known


@pytest.mark.parametrize("label", sorted(FAULTS))
@pytest.mark.parametrize("register", ["plain", "expert"])
def test_only_numbers_of_the_evidence(label: str, register: str) -> None:
    for rng in seeds(2):
        history = History.from_log(*logs_of(FAULTS[label][0](rng)))
        findings = diagnose(history)
        text = tell(findings, history, register)  # type: ignore[arg-type]
        assert _numbers(text) <= _allowed(findings, history), text


def test_plain_explains_each_term_once_and_says_what_to_do() -> None:
    history = History.from_log(*logs_of(bad_batch(seeds(1)[0])))
    text = tell(diagnose(history), history)
    assert text.count("says how surprised the model is") == 1
    assert "**What to do:**" in text
    assert "one bad batch" in text


def test_expert_is_terse() -> None:
    history = History.from_log(*logs_of(bad_batch(seeds(1)[0])))
    text = tell(diagnose(history), history, "expert")
    assert "surprised" not in text
    assert text.startswith("[info] bad_batch @")


def test_healthy_and_empty() -> None:
    history = History.from_log(*logs_of(calm_large(seeds(1)[0])))
    assert tell(diagnose(history), history).startswith("Nothing looks wrong.")
    nothing = History.from_log([])
    assert "no training rows" in tell(diagnose(nothing), nothing)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("why did loss spike??", "one bad batch"),
        ("is it overfitting?", "Nothing like that is in the record: no eval loss was measured"),
        ("why is loss nan", "Nothing like that is in the record: all"),
        ("how did it go?", "one bad batch"),
        ("is memory growing?", "GPU memory in GB was not logged"),
        ("what happened at step 99999", "it ends at step"),
    ],
)
def test_answers_for_a_bad_batch(question: str, words: str) -> None:
    history = History.from_log(*logs_of(bad_batch(seeds(1)[0])))
    assert words in answer(question, diagnose(history), history)


def test_answer_about_a_step_there_and_elsewhere() -> None:
    case = bad_batch(seeds(1)[0])
    history = History.from_log(*logs_of(case))
    findings = diagnose(history)
    assert case.onset is not None
    assert "one bad batch" in answer(f"what happened at step {int(case.onset)}", findings, history)
    elsewhere = answer("what happened at step 20", findings, history)
    assert elsewhere.startswith("Nothing like that is in the record: the nearest logged step is 20")
    assert "What I did find: one bad batch." in elsewhere


def test_a_spike_without_a_known_cause_is_not_denied() -> None:
    case = calm_large(seeds(1)[0])
    case.jump(case.steps // 2, 2.0, 30)
    rows, _, _ = logs_of(case)
    history = History.from_log(rows)
    text = answer("why the spike?", diagnose(history), history)
    assert "The record does not show why" in text


def test_a_calm_run_has_no_spike_to_explain() -> None:
    history = History.from_log(*logs_of(calm_large(seeds(1)[0])))
    text = answer("why did loss spike?", diagnose(history), history)
    assert text.startswith("Nothing like that is in the record: the largest rise of the loss")


def test_counted_rows_are_admitted() -> None:
    history = History.from_log([{"loss": 1.5, "grad_norm": 0.0} for _ in range(12)])
    assert "gives no step numbers" in tell(diagnose(history), history)


@pytest.mark.parametrize(
    ("value", "text"),
    [(17900, "17,900"), (1.31, "1.31"), (0.00016, "0.00016"), (4e-05, "4e-5"), ("a", "a")],
)
def test_figures(value: float | str, text: str) -> None:
    assert figure(value) == text
