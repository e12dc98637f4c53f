"""Distillation: the model answers, the teacher says at every token what it would have said."""

from __future__ import annotations

from pathlib import Path

from trl import DistillationConfig, DistillationTrainer

from trainer import base_models
from trainer.errors import UserFacingError
from trainer.methods.models import read_model
from trainer.methods.online import online
from trainer.methods.setup import Setup
from trainer.plan import Distillation


def build(setup: Setup) -> DistillationTrainer:
    """TRL's distillation trainer; the teacher shares the student's vocabulary."""
    method = setup.plan.method
    name = method.teacher_model if isinstance(method, Distillation) else ""
    teacher = base_models.resolve(name)
    if teacher.path is None:
        teacher = base_models.fetch(teacher.id)
    student = base_models.from_folder(setup.base, setup.plan.base_model)
    if teacher.vocab != student.vocab:
        raise UserFacingError(
            f"the teacher has {teacher.vocab:,} tokens and the model {student.vocab:,}: they must be the same ones",
            name,
            "Choose a teacher of the same family.",
        )
    return online(
        DistillationTrainer, DistillationConfig, setup, teacher_model=read_model(setup.plan, Path(teacher.path or ""))
    )
