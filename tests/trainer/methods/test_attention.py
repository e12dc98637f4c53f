"""Attention per document: each row sees itself alone, on the CPU and in a GPU's one kernel."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

ENDS = (0, 5, 6, 70, 200)


def _rows(device: str, kind: Any, heads: int = 4, shared: int = 2, width: int = 64) -> list[Any]:
    import torch

    torch.manual_seed(0)
    make = [torch.randn(1, n, ENDS[-1], width, dtype=torch.float32) for n in (heads, shared, shared)]
    return [t.to(device, kind).requires_grad_() for t in make]


def _apart(query: Any, key: Any, value: Any) -> Any:
    """Plain attention of each document by itself, in fp64."""
    import torch

    outs = []
    for begin, end in pairwise(ENDS):
        q, k, v = (t[:, :, begin:end].double() for t in (query, key, value))
        k, v = (t.repeat_interleave(q.shape[1] // t.shape[1], 1) for t in (k, v))
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        hidden = torch.ones(end - begin, end - begin, dtype=torch.bool, device=q.device).triu(1)
        outs.append(scores.masked_fill(hidden, float("-inf")).softmax(-1) @ v)
    return torch.cat(outs, 2).transpose(1, 2)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_document_sees_itself_alone(device: str) -> None:
    import torch

    from trainer.methods.attention import per_document

    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("no GPU here")
    kind, near = (torch.float32, 1e-5) if device == "cpu" else (torch.bfloat16, 2e-2)
    rows = _rows(device, kind)
    ends = torch.tensor(ENDS, dtype=torch.int32, device=device)
    longest = int(ends.diff().max())
    out, _ = per_document(torch.nn.Module(), *rows, None, cu_seq_lens_q=ends, max_length_q=longest)
    want = _apart(*rows)
    slope = torch.randn_like(want)
    got = torch.autograd.grad(out, rows, slope.to(kind))
    wanted = torch.autograd.grad(want, rows, slope)

    def far(a: Any, b: Any) -> float:
        return float((a.double() - b.double()).norm() / b.double().norm())

    assert out.shape == want.shape
    assert far(out, want) < near
    assert all(far(a, b) < near for a, b in zip(got, wanted, strict=True))
