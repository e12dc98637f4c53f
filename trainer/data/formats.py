"""Which column is what, and which format the rows have: judged by names and by content."""

from __future__ import annotations

from trainer.data.shape.columns import Shape, columns_of, flattened
from trainer.data.shape.decide import shape_of

__all__ = ["Shape", "columns_of", "flattened", "shape_of"]
