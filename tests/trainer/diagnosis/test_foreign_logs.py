"""Logs as other tools write them, each in its documented shape: read under the names of transformers."""

from __future__ import annotations

import json
import sqlite3
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest

from trainer.diagnosis import diagnose
from trainer.diagnosis.history import History
from trainer.diagnosis.logs import LogUnreadable, read_log

STEPS = tuple(range(10, 110, 10))
LOSSES = tuple(round(3.0 * 0.9**i, 4) for i in range(10))
EVALS = {50: 2.2, 100: 1.4}


def transformers_state() -> str:
    rows: list[dict[str, Any]] = [
        {"step": s, "loss": x, "learning_rate": 1e-4} for s, x in zip(STEPS, LOSSES, strict=True)
    ]
    return json.dumps({"log_history": rows + [{"step": s, "eval_loss": x} for s, x in EVALS.items()], "max_steps": 100})


def trl_console() -> str:
    lines = []
    for step, loss in zip(STEPS, LOSSES, strict=True):
        lines.append(f" {step}%|####      | {step}/100 [00:{step:02d}<01:00,  1.0it/s]")
        lines.append(str({"loss": str(loss), "grad_norm": "0.9", "learning_rate": "1e-04", "epoch": str(step / 100)}))
        if step in EVALS:
            lines.append(str({"eval_loss": str(EVALS[step]), "eval_runtime": "1.2", "epoch": str(step / 100)}))
    return "\n".join([*lines, "{'train_runtime': '60.0', 'train_loss': '1.95', 'epoch': '1'}"])


def axolotl_console() -> str:
    head = "[2026-11-01 10:00:00,123] [INFO] [axolotl.train:215] [PID:12] Starting trainer..."
    rows = [
        f"{{'loss': {x}, 'grad_norm': 0.5, 'learning_rate': 0.0002, 'epoch': {s / 100}}}"
        for s, x in zip(STEPS, LOSSES, strict=True)
    ]
    bars = [f"{s}%|██| {s}/100 [00:10<00:10,  1.1s/it]{row}" for s, row in zip(STEPS, rows, strict=True)]
    return "\n".join([head, *bars])


def llama_factory_jsonl() -> str:
    rows: list[dict[str, Any]] = [
        {"current_steps": s, "total_steps": 100, "loss": x, "lr": 5e-05, "epoch": s / 50, "percentage": float(s),
         "elapsed_time": "0:00:10", "remaining_time": "0:01:00"}
        for s, x in zip(STEPS, LOSSES, strict=True)
    ]  # fmt: skip
    rows += [{"current_steps": s, "total_steps": 100, "eval_loss": x, "epoch": s / 50} for s, x in EVALS.items()]
    return "\n".join(map(json.dumps, rows))


def unsloth_notebook() -> str:
    lines = [
        "==((====))==  Unsloth - 2x faster free finetuning | Num GPUs used = 1",
        "Step\tTraining Loss\tValidation Loss",
    ]
    lines += [f"{s}\t{x:.6f}\t{EVALS.get(s, 'No log')}" for s, x in zip(STEPS, LOSSES, strict=True)]
    return "\n".join(lines)


def wandb_history_csv() -> str:
    head = "_step,_runtime,train/loss,train/grad_norm,train/learning_rate,train/global_step,eval/loss"
    lines = [f"{i},{i * 3.1},{x},0.7,0.0001,{s}," for i, (s, x) in enumerate(zip(STEPS, LOSSES, strict=True))]
    lines += [f"{20 + i},{90 + i},,,,{s},{x}" for i, (s, x) in enumerate(EVALS.items())]
    return "\n".join([head, *lines])


def wandb_chart_csv() -> str:
    head = '"train/global_step","my run - train/loss","my run - train/loss__MIN","my run - train/loss__MAX"'
    return "\n".join([head, *(f'"{s}","{x}","{x}","{x}"' for s, x in zip(STEPS, LOSSES, strict=True))])


def lightning_csv() -> str:
    lines = [f"{s / 100},{s},{x},,0.001" for s, x in zip(STEPS, LOSSES, strict=True)]
    return "\n".join(["epoch,step,train_loss,val_loss,lr-AdamW", *lines, *(f"0.5,{s},,{x}," for s, x in EVALS.items())])


def torchtune_log() -> str:
    return "\n".join(
        f"Step {s} | loss:{x} lr:2e-05 tokens_per_second_per_gpu:1203.5 peak_memory_alloc:12.3 " for s, x in
        zip(STEPS, LOSSES, strict=True)
    )  # fmt: skip


def mlx_console() -> str:
    lines = []
    for step, loss in zip(STEPS, LOSSES, strict=True):
        lines.append(
            f"Iter {step}: Train loss {loss:.3f}, Learning Rate 1.000e-05, It/sec 0.45, Tokens/sec 312.1, "
            f"Trained Tokens {step * 300}, Peak mem 9.1 GB"
        )
        if step in EVALS:
            lines.append(f"Iter {step}: Val loss {EVALS[step]:.3f}, Val took 8.1s")
    return "\n".join(lines)


def megatron_log() -> str:
    return "\n".join(
        f" [2026-11-01 10:00:0{i}] iteration {s:8d}/     100 | consumed samples: {s * 8} | learning rate: 1.0E-04 | "
        f"lm loss: {x:.6E} | loss scale: 1.0 | grad norm: 0.9 |"
        for i, (s, x) in enumerate(zip(STEPS, LOSSES, strict=True))
    )


TEXTS = {
    "trainer_state.json": transformers_state,
    "trl.txt": trl_console,
    "axolotl.log": axolotl_console,
    "trainer_log.jsonl": llama_factory_jsonl,
    "unsloth.txt": unsloth_notebook,
    "wandb.csv": wandb_history_csv,
    "chart.csv": wandb_chart_csv,
    "metrics.csv": lightning_csv,
    "torchtune.txt": torchtune_log,
    "mlx.txt": mlx_console,
    "megatron.log": megatron_log,
}
WITHOUT_EVALS = ("axolotl.log", "chart.csv", "torchtune.txt", "megatron.log")


def found(path: Path) -> tuple[list[int], list[float], dict[int, float]]:
    rows = read_log(path)
    train = [row for row in rows if "loss" in row]
    evals = {int(float(r["step"])): float(r["eval_loss"]) for r in rows if "eval_loss" in r and "step" in r}
    return [int(float(r["step"])) for r in train], [float(r["loss"]) for r in train], evals


@pytest.mark.parametrize("name", TEXTS)
def test_a_log_of_text_is_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(TEXTS[name](), "utf-8")
    steps, losses, evals = found(path)
    assert steps == list(STEPS)
    assert losses == pytest.approx(list(LOSSES), abs=1e-3)
    if name not in WITHOUT_EVALS and name != "trl.txt":
        assert evals == EVALS
    assert diagnose(History.from_log(read_log(path), None, None))


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def part(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


def event(step: int, tag: str, value: float, tensor: bool = False) -> bytes:
    scalar = part(8, part(5, struct.pack("<f", value))) if tensor else varint(2 << 3 | 5) + struct.pack("<f", value)
    body = (
        struct.pack("<Bd", 9, 1.7e9) + varint(2 << 3) + varint(step) + part(5, part(1, part(1, tag.encode()) + scalar))
    )
    return struct.pack("<Q", len(body)) + struct.pack("<I", zlib.crc32(b"")) + body + struct.pack("<I", 0)


@pytest.mark.parametrize("tensor", [False, True])
def test_an_event_file_of_tensorboard_is_read(tensor: bool, tmp_path: Path) -> None:
    path = tmp_path / "events.out.tfevents.1700000000.host.1.0"
    head = struct.pack("<Q", 24) + b"\0" * 4 + struct.pack("<Bd", 9, 1.7e9) + part(3, b"brain.Event:2") + b"\0" * 4
    data = b"".join(event(s, "train/loss", x, tensor) for s, x in zip(STEPS, LOSSES, strict=True))
    data += b"".join(event(s, "eval/loss", x, tensor) for s, x in EVALS.items())
    path.write_bytes(head + data + event(110, "train/loss", 1.0)[:-9])  # the last record was cut by a kill
    steps, losses, evals = found(path)
    assert (steps, evals) == (list(STEPS), pytest.approx(EVALS, abs=1e-5))
    assert losses == pytest.approx(list(LOSSES), abs=1e-5)


def test_a_data_base_of_trackio_is_read(tmp_path: Path) -> None:
    path = tmp_path / "project.db"
    with sqlite3.connect(path) as base:
        base.execute(
            "CREATE TABLE metrics (id INTEGER PRIMARY KEY, timestamp TEXT, run_name TEXT, step INT, metrics TEXT)"
        )
        put = "INSERT INTO metrics (timestamp, run_name, step, metrics) VALUES ('t', ?, ?, ?)"
        base.execute(put, ("older", 1, json.dumps({"train/loss": 9.0})))
        for step, loss in zip(STEPS, LOSSES, strict=True):
            base.execute(put, ("run", step, json.dumps({"train/loss": loss, "train/grad_norm": 0.5})))
    assert found(path)[:2] == (list(STEPS), list(LOSSES))


def test_a_parquet_export_is_read(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet as parquet

    path = tmp_path / "history.parquet"
    parquet.write_table(pyarrow.table({"_step": list(STEPS), "train/loss": list(LOSSES)}), path)
    assert found(path)[:2] == (list(STEPS), list(LOSSES))


BROKEN = {
    "cut.json": (transformers_state()[:200], "saved completely"),
    "ragged.csv": ("step,loss,lr\n10,2.0,1\n20,1.9\n", "another number of cells"),
    "empty.txt": ("", "empty"),
    "prose.txt": ("Dear all,\nthe training went well.\n", "neither JSON nor"),
    "other.csv": ("name,age\nann,3\n", "neither JSON nor"),
    "base.db": ("SQLite format 3\x00 nothing", "no log of trackio"),
    "events.out.tfevents.1": ("garbage that is no record", "no scalars"),
    "broken.parquet": ("PAR1 and no more", "damaged"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_log_gets_a_sentence(name: str, tmp_path: Path) -> None:
    text, words = BROKEN[name]
    path = tmp_path / name
    path.write_text(text, "utf-8")
    with pytest.raises(LogUnreadable, match=words) as told:
        read_log(path)
    assert told.value.where and told.value.fix
