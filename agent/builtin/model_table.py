"""Makes `models.json` from tables of model facts: python -m agent.builtin.model_table FILE.jsonl ..."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
# Ids that people still name and that the fact tables leave out.
WELL_KNOWN = (
    "meta-llama/Meta-Llama-3-8B",
    "meta-llama/Meta-Llama-3-8B-Instruct",
    "meta-llama/Llama-2-7b-hf",
    "meta-llama/Llama-2-7b-chat-hf",
    "meta-llama/Llama-2-13b-hf",
    "meta-llama/Llama-3.1-70B-Instruct",
    "Qwen/Qwen2-7B-Instruct",
    "Qwen/Qwen2-1.5B-Instruct",
    "Qwen/Qwen2-0.5B-Instruct",
    "mistralai/Mistral-7B-v0.1",
    "mistralai/Mistral-7B-Instruct-v0.1",
    "mistralai/Mistral-7B-Instruct-v0.2",
    "microsoft/Phi-3-mini-4k-instruct",
    "google/gemma-2b-it",
    "google/gemma-7b-it",
    "microsoft/phi-2",
    "codellama/CodeLlama-7b-hf",
    "tiiuae/falcon-7b",
    "HuggingFaceTB/SmolLM-135M-Instruct",
    "google/gemma-3-270m-it",
    "google/gemma-3-270m",
)


def size_of(model_id: str) -> float | None:
    """Billions of parameters as an id states them."""
    found = re.search(r"(?<![A-Za-z\d.])(\d+(?:\.\d+)?)([bm])(?![a-z])", model_id.rsplit("/", maxsplit=1)[-1].lower())
    return None if not found else float(found.group(1)) / (1 if found.group(2) == "b" else 1000)


def kind_of(model_id: str) -> str:
    """Instruct or base, as an id states it."""
    name = model_id.lower()
    return "instruct" if re.search(r"instruct|chat|-it\b|think|reason", name) else "base"


def entries(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One entry for each id of the rows, their related ids and the well-known ones."""
    table: dict[str, dict[str, Any]] = {}
    for row in rows:
        table[row["id"]] = {
            "id": row["id"],
            "aliases": [a for a in row["aliases"] if "(" not in a],
            "params_b": row["params_b"],
            "kind": row["kind"],
            "licence": row["licence"],
        }
    more = [(i, row) for row in rows for i in row.get("related_ids") or []]
    for model_id, origin in [*more, *((i, None) for i in WELL_KNOWN)]:
        table.setdefault(
            model_id,
            {
                "id": model_id,
                "aliases": [],
                "params_b": size_of(model_id),
                "kind": kind_of(model_id),
                "licence": origin["licence"] if origin else None,
            },
        )
    return list(table.values())


def main(paths: list[str]) -> None:
    """Write the table beside this file."""
    lines = [line for p in paths for line in Path(p).read_text(encoding="utf-8").splitlines() if line]
    text = ",\n".join(json.dumps(e, ensure_ascii=False) for e in entries([json.loads(x) for x in lines]))
    (HERE / "models.json").write_text(f"[\n{text}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
