"""Score a brain on conversations: python -m tests.evals.score_brain [--model NAME] [--file F] [--misses]."""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import Any

from agent.builtin.understand import understand
from agent.model.door import Door
from agent.replay import Read, replay
from agent.understanding import read as read_with

HERE = Path(__file__).parent
PUBLIC = HERE.parents[2] / "shared" / "evals" / "requests_public.jsonl"
SAFE_FIRST = {"refuse", "clarify", "reject", "revise_plan", "stop"}
IMPLIED = {
    ("tuning", "qlora"): ("quantization", "4bit"),
    ("quantization", "4bit"): ("tuning", "qlora"),
    ("assistant_only_loss", True): ("completion_only_loss", True),
}


def load(path: Path) -> list[dict[str, Any]]:
    """Conversations of a file, one to a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _short_name(name: object) -> str:
    return str(name).lower().split("/")[-1].replace("_", "-")


def same(slot: str, want: Any, got: Any) -> bool:
    """Whether a value counts as the wanted one."""
    if slot in ("base_model", "excluded_models"):
        wanted, given = (x if isinstance(x, list) else [x] for x in (want, got))
        return {_short_name(x) for x in wanted} == {_short_name(x) for x in given}
    if isinstance(want, bool) or isinstance(got, bool):
        return want is got
    if isinstance(want, int | float) and isinstance(got, int | float):
        return math.isclose(want, got, rel_tol=1e-6)
    if isinstance(want, list):
        given = got if isinstance(got, list) else [got]
        return {json.dumps(x, sort_keys=True) for x in want} == {json.dumps(x, sort_keys=True) for x in given}
    if isinstance(want, dict):
        return isinstance(got, dict) and all(k in got and same(k, v, got[k]) for k, v in want.items())
    return str(want).strip().lower() == str(got).strip().lower()


def slot_right(slot: str, want: Any, slots: dict[str, Any]) -> bool:
    """Whether a listed slot is there with its value, implied pairs included."""
    if slot in slots and slots[slot] is not None and same(slot, want, slots[slot]):
        return True
    other = IMPLIED.get((slot, want)) if isinstance(want, str | bool) else None
    return other is not None and slots.get(other[0]) == other[1]


def score(items: list[dict[str, Any]], show: bool = False, read: Read = understand) -> dict[str, Any]:
    """Intent accuracy, slot recall, exact, unsafe readings and speed over conversations."""
    totals: dict[str, float] = defaultdict(float)
    per: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    began = time.perf_counter()
    for item in items:
        want = item["expect"]
        got = replay({"turns": item["turns"]}, read)
        ok = got.intent in [want["intent"], *want.get("accept_intents", [])]
        right = [s for s, v in want["slots"].items() if slot_right(s, v, got.slots)]
        exact = ok and len(right) == len(want["slots"])
        totals["intent"] += ok
        totals["listed"] += len(want["slots"])
        totals["right"] += len(right)
        totals["exact"] += exact
        totals["unsafe"] += want["intent"] in SAFE_FIRST and not ok and got.intent in ("approve", "start")
        per[want["intent"]][0] += ok
        per[want["intent"]][1] += 1
        if show and not exact:
            print(
                json.dumps(
                    {
                        "id": item["id"],
                        "user": item["turns"][-1]["user"],
                        "want": [want["intent"], want["slots"]],
                        "got": [got.intent, got.slots],
                    },
                    ensure_ascii=False,
                ),
                file=sys.stderr,
            )
    count = max(1, len(items))
    return {
        "n": len(items),
        "intent_accuracy": round(totals["intent"] / count, 4),
        "slot_recall": round(totals["right"] / max(1.0, totals["listed"]), 4),
        "exact": round(totals["exact"] / count, 4),
        "unsafe": int(totals["unsafe"]),
        "per_second": round(len(items) / max(1e-9, time.perf_counter() - began), 1),
        "by_intent": {k: f"{a}/{b}" for k, (a, b) in sorted(per.items())},
    }


def main() -> None:
    """Print one line of figures for each file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", type=Path, action="append")
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("--model", help="a LiteLLM name; TUNESMITH_LLM_API_BASE names its server. Default: built in")
    chosen = parser.parse_args()
    reader = partial(read_with, Door(chosen.model)) if chosen.model else understand
    default = [*sorted(HERE.glob("*.jsonl")), PUBLIC]
    for path in chosen.file or [p for p in default if p.exists()]:
        print(path.stem, json.dumps(score(load(path), chosen.misses, reader), ensure_ascii=False))


if __name__ == "__main__":
    main()
