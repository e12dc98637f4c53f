"""What a model's safetensors headers say about its weights: names and shapes, nothing is loaded."""

from __future__ import annotations

import json
import re
from collections import Counter
from math import prod
from pathlib import Path

from trainer.errors import UserFacingError
from trainer.facts import Linear

MAX_HEADER = 100_000_000
"""Bytes a safetensors header may have, as in the library itself."""
_OUTSIDE = re.compile(r"embed|lm_head|wte|wpe|(^|\.)score\.")
_LAYER = re.compile(r"\.(\d+)\.")


def shapes(weights: list[Path]) -> dict[str, list[int]]:
    """Tensor name -> shape over all files. Raises UserFacingError for what is no safetensors file."""
    found: dict[str, list[int]] = {}
    for file in weights:
        with file.open("rb") as stream:
            size = int.from_bytes(stream.read(8), "little")
            if size > MAX_HEADER:
                raise UserFacingError(
                    "is no safetensors file (perhaps a git-lfs pointer)", str(file), "Fetch the weights themselves."
                )
            header = json.loads(stream.read(size))
        found |= {name: tensor["shape"] for name, tensor in header.items() if name != "__metadata__"}
    return found


def parameters(tensors: dict[str, list[int]]) -> int:
    """Numbers in all tensors."""
    return sum(prod(shape) for shape in tensors.values())


def linears(tensors: dict[str, list[int]]) -> tuple[Linear, ...]:
    """The matrices of the layers, those of like name and shape counted together; embeddings and head left out."""
    kinds: Counter[tuple[str, int, int]] = Counter()
    for name, shape in tensors.items():
        if len(shape) == 2 and name.endswith(".weight") and not _OUTSIDE.search(name):
            kinds[name.split(".")[-2], shape[1], shape[0]] += 1
    return tuple(Linear(name=n, inputs=i, outputs=o, count=c) for (n, i, o), c in kinds.items())


def layer_parameters(tensors: dict[str, list[int]]) -> int:
    """Numbers in one layer (the first)."""
    first = [shape for name, shape in tensors.items() if (m := _LAYER.search(name)) and m.group(1) == "0"]
    return sum(map(prod, first))
