"""What the rules may know of a run from its own folder."""

from __future__ import annotations

from pathlib import Path

from tests.trainer.recorded import SPIKE, run_of, spiked, write_curve, write_rows
from trainer.diagnosis import diagnose
from trainer.diagnosis.record import facts_of, record_of
from trainer.records import append


def test_plan_model_and_recipe(home: Path, tmp_path: Path) -> None:
    facts = facts_of(spiked(tmp_path))
    assert facts["vocab_size"] == 4096
    assert 0 < facts["params_b"] < 0.01
    assert facts["usual_learning_rate"] > 1e-4
    assert facts["shuffle"] is True
    assert facts["leaked_fraction"] == 0.0 if "leaked_fraction" in facts else True


def test_watched_rows_that_were_trained_on(home: Path, tmp_path: Path) -> None:
    run = run_of(tmp_path)
    write_rows(run, {}, 100)
    write_rows(run, {}, 20, name="val")
    write_curve(run, {}, {20: 1.0, 40: 0.9, 60: 0.8})
    assert facts_of(run)["leaked_fraction"] == 1.0
    assert "data_leak" in [f.label for f in diagnose(record_of(run))]


def test_a_resume_without_the_optimizer_is_read_from_the_files(home: Path, tmp_path: Path) -> None:
    run = run_of(tmp_path)
    write_rows(run, {})
    write_curve(run)
    run.event("resumed", step=30, broken=[], files=["model.safetensors", "rng_state.pth"])
    found = {f.label: f for f in diagnose(record_of(run))}
    assert found["resume_without_optimizer"].onset_step == 31
    run.event("resumed", step=30, broken=[], files=["model.safetensors", "optimizer.pt"])
    assert "resume_without_optimizer" not in [f.label for f in diagnose(record_of(run))]


def test_layers_without_an_adapter(home: Path, tmp_path: Path) -> None:
    run = run_of(tmp_path, tuning="lora")
    write_rows(run, {})
    write_curve(run)
    run.event("weights", trainable=256, all=3_600_000, adapted=1, linears=42)
    found = {f.label: f for f in diagnose(record_of(run))}
    assert found["target_modules_wrong"].fix == {"target_modules": "all-linear"}


def test_a_run_that_ended_on_its_first_loss_that_is_no_number(home: Path, tmp_path: Path) -> None:
    run = run_of(tmp_path)
    write_rows(run, {})
    write_curve(run)
    append(run.folder / "metrics.jsonl", {"step": 61, "loss": float("nan"), "learning_rate": 1e-4})
    run.set_status("failed", step=61, max_steps=100, reason="the loss is no longer a number")
    found = {f.label: f for f in diagnose(record_of(run))}
    assert found["divergence"].onset_step == 61


def test_a_spike_is_found_where_it_was(home: Path, tmp_path: Path) -> None:
    found = diagnose(record_of(spiked(tmp_path)))
    assert next((f.label, f.onset_step) for f in found if f.severity == "info") == ("bad_batch", SPIKE)
