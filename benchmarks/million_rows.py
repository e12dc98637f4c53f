"""How dear an inspection of a million rows is, beside the standard library's own reading of the same file.

python -m benchmarks.million_rows [--rows 1000000] [--gigabytes 10] [--file PATH]

Writes JSONL of about 350 bytes a row (varied text, 2 % exact and 3 % near copies, 1 % with an e-mail or a
phone), then measures, each in a process of its own, one after the other: the baseline (json.loads, a hash
and the lengths of each line), the first findings, and the full inspection. CPU seconds and peak memory, as
ratios to the baseline. --gigabytes writes a big file by repeating blocks with new numbers and shows the
sample that is looked at; the baseline reads its first million rows only.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.trainer.data.clean import message, reply, TOPICS

ROOT = Path(__file__).parent.parent
EXACT, NEAR, PERSONAL = 0.02, 0.03, 0.01
KEPT = 5000
"""Earlier rows that may be copied."""
FIRST_AIM, FULL_AIM, PEAK_AIM = 2.0, 12.0, 1000.0

BASELINE = """
import hashlib, json, resource, sys
rows = chars = repeats = 0
seen = set()
for line in open(sys.argv[1], encoding="utf-8"):
    row = json.loads(line)
    rows, chars = rows + 1, chars + len(row["question"]) + len(row["answer"])
    mark = hashlib.blake2b(line.encode(), digest_size=8).digest()
    repeats += mark in seen
    seen.add(mark)
    if rows == int(sys.argv[2]):
        break
used = resource.getrusage(resource.RUSAGE_SELF)
cpu, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
print(json.dumps({"rows": rows, "repeats": repeats, "cpu_s": cpu, "peak_mb": peak}))
"""
CLI = """
import json, resource, subprocess, sys
command = [sys.executable, "-c", "from ui.cli import main; main()", "inspect", sys.argv[1], "--json"]
done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
said = json.loads(done.stdout or b"{}")
print(json.dumps({
    "code": done.returncode,
    "error": said.get("error"),
    "rows": said.get("rows"),
    "cpu_s": used.ru_utime + used.ru_stime,
    "peak_mb": used.ru_maxrss / 1024,
    "seconds": said.get("seconds") or {},
    "findings": {f["rule"]: f["count"] for f in said.get("findings", [])},
    "sampled": [f["advice"] for f in said.get("findings", []) if "sample" in f["rule"] + f["advice"]],
}))
"""


def row_of(rng: Random) -> dict[str, str]:
    """One clean row of about 350 bytes."""
    topic = rng.choice(tuple(TOPICS))
    row = {"question": message(rng, topic, 1 + (rng.random() < 0.4)), "answer": reply(rng, 2)}
    if rng.random() < PERSONAL:
        who = f"{topic}.{rng.randrange(10**6)}@mail-{rng.randrange(99)}.de"
        row["question"] += rng.choice((f" Write to {who}.", f" Call +49 30 {rng.randrange(10**6, 10**7)}."))
    return row


def near_copy(row: dict[str, str], rng: Random) -> dict[str, str]:
    """The row with one word changed and two letters swapped."""
    words = row["question"].split(" ")
    words[rng.randrange(len(words))] = "otherwise"
    at = rng.randrange(len(words))
    words[at] = words[at][::-1]
    return row | {"question": " ".join(words)}


def write_rows(path: Path, rows: int, seed: int = 7) -> dict[str, int]:
    """The file; how many copies of each kind it has."""
    rng, recent, planted = Random(seed), [row_of(Random(seed))], {"exact_duplicates": 0, "near_duplicates": 0}
    with path.open("w", encoding="utf-8") as out:
        for n in range(rows):
            chance = rng.random()
            if chance < EXACT:
                row, kind = rng.choice(recent), "exact_duplicates"
            elif chance < EXACT + NEAR:
                row, kind = near_copy(rng.choice(recent), rng), "near_duplicates"
            else:
                row, kind = row_of(rng), ""
                recent.append(row) if len(recent) < KEPT else recent.__setitem__(n % KEPT, row)
            planted[kind] = planted.get(kind, 0) + 1
            out.write(json.dumps(row) + "\n")
    planted.pop("", None)
    return planted


def write_big(path: Path, gigabytes: float) -> None:
    """A big file: blocks of rows, each with its own number at the head of every question."""
    block = [json.dumps(row_of(Random(n))).encode() for n in range(4000)]
    number, written, wanted = 0, 0, int(gigabytes * 1e9)
    with path.open("wb", buffering=1 << 22) as out:
        while written < wanted:
            mark = f'{{"question": "Number {number}: '.encode()
            text = b"\n".join(line.replace(b'{"question": "', mark, 1) for line in block) + b"\n"
            written, number = written + out.write(text), number + 1


def measured(script: str, *given: object, limit: float = 3600) -> dict[str, Any]:
    """What a script prints of itself, run alone."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, given)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        timeout=limit,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")},
    )
    if done.returncode:
        return {"error": f"ended with {done.returncode}", "wall_s": time.perf_counter() - started}
    return {"wall_s": time.perf_counter() - started} | dict(json.loads(done.stdout))


def shown(name: str, found: dict[str, Any], base: float, aim: float | None = None) -> str:
    """One line of the result."""
    if found.get("error"):
        return f"{name:24} {found['error']}"
    ratio = found["cpu_s"] / base
    aimed = "" if aim is None else f"  (aim {aim:g}x{'' if ratio <= aim else ', MISSED'})"
    peak = f"{found['peak_mb']:.0f} MB" if found.get("peak_mb") else "-"
    return f"{name:24} {found['cpu_s']:8.1f} CPU s {ratio:6.2f}x {found.get('wall_s', 0):8.1f} s  peak {peak}{aimed}"


def told(path: Path, most: int) -> list[str]:
    """All measurements of a file, as lines."""
    baseline, full = measured(BASELINE, path, most), measured(CLI, path)
    base = baseline["cpu_s"]
    lines = [shown("standard library", baseline, base)]
    seconds = dict(full.get("seconds") or {})
    first, whole = seconds.pop("first", None), seconds.pop("all", None)
    if first is not None:
        lines.append(shown("first findings", {"cpu_s": first}, base, FIRST_AIM))
    if whole is not None:
        lines.append(shown("inspection", {"cpu_s": whole}, base, FULL_AIM))
    lines.append(shown("tunesmith inspect --json", full, base))
    parts = sorted(seconds.items(), key=lambda part: -part[1])
    lines += [f"    {name:20} {s:8.1f} CPU s {100 * s / (whole or 1):5.1f} %" for name, s in parts if s > 0.05]
    if (full.get("peak_mb") or 0) > PEAK_AIM:
        lines.append(f"peak memory over {PEAK_AIM:.0f} MB: MISSED")
    lines += [f"sample: {words}" for words in full.get("sampled", [])]
    lines.append(f"rows: {full.get('rows')}; findings: {json.dumps(full.get('findings', {}))}")
    return lines


def main() -> None:
    """Write, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--gigabytes", type=float, default=0.0)
    parser.add_argument("--file", type=Path, help="measure this JSONL instead")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("TUNESMITH_HOME", folder)
        path, planted = asked.file or Path(folder) / "rows.jsonl", None
        if asked.gigabytes:
            free = shutil.disk_usage(folder).free / 1e9
            if free < asked.gigabytes + 2:
                sys.exit(f"{asked.gigabytes:g} GB asked for, {free:.0f} GB free in {folder}")
            write_big(path, asked.gigabytes)
        elif not asked.file:
            planted = write_rows(path, asked.rows)
        print(f"{path.name}: {path.stat().st_size / 1e6:.0f} MB, planted {planted}", flush=True)
        print("\n".join(told(path, 1_000_000)))


if __name__ == "__main__":
    main()
