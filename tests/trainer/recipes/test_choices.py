"""Single decisions: padding, memory, many devices, rewards, what is mixed in, what is dropped."""

from __future__ import annotations

from typing import Any

import pytest

from tests.trainer.recipes.making import H100, facts, fitting, lengths
from trainer.errors import UserFacingError
from trainer.facts import Gpu
from trainer.plan import Cpo, Grpo
from trainer.recipes import unused
from trainer.recipes.amounts import padding_share
from trainer.recipes.derive import derive
from trainer.wishes import Wishes

EVEN = lengths(mean=100, p50=100, p95=100, p99=100, longest=100)


def leaves(made: Any, **wishes: Any) -> dict[str, Any]:
    return derive(Wishes(**wishes), made)[0].leaves()


def test_padding_is_avoided_where_it_costs() -> None:
    assert leaves(facts("messages"))["padding_free"]
    assert leaves(facts("messages"))["attn_implementation"] == "per_document"
    even = leaves(facts("messages", sizes=EVEN))
    assert not even["padding_free"] and even["train_sampling_strategy"] == "random"
    pairs = leaves(facts("preference"))
    assert not pairs["padding_free"] and pairs["train_sampling_strategy"] == "group_by_length"
    assert leaves(facts("messages"), padding_free=False)["train_sampling_strategy"] == "group_by_length"


def test_padding_grows_with_the_batch_and_the_spread() -> None:
    assert padding_share(EVEN, 16) == pytest.approx(0, abs=0.5)
    shares = [padding_share(lengths(), batch) for batch in (1, 2, 8, 32)]
    assert shares == sorted(shares) and shares[0] == 0 and 0.3 < shares[-1] < 0.8


def test_a_gpu_is_kept_busy() -> None:
    """Rows end to end in one kernel; layers compiled where the run outlasts the warm-up, and then without Liger."""
    short = leaves(fitting("sft", "Qwen/Qwen3-8B", gpus=(H100,), installed=("liger_kernel",)), max_steps=2)
    assert (short["attn_implementation"], short["precision"]) == ("per_document", "bf16")
    assert (short["torch_compile"], short["use_liger_kernel"]) == (False, True)
    long = leaves(fitting("sft", "Qwen/Qwen3-8B", gpus=(H100,), rows=500_000, installed=("liger_kernel",)))
    assert (long["torch_compile"], long["use_liger_kernel"]) == (True, False)
    old = Gpu(name="V100", memory_gb=32, bf16=False)
    assert leaves(fitting("sft", gpus=(old,)))["attn_implementation"] == "sdpa"


def test_a_teacher_can_not_teach_learned_tokens() -> None:
    with pytest.raises(UserFacingError, match="prompt_tuning"):
        leaves(fitting("distillation"), method="distillation", tuning="prompt_tuning", teacher_model="t")


def test_memory_decides_the_adapter_on_a_gpu() -> None:
    roomy = leaves(fitting("sft", "Qwen/Qwen3-8B", gpus=(H100,)))
    assert roomy["tuning"] == "lora" and not roomy["gradient_checkpointing"]
    plan, reasons = derive(Wishes(), fitting("sft", "Qwen/Qwen3-8B", gpus=(Gpu(name="T4", memory_gb=16, bf16=False),)))
    assert plan.adapter.tuning == "qlora"
    assert "GB would be needed and there are 16" in reasons["tuning"].why


def test_gpus_share_the_batch() -> None:
    made = leaves(fitting("sft", "Qwen/Qwen3-8B", gpus=(H100,) * 4), effective_batch_size=64)
    assert (made["num_processes"], made["distributed"]) == (4, "ddp")
    assert made["per_device_train_batch_size"] * made["gradient_accumulation_steps"] == 16
    large = leaves(fitting("sft", "Llama-3.3-70B-Instruct", gpus=(H100,) * 8), tuning="lora")
    assert large["distributed"] == "fsdp2"
    assert leaves(fitting("sft"), num_nodes=2)["backend"] == "ray"


def test_groups_of_answers_fill_the_batch() -> None:
    made = leaves(fitting("grpo"), method="grpo", effective_batch_size=12)
    assert 12 % made["num_generations"] == 0
    with pytest.raises(UserFacingError, match="groups"):
        leaves(fitting("grpo"), method="grpo", effective_batch_size=13)


@pytest.mark.parametrize(
    ("form", "beside", "kind"),
    [("text_label", {}, "exact_match"), ("prompt_completion", {"answers": "number"}, "number")],
)
def test_rewards_follow_from_the_answers(form: str, beside: dict[str, Any], kind: str) -> None:
    plan, reasons = derive(Wishes(method="grpo"), facts(form, **beside))
    assert isinstance(plan.method, Grpo)
    assert [r.kind for r in plan.method.rewards] == [kind] and reasons["rewards"].origin == "data"


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({}, "what makes a written answer good"),
        ({"reward": ["regex"]}, "needs the pattern"),
        ({"reward": ["judge"], "rubric": "polite"}, "needs the model that judges"),
        ({"reward": ["length"]}, "shortest or a longest"),
        ({"reward": ["unit_tests"]}, "needs a column tests"),
    ],
)
def test_rewards_that_lack_something_are_asked_for(wishes: dict[str, Any], words: str) -> None:
    with pytest.raises(UserFacingError, match=words) as caught:
        derive(Wishes(method="grpo", **wishes), facts("prompt_completion"))
    assert caught.value.fix


def test_a_reward_file_is_bound_by_its_content() -> None:
    made = facts("prompt_completion", fingerprints={"reward_file": "abc"})
    plan, _ = derive(Wishes(method="rloo", reward_file="r.py"), made)
    assert plan.leaves()["rewards"][0]["fingerprint"] == "abc"


def test_simpo_is_a_loss_of_cpo() -> None:
    plan, reasons = derive(Wishes(loss_type="simpo"), facts("preference"))
    assert isinstance(plan.method, Cpo) and (plan.method.loss_type, plan.method.cpo_alpha) == ("simpo", 0)
    assert plan.method.beta == 2.5 and reasons["method"].origin == "user"
    with pytest.raises(UserFacingError, match="it knows sigmoid"):
        derive(Wishes(method="dpo", loss_type="simpo"), facts("preference"))


@pytest.mark.parametrize("method", ["dpo", "cpt", "kto"])
def test_rows_that_do_not_fit_name_what_they_fit(method: str) -> None:
    with pytest.raises(UserFacingError) as caught:
        derive(Wishes(method=method), facts("messages"))
    assert "fit sft or grpo" in caught.value.sentence() and "needs" in caught.value.sentence()


def test_the_rarer_side_weighs_more() -> None:
    made = leaves(facts("kto", verdicts=(700, 300)))
    assert made["desirable_weight"] == 1 and made["undesirable_weight"] == pytest.approx(700 / 300, abs=0.01)
    assert made["train_sampling_strategy"] == "sequential"


def test_general_rows_are_mixed_in_as_far_as_they_go() -> None:
    general = {"general_format": "messages", "general_rows": 500, "fingerprints": {"retention_path": "g"}}
    assert leaves(facts("messages", **general), retention_path="g.jsonl")["retention_share"] == 0.1
    few = facts("messages", **(general | {"general_rows": 10}))
    assert leaves(few, retention_path="g.jsonl")["retention_share"] == pytest.approx(10 / 1010, abs=1e-3)
    with pytest.raises(UserFacingError, match="can't learn from those"):
        leaves(facts("preference", **general), retention_path="g.jsonl")


def test_wishes_without_effect_are_said() -> None:
    wishes = Wishes(beta=0.2, lora_r=8, tuning="full", rubric="polite")
    plan, _ = derive(wishes, facts("messages"))
    assert {f.advice.split(":")[0] for f in unused.findings(wishes, plan)} == {
        "You named beta",
        "You named lora_r",
        "You named rubric",
    }


def test_a_teacher_must_cut_text_alike() -> None:
    with pytest.raises(UserFacingError, match="other tokens"):
        derive(Wishes(method="distillation"), fitting("distillation", same_tokenizer=False))
    _, reasons = derive(Wishes(method="distillation"), fitting("distillation"))
    assert "not known yet" in reasons["teacher_model"].why
