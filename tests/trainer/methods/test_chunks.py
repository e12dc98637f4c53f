"""The loss a chunk at a time is the loss of all positions together, for every kind of head."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize("chunk", [1, 3, 1000])
@pytest.mark.parametrize("frozen", [True, False])
def test_sums_and_gradients_are_those_of_the_plain_loss(
    chunk: int, frozen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from trainer.methods import chunks

    torch.manual_seed(0)
    head = torch.nn.Linear(8, 11)
    head.weight.requires_grad = not frozen
    hidden, wanted = torch.randn(7, 8), torch.randint(11, (7,))
    monkeypatch.setattr(chunks, "LOGITS", chunk * 11)

    def measured(loss: Any) -> tuple[float, list[torch.Tensor]]:
        given = hidden.clone().requires_grad_()
        head.zero_grad()
        value = loss(given) / 5
        value.backward()
        return float(value.detach()), [given.grad, *(p.grad.clone() for p in head.parameters() if p.requires_grad)]

    ours = measured(lambda h: chunks.answer_loss(head, 11, h, wanted).loss)
    plain = measured(lambda h: torch.nn.functional.cross_entropy(head(h), wanted, reduction="sum"))
    assert ours[0] == pytest.approx(plain[0], rel=1e-6)
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(ours[1], plain[1], strict=True))
    with torch.no_grad():
        seen = chunks.answer_loss(head, 11, hidden, wanted)
        log_probs = head(hidden).log_softmax(-1)
    assert float(seen.loss) == pytest.approx(5 * plain[0], rel=1e-6)
    assert float(seen.entropy) == pytest.approx(float(-(log_probs.exp() * log_probs).sum()), rel=1e-5)
    assert int(seen.right) == int((log_probs.argmax(-1) == wanted).sum())


def test_new_tokens_learn_through_a_tied_head(monkeypatch: pytest.MonkeyPatch) -> None:
    """PEFT wraps embedding and head; the new rows' gradient has a part from each."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    from trainer.methods import chunks
    from trainer.paths import BUILTIN_MODEL

    model = get_peft_model(
        AutoModelForCausalLM.from_pretrained(str(BUILTIN_MODEL)), LoraConfig(r=2, trainable_token_indices=[7, 8])
    )
    inner = model.get_base_model()
    ids = torch.tensor([[5, 7, 8, 9, 7]])
    monkeypatch.setattr(chunks, "LOGITS", 2 * 4096)

    def slopes(loss: Any) -> dict[str, torch.Tensor]:
        model.zero_grad()
        loss().backward()
        return {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}

    def ours() -> torch.Tensor:
        hidden = inner.get_decoder()(input_ids=ids).last_hidden_state[0, :-1]
        return chunks.answer_loss(inner.get_output_embeddings(), 4096, hidden, ids[0, 1:]).loss

    def plain() -> torch.Tensor:
        return torch.nn.functional.cross_entropy(model(input_ids=ids).logits[0, :-1], ids[0, 1:], reduction="sum")

    got, wanted = slopes(ours), slopes(plain)
    assert any("token" in name for name in wanted)
    assert got.keys() == wanted.keys()
    assert all(torch.allclose(g, wanted[n], atol=1e-4) for n, g in got.items())


def test_no_position_is_no_loss() -> None:
    import torch

    from trainer.methods.chunks import answer_loss

    hidden = torch.zeros(0, 8, requires_grad=True)
    loss = answer_loss(torch.nn.Linear(8, 11), 11, hidden, torch.zeros(0, dtype=torch.long)).loss
    loss.backward()
    assert float(loss.detach()) == 0 and hidden.grad.shape == (0, 8)
