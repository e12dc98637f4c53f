"""The formula: terms that are named and move the right way, ranges in order, unknown said as unknown."""

from __future__ import annotations

import pytest

from tests.trainer.estimates.plans import ADAPTERS, H100, METHODS, facts, plan
from trainer import base_models
from trainer.estimates import epochs_within, estimates, gpus
from trainer.estimates.memory import terms
from trainer.facts import Past

LARGE = base_models.resolve("meta-llama/Llama-3.1-8B-Instruct")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("tuning", ADAPTERS)
def test_every_plan_has_ranges_in_order(method: str, tuning: str) -> None:
    needs = estimates(plan(method, tuning), facts())
    for found in (needs.memory, needs.time, needs.cost, needs.disk):
        assert found.low is not None and found.high is not None
        assert 0 <= found.low <= found.high
        assert found.why
    assert needs.memory.terms["weights"] > 0
    assert needs.time.terms["training"] > 0
    assert needs.steps >= 1


def test_terms_are_as_the_books_say() -> None:
    full, lora, eight = (
        terms(plan(tuning="full"), facts()),
        terms(plan(tuning="lora"), facts()),
        terms(plan(tuning="full", optim="adamw_bnb_8bit"), facts()),
    )
    params = facts().model.params
    assert full["weights"] == 4 * params
    assert full["gradients"] == 4 * params
    assert full["optimiser states"] == 8 * params
    assert eight["optimiser states"] == 2 * params
    assert lora["optimiser states"] < 0.1 * full["optimiser states"]


def test_quantised_weights_take_half_a_byte_and_their_constants() -> None:
    large = facts(LARGE, gpus=(H100,))
    four = terms(plan(tuning="qlora", device="cuda", precision="bf16"), large)["weights"] / 1e9
    whole = terms(plan(tuning="lora", device="cuda", precision="bf16"), large)["weights"] / 1e9
    assert whole == pytest.approx(16.06, rel=0.01)
    # Llama-3.1-8B in nf4: about 5.6 GB, 2.1 of them embeddings and head in 16 bit
    assert four == pytest.approx(5.7, rel=0.05)


@pytest.mark.parametrize(("method", "term"), [("sft", "activations"), ("dpo", "activations"), ("dpo", "logits")])
def test_more_rows_at_once_need_more(method: str, term: str) -> None:
    large = facts(LARGE, gpus=(H100,))
    few, many = (
        terms(plan(method=method, device="cuda", precision="bf16", per_device_train_batch_size=n), large)[term]
        for n in (8, 64)
    )
    assert many > 4 * few


def test_a_chunk_of_the_logits_is_held_at_once() -> None:
    large = facts(LARGE, gpus=(H100,))
    shared = {"method": "sft", "device": "cuda", "precision": "bf16"}
    few, many = (terms(plan(**shared, per_device_train_batch_size=n), large)["logits"] for n in (64, 256))
    assert few == many < 1.5e9


def test_half_precision_keeps_wide_norms() -> None:
    large = facts(LARGE, gpus=(H100,))
    half, full = (
        terms(plan(device="cuda", precision=kind, tuning=how), large)["activations"]
        for kind, how in (("bf16", "lora"), ("fp32", "lora"))
    )
    assert 0.5 * full < half < 0.6 * full


def test_checkpointing_spares_activations() -> None:
    large = facts(LARGE, gpus=(H100,))
    shared = {"device": "cuda", "precision": "bf16", "per_device_train_batch_size": 32}
    kept, again = (terms(plan(**shared, gradient_checkpointing=on), large)["activations"] for on in (False, True))
    assert again < 0.1 * kept


def test_activations_of_a_layer_are_what_autograd_saves() -> None:
    """Counted with saved-tensor hooks; the formula must be within a twentieth."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from trainer.estimates.memory import Shape, activations

    def saved(layers: int) -> tuple[int, LlamaForCausalLM]:
        model = LlamaForCausalLM(LlamaConfig(**shape, num_hidden_layers=layers)).train()
        model.set_attn_implementation("sdpa")
        own = {p.untyped_storage().data_ptr() for p in model.parameters()}
        sizes: dict[int, int] = {}
        held = []

        def pack(tensor: torch.Tensor) -> torch.Tensor:
            storage = tensor.untyped_storage()
            if storage.data_ptr() not in own:
                sizes[storage.data_ptr()] = storage.nbytes()
                held.append(tensor)
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
            model.model(input_ids=torch.randint(0, 300, (2, 256)), use_cache=False)
        return sum(sizes.values()), model

    shape = {"hidden_size": 128, "intermediate_size": 256, "num_attention_heads": 4, "num_key_value_heads": 2}
    shape |= {"vocab_size": 300}
    measured = (saved(3)[0] - saved(1)[0]) / 2
    model = base_models.resolve(None).model_copy(
        update={"layers": 1, "hidden": 128, "intermediate": 256, "heads": 4, "kv_heads": 2, "head_dim": 32}
    )
    told = activations(plan(tuning="full"), model, Shape(512, 512, 4))
    assert told == pytest.approx(measured, rel=0.05)


def test_a_gpu_that_is_known_has_a_time_and_a_dated_price() -> None:
    needs = estimates(plan(device="cuda", precision="bf16"), facts(LARGE, gpus=(H100,)))
    assert needs.time.low is not None and "peak" in needs.time.why
    assert needs.cost.low and needs.cost.high and needs.cost.low < needs.cost.high
    assert "2026-" in needs.cost.why and "H100" in needs.cost.why


def test_a_described_gpu_is_priced_by_its_memory_or_name() -> None:
    by_size = estimates(plan(device="cuda", precision="bf16", max_gpu_gb=24.0), facts(LARGE))
    assert "24" in by_size.time.why and by_size.cost.high
    named = plan(device="cuda", precision="bf16").model_copy(update={"goal": "on one rtx 4090 please"})
    assert "RTX 4090" in estimates(named, facts(LARGE)).cost.why


def test_unknown_stays_unknown_and_never_free() -> None:
    needs = estimates(plan(device="cuda", precision="bf16"), facts(LARGE))
    assert needs.time.low is None and needs.cost.low is None
    assert needs.cost.basis == "unknown" and needs.cost.why
    assert estimates(plan(backend="hosted"), facts()).cost.low is None


def test_the_persons_price_goes_first() -> None:
    needs = estimates(plan(device="cuda", precision="bf16", gpu_price_per_hour=2.0), facts(LARGE, gpus=(H100,)))
    assert needs.cost.high == pytest.approx(2.0 * (needs.time.high or 0) / 60, abs=0.02)
    assert "as you said" in needs.cost.why


def test_own_processor_costs_nothing() -> None:
    assert estimates(plan(), facts()).cost.high == 0


@pytest.mark.parametrize(
    ("seen", "gb", "row"),
    [
        ("NVIDIA H100 80GB HBM3", 85.0, "H100 SXM"),
        ("NVIDIA H100 PCIe", 85.5, "H100 PCIe"),
        ("NVIDIA A100-SXM4-40GB", 42.4, "A100 40GB"),
        ("NVIDIA A100 80GB PCIe", 85.1, "A100 80GB"),
        ("Tesla T4", 15.8, "T4"),
        ("NVIDIA GeForce RTX 4090", 25.3, "RTX 4090"),
        ("NVIDIA L4", 24.1, "L4"),
        ("NVIDIA L40S", 48.3, "L40S"),
    ],
)
def test_the_makers_names_are_known(seen: str, gb: float, row: str) -> None:
    assert row in [r["name"] for r in gpus.table() if gpus.same(seen, r, gb)]


def test_every_row_of_the_tables_has_its_source() -> None:
    for price in gpus.prices():
        assert {"provider", "gpu", "usd_per_hour", "date", "source"} <= price.keys()
        assert len(price["date"]) == 10 and price["usd_per_hour"] > 0
    assert all(row["sources"] for row in gpus.table())


def test_epochs_within_fit_the_slow_end() -> None:
    needs = estimates(plan(num_train_epochs=3.0), facts())
    most = epochs_within(plan(num_train_epochs=3.0), facts(), 0.6 * 60 * (needs.time.high or 0))
    assert most is not None and 0 < most < 3
    shorter = estimates(plan(num_train_epochs=most), facts())
    assert (shorter.time.high or 99) <= 0.65 * (needs.time.high or 0)


def test_what_runs_have_taught_is_said_and_bounded() -> None:
    past = {"time:formula": Past(runs=12, ratio=9.0, error_p50=0.06, error_p90=0.2)}
    plain, taught = estimates(plan(), facts()).time, estimates(plan(), facts(past=past)).time
    assert taught.high == pytest.approx(2 * (plain.high or 0), rel=0.02)
    assert "in your last 12 runs it was off by 6 % at the median" in taught.why
