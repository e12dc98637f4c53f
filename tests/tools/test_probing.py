"""A plan is measured before it is approved: the same plan, closer figures, nothing started."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.plans import judged, plan_for
from tools.arguments import Nothing
from tools.desk import Desk
from tools.orders import Order
from tools.probing import probe_plan
from tools.registry import TOOLS
from trainer import probing
from trainer.data.doctor.watch import Progress
from trainer.errors import UserFacingError
from trainer.estimates import Range
from trainer.proposal import Proposal


@pytest.fixture
def desk(home: Path, tmp_path: Path) -> Desk:
    proposal = plan_for(judged(tmp_path, "qa"))
    order = Order(kind="train", proposal=proposal)
    return Desk(home=home, roots=[tmp_path], order=order, order_state="proposed")


def measured(proposal: Proposal, watch: object) -> Proposal:
    """As a probe would: other estimates, the same plan."""
    assert callable(watch)
    watch(30.0, 60.0)
    time = Range(low=2, high=3, unit="minutes", basis="probe", why="measured")
    return proposal.model_copy(update={"estimates": proposal.estimates.model_copy(update={"time": time})})


def test_the_same_plan_is_laid_with_measured_figures(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Progress] = []
    desk.watch = seen.append
    monkeypatch.setattr(probing, "probed", measured)
    result = probe_plan(Nothing(), desk)
    assert result.order is not None
    assert desk.order is not None
    assert result.order.hash == desk.order.hash
    assert result.order.planned.estimates.time.basis == "probe"
    assert "2 to 3 minutes" in result.say
    assert "nothing has started" in result.say
    assert result.run_id is None
    assert [p.share for p in seen] == [0.5]


def test_there_must_be_a_plan(desk: Desk) -> None:
    desk.order_state = "started"
    with pytest.raises(UserFacingError, match="no plan on the table"):
        probe_plan(Nothing(), desk)


@pytest.mark.parametrize(
    ("reward", "more"), [("judge", {"judge_model": "ollama/llama3.1"}), ("custom", {"reward_file": "reward.py"})]
)
def test_nothing_that_costs_or_runs_ones_code_is_probed(
    home: Path, tmp_path: Path, reward: str, more: dict[str, str]
) -> None:
    if file := more.get("reward_file"):
        (tmp_path / file).write_text("def reward(completion, **columns):\n    return 1.0\n")
        more = {"reward_file": str(tmp_path / file)}
    proposal = plan_for(judged(tmp_path, "sums"), method="grpo", reward=reward, **more)
    desk = Desk(home=home, roots=[tmp_path], order=Order(kind="train", proposal=proposal), order_state="proposed")
    with pytest.raises(UserFacingError, match="only after your approval"):
        probe_plan(Nothing(), desk)


def test_it_is_a_tool() -> None:
    assert "probe_plan" in TOOLS
