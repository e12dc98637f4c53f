"""Talking to a tuned model, and taking it home."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tools.arguments import Ask, Export
from tools.desk import Desk, ToolResult
from trainer.data.sources import fingerprint
from trainer.errors import UserFacingError
from trainer.machine import worker_env
from trainer.paths import inside
from trainer.records import dumps, write_atomic
from trainer.runs import Run

ASK_SECONDS = 300
"""How long one answer may take."""


def ask_model(args: Ask, desk: Desk) -> ToolResult:
    """Put a prompt to the tuned model and quote its answer as such."""
    run = _trained(desk.run(args.run_id))
    if run.plan().method.method == "reward_modeling":
        raise UserFacingError(
            f"{run.id} trained a reward model: it gives answers a number and writes none",
            run.id,
            "Its figure on the sealed rows says how well it judges: ask how good it is.",
        )
    if not args.prompt.strip():
        raise UserFacingError("there is no question for the model", "", "Say: ask it 'where is my parcel?'")
    request = {
        "prompt": args.prompt,
        "temperature": args.temperature,
        "max_new_tokens": args.max_new_tokens,
    }
    done = subprocess.run(
        [sys.executable, "-m", "trainer.methods.ask", str(run.folder)],
        input=dumps(request),
        text=True,
        capture_output=True,
        timeout=ASK_SECONDS,
        env=worker_env(1),
        cwd=Path(__file__).parent.parent,
        check=False,
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise UserFacingError(
            f"the model could not answer ({last[:200]})",
            run.id,
            "Ask again, or see `tunesmith doctor`.",
        )
    answer = json.loads(done.stdout)["answer"]
    return ToolResult(
        f"{run.id} answers: “{answer.strip()}”",
        {"run_id": run.id, "prompt": args.prompt, "answer": answer},
        [{"type": "model_answer", "run_id": run.id, "prompt": args.prompt, "answer": answer}],
    )


def _trained(run: Run) -> Run:
    if not (run.model / "config.json").exists() and not (run.model / "adapter_config.json").exists():
        raise UserFacingError("has no finished model yet", run.id, "Wait until it is trained, or resume it.")
    return run


def export_model(args: Export, desk: Desk) -> ToolResult:
    """Copy the tuned weights to a folder in the workspace."""
    run = _trained(desk.run(args.run_id))
    wanted = args.export_format if "export_format" in args.model_fields_set else "adapter"
    if wanted != "adapter" or args.unknown.get("export_target") in ("hub", "ollama"):
        raise UserFacingError(
            f"export to {args.unknown.get('export_target') or wanted} is not built yet",
            run.id,
            "I can write the trained weights as safetensors (--to adapter).",
        )
    target = Path(args.output_dir).expanduser() if args.output_dir else run.folder / "export"
    if not desk.anywhere and not inside(target, [*desk.roots, desk.home]):
        raise UserFacingError("lies outside the workspace", str(target), "Use `tunesmith export -o` for other folders.")
    if target.exists() and not target.is_dir():
        raise UserFacingError("is a file", str(target), "Name a new folder with -o.")
    if target.exists() and any(target.iterdir()):
        raise UserFacingError("is there already and not empty", str(target), "Name another folder with -o.")
    shutil.copytree(run.model, target, dirs_exist_ok=True)
    write_atomic(target / "tunesmith-plan.json", run.plan().model_dump(mode="json"))
    files = sorted(p.name for p in target.iterdir())
    same = all(fingerprint(p) == fingerprint(target / p.name) for p in run.model.glob("*.safetensors"))
    if not same:
        raise UserFacingError("the written weights differ from the trained ones", str(target), "Export again.")
    say = f"Wrote {len(files)} files to {target}: the same weights as in {run.id}, so the same answers."
    return ToolResult(
        say,
        {
            "run_id": run.id,
            "files": [str(target / f) for f in files],
            "same_answers": same,
            "why": "checksums of the written weights against the trained ones",
        },
    )
