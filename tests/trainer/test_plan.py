"""The plan: same facts, same plan; every value with a reason; every fault at once; YAML there and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import shared
from trainer import planfile
from trainer.data.proof import Proof
from trainer.errors import UserFacingError
from trainer.fields import SECTION_OF, _models, diff, replace, validated
from trainer.installed import check_signatures, fields_of
from trainer.plan import Plan
from trainer.proposal import Proposal, propose
from trainer.wishes import Wishes

QUIET = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def proposal(home: Path, qa_file: Path) -> Proposal:
    return propose(qa_file, Wishes(goal="answer like us", dataset_path=str(qa_file)))


def test_same_words_and_facts_same_plan(home: Path, qa_file: Path, proposal: Proposal) -> None:
    again = propose(qa_file, Wishes(goal="answer like us", dataset_path=str(qa_file)))
    assert again.hash == proposal.hash
    assert again == proposal


def test_every_value_has_a_reason(proposal: Proposal) -> None:
    assert set(proposal.plan.leaves()) <= set(proposal.reasons)
    assert all(reason.why for name, reason in proposal.reasons.items())


def test_leaf_names_belong_to_one_section() -> None:
    owners: dict[str, set[str]] = {}
    for section, field in Plan.model_fields.items():
        for model in _models(field.annotation):
            for leaf in model.model_fields:
                owners.setdefault(leaf, set()).add(section)
    assert {leaf: names for leaf, names in owners.items() if len(names) > 1} == {}
    assert SECTION_OF["learning_rate"] == "optimisation"


@QUIET
@given(
    learning_rate=st.floats(1e-7, 0.1),
    num_train_epochs=st.floats(0.1, 100),
    lora_r=st.integers(1, 256),
    seed=st.integers(0, 2**32 - 1),
    lr_scheduler_type=st.sampled_from(["cosine", "linear", "constant"]),
)
def test_yaml_round_trip_is_exact(home: Path, qa_file: Path, tmp_path: Path, **values: Any) -> None:
    made = propose(qa_file, Wishes(goal='a: "b" # c\nünï', tuning="lora", **values))
    file = tmp_path / "plan.yaml"
    file.write_text(planfile.dump(made), "utf-8")
    assert planfile.load(file) == made.plan
    assert planfile.load(file).digest() == made.hash


def test_a_loaded_plan_is_examined_anew(home: Path, proposal: Proposal, tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(planfile.dump(proposal).replace("num_train_epochs: ", "num_train_epochs: 1 #"), "utf-8")
    loaded = planfile.proposal_from(planfile.load(file))
    assert loaded.plan.schedule.num_train_epochs == 1
    assert loaded.reasons["num_train_epochs"].origin == "user"
    assert loaded.reasons["learning_rate"].origin == "recipe"
    assert loaded.estimates.steps < proposal.estimates.steps


def test_changed_data_void_a_written_plan(home: Path, proposal: Proposal, qa_file: Path) -> None:
    with qa_file.open("a") as file:
        file.write("one more,row\n")
    with pytest.raises(UserFacingError, match="changed since"):
        planfile.proposal_from(proposal.plan)


def test_every_fault_is_named_at_once(proposal: Proposal) -> None:
    document = proposal.plan.model_dump(mode="json")
    document["optimisation"]["learning_rate"] = 0
    document["schedule"]["num_train_epochs"] = -1
    document["compute"]["device"] = "toaster"
    document["learning_rat"] = 1
    with pytest.raises(UserFacingError) as caught:
        validated(document)
    for words in ("learning_rate", "num_train_epochs", "device", "learning_rat", "Did you mean learning_rate"):
        assert words in caught.value.sentence()


@pytest.mark.parametrize(
    "bad", [{"learning_rate": 5}, {"learning_rate": 0}, {"num_train_epochs": -1}, {"seed": "x"}, {"nope": 1}]
)
def test_bad_values_are_refused(proposal: Proposal, bad: dict[str, Any]) -> None:
    with pytest.raises(UserFacingError):
        replace(proposal.plan, bad)


def test_wishes_are_kept_to_the_letter(home: Path, qa_file: Path) -> None:
    wishes = Wishes(
        tuning="lora",
        lora_r=8,
        num_train_epochs=2,
        lr_scheduler_type="linear",
        effective_batch_size=32,
        per_device_train_batch_size=4,
        learning_rate=1e-4,
        seed=7,
        target_modules=["q_proj", "v_proj"],
    )
    leaves = propose(qa_file, wishes).plan.leaves()
    said = wishes.said()
    said.pop("effective_batch_size")
    said["target_modules"] = ["q_proj", "v_proj"]
    assert all(leaves[k] == v for k, v in said.items())
    assert leaves["gradient_accumulation_steps"] == 8


def test_a_revision_changes_only_what_was_said(home: Path, qa_file: Path, proposal: Proposal) -> None:
    changed = propose(qa_file, proposal.wishes.merged(Wishes(learning_rate=1e-4)))
    assert set(diff(proposal.plan, changed.plan)) == {"learning_rate"}


def test_a_time_budget_makes_fewer_epochs(home: Path, qa_file: Path, proposal: Proposal) -> None:
    high = proposal.estimates.time.high
    assert high
    tight = propose(qa_file, Wishes(max_hours=0.9 * high / 60))
    assert tight.plan.schedule.num_train_epochs < proposal.plan.schedule.num_train_epochs
    assert (tight.estimates.time.high or 99) <= 0.95 * high  # told to the hundredth of a minute


def test_an_impossible_time_is_said(home: Path, qa_file: Path) -> None:
    with pytest.raises(UserFacingError, match="too few"):
        propose(qa_file, Wishes(max_hours=0.001))


def test_a_gpu_that_is_not_here_is_planned_for_and_not_started(home: Path, qa_file: Path) -> None:
    made = propose(qa_file, Wishes(base_model="Qwen/Qwen3-4B-Instruct-2507", max_gpu_gb=24))
    assert all(r.why for r in (made.estimates.time, made.estimates.cost))
    assert {"no_gpu_here"} <= {f.rule for f in made.blockers}


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"method": "dpo"}, "a better answer (chosen) and a worse one"),
        ({"method": "cpt"}, "fit sft or grpo"),
        ({"method": "grpo"}, "what makes a written answer good"),
        ({"method": "distillation"}, "needs a teacher"),
        ({"loss_type": "simpo"}, "simpo belongs to cpo: choose that method"),
        ({"tuning": "freeze", "quantization": "4bit"}, "can't be trained over 4bit weights"),
        ({"padding_free": True, "tuning": "prompt_tuning"}, "can't lay rows end to end"),
        ({"base_model": "no-such/model-9b"}, "no base model of this name"),
        ({"prompt_column": "qestion"}, "question"),
    ],
)
def test_what_cannot_be_planned_is_said(home: Path, qa_file: Path, wishes: dict[str, Any], words: str) -> None:
    with pytest.raises(UserFacingError) as caught:
        propose(qa_file, Wishes(**wishes))
    assert words in caught.value.sentence()


def test_preference_data_are_taken_for_dpo(home: Path) -> None:
    made = propose(shared("data/dpo_en_demo/dpo_en_demo.json"), Wishes(goal="make it better"))
    assert made.plan.method.method == "dpo"
    assert made.plan.evaluation.metric == "pair_accuracy"


def test_one_row_is_too_few(home: Path, tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("question,answer\na,b\n")
    with pytest.raises(UserFacingError, match="1 usable row"):
        propose(tmp_path / "one.csv", Wishes())


def test_licences_that_forbid_the_use_block(home: Path, qa_file: Path) -> None:
    made = propose(qa_file, Wishes(base_model="Ministral-8B-Instruct-2410", commercial_use=True))
    assert "licence" in {f.rule for f in made.blockers}


def test_a_disk_too_small_blocks(home: Path, qa_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1_000_000})())
    made = propose(qa_file, Wishes())
    assert "disk" in {f.rule for f in made.blockers}
    assert "GB are free" in next(f.advice for f in made.blockers if f.rule == "disk")


def test_nothing_trained_blocks(proposal: Proposal) -> None:
    from trainer import checks

    empty: Proof = proposal.preflight.model_copy(update={"trained_share": 0.0})
    rules = {f.rule for f in checks._proof(empty) if f.severity == "blocker"}
    assert rules == {"nothing_trained"}


def test_installed_libraries_know_our_arguments(proposal: Proposal) -> None:
    check_signatures(proposal.plan)


def test_a_renamed_argument_is_caught_by_name(proposal: Proposal) -> None:
    from trainer import installed

    sources = (("trl", installed._CONFIGS["sft"]), *installed._BASE)
    known = fields_of(sources) - {"padding_free"}
    with pytest.raises(UserFacingError, match="padding_free"):
        check_signatures(proposal.plan, frozenset(known))


def test_the_hash_moves_with_every_leaf(proposal: Proposal) -> None:
    base = proposal.plan
    changes: dict[str, Any] = {
        "learning_rate": 1e-4,
        "seed": 1,
        "goal": "x",
        "skip_rows": [],
        "threads": 7,
        "max_hours": 1,
    }
    hashes = {replace(base, {k: v}).digest() for k, v in changes.items()}
    assert len(hashes | {base.digest()}) == len(changes) + 1
    assert isinstance(base, Plan)


def test_two_rows_leave_nothing_to_test_on(home: Path, tmp_path: Path) -> None:
    (tmp_path / "two.csv").write_text("question,answer\na,b\nc,d\n")
    assert "no_rows_left" in {f.rule for f in propose(tmp_path / "two.csv", Wishes()).blockers}


def test_constraints_travel_with_the_plan(home: Path, qa_file: Path, tmp_path: Path) -> None:
    made = propose(qa_file, Wishes(base_model="Ministral-8B-Instruct-2410", commercial_use=True))
    (tmp_path / "p.yaml").write_text(planfile.dump(made))
    again = planfile.proposal_from(planfile.load(tmp_path / "p.yaml"))
    assert {f.rule for f in made.blockers} == {f.rule for f in again.blockers} >= {"licence"}


def test_naming_a_lora_value_means_lora(home: Path, qa_file: Path) -> None:
    assert propose(qa_file, Wishes(lora_r=64)).plan.leaves()["lora_r"] == 64


def test_batches_that_cannot_be_made_are_said(home: Path, qa_file: Path) -> None:
    with pytest.raises(UserFacingError, match="can't be made"):
        propose(qa_file, Wishes(per_device_train_batch_size=4, effective_batch_size=30))
    kept = Wishes(per_device_train_batch_size=16, gradient_accumulation_steps=2).merged(Wishes(effective_batch_size=64))
    assert propose(qa_file, kept).plan.effective_batch_size == 64


@pytest.mark.parametrize("goal", ["2e5", "line one\nlearning_rate: 3\n", "# no comment", "a: b"])
def test_awkward_goals_survive_yaml(home: Path, qa_file: Path, tmp_path: Path, goal: str) -> None:
    made = propose(qa_file, Wishes(goal=goal))
    (tmp_path / "p.yaml").write_text(planfile.dump(made), "utf-8")
    assert planfile.load(tmp_path / "p.yaml").digest() == made.hash
