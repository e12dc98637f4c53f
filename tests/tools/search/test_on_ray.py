"""A search whose trials Ray places, for real. `make test-ray` runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent import commands
from tools.search.on_ray import placed
from trainer.fields import replace
from trainer.proposal import propose
from trainer.wishes import Wishes


def test_trials_of_other_backends_stay_as_they_are(home: Path, qa_file: Path) -> None:
    plan = propose(qa_file, Wishes(goal="t", dataset_path=str(qa_file))).plan
    with placed(plan, 2) as same:
        assert same is plan


@pytest.mark.ray
def test_trials_share_one_cluster_that_ends_with_the_search(home: Path, qa_file: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'tunesmith[ray]', or make test-ray")
    proposal = propose(qa_file, Wishes(goal="t", dataset_path=str(qa_file), max_steps=8, eval_steps=4, tuning="lora"))
    plan = replace(proposal.plan, {"backend": "ray", "threads": 1})
    proposal = proposal.model_copy(update={"plan": plan, "hash": plan.digest()})
    study = commands.start_search(
        commands.search_order(proposal, commands.search_args(2, ["learning_rate=2e-4..4e-3:log"], 1, None))
    )
    state = study.wait(0.3)
    assert state["status"] == "finished", (study.folder / "driver.log").read_text()[-3000:]
    assert [t["state"] for t in state["trials"]] == ["complete", "complete"]
    addresses = {t.plan().compute.address for t in study.trials()}
    assert len(addresses) == 1
    assert None not in addresses
    assert not any(e["kind"] == "holdout_read" for t in study.trials() for e in t.events())
