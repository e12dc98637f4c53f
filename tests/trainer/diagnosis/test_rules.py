"""Every label on simulated runs: found where it is, at its onset, and not found on calm runs."""

from collections import Counter

import pytest

from trainer.diagnosis import Finding
from trainer.diagnosis.catalogue import ENTRIES
from trainer.diagnosis.rules import EXPLAINS, RULES

from . import calm, faults_learning, faults_rewards  # noqa: F401  they register builders
from .faults import FAULTS, HEALTHY
from .simulate import Case, diagnosed, seeds

SEEDS = 10


def test_every_label_has_a_rule_a_builder_and_an_entry() -> None:
    named = {rule.__name__ for rule in RULES} - {"diverged_to_nan", "dpo_diverged"}
    assert named == set(FAULTS) == set(ENTRIES) - {"healthy"}


def test_explanations_name_known_labels() -> None:
    assert set(EXPLAINS) | {label for away in EXPLAINS.values() for label in away} <= set(ENTRIES)


@pytest.mark.parametrize("label", sorted(FAULTS))
def test_found_in_most_simulated_runs(label: str) -> None:
    cases = [build(rng) for build in FAULTS[label] for rng in seeds(SEEDS)]
    found = [_named(label, diagnosed(case)) for case in cases]
    assert sum(f is not None for f in found) >= 0.8 * len(cases)


@pytest.mark.parametrize("label", sorted(FAULTS))
def test_onset_is_near(label: str) -> None:
    cases = [build(rng) for build in FAULTS[label] for rng in seeds(SEEDS)]
    pairs = [(case, _named(label, diagnosed(case))) for case in cases if case.onset is not None]
    near = [_is_near(case, finding) for case, finding in pairs if finding is not None]
    assert sum(near) >= 0.6 * len(near)


@pytest.mark.parametrize("name", sorted(HEALTHY))
def test_calm_runs_raise_no_alarm(name: str) -> None:
    for rng in seeds(SEEDS):
        findings = diagnosed(HEALTHY[name](rng))
        assert [f.label for f in findings] == ["healthy"], (name, findings)


def test_f1_over_all_builders() -> None:
    counts: Counter[str] = Counter()
    for build in [b for builders in FAULTS.values() for b in builders]:
        for rng in seeds(SEEDS):
            counts += _counted(build(rng))
    f1 = 2 * counts["hit"] / (2 * counts["hit"] + counts["extra"] + counts["missed"])
    assert f1 >= 0.97, counts


def _counted(case: Case) -> Counter[str]:
    got = {f.label for f in diagnosed(case)} - {"healthy"}
    want = set(case.labels)
    return Counter(hit=len(got & want), missed=len(want - got), extra=len(got - want - set(case.also)))


def _named(label: str, findings: list[Finding]) -> Finding | None:
    return next((f for f in findings if f.label == label), None)


def _is_near(case: Case, finding: Finding) -> bool:
    reach = max(3 * case.every, 0.03 * case.steps)
    onset = case.onset
    return onset is not None and finding.onset_step is not None and abs(finding.onset_step - onset) <= reach
