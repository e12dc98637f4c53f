"""Where Optuna keeps a study: a journal in its folder, or a database that several machines share."""

from __future__ import annotations

import os
from pathlib import Path

import optuna

from trainer.errors import UserFacingError

VARIABLE = "TUNESMITH_STUDIES"
"""Address of a database for studies, such as postgresql://user@host/name or sqlite:////path/studies.db."""


def storage_of(folder: Path) -> optuna.storages.BaseStorage:
    """The storage that the environment names, else a journal. Raises UserFacingError when it can't be reached."""
    address = os.environ.get(VARIABLE, "")
    if not address:
        from optuna.storages.journal import JournalFileBackend

        return optuna.storages.JournalStorage(JournalFileBackend(str(folder / "optuna.log")))
    if address.startswith("postgresql://"):
        address = address.replace("postgresql://", "postgresql+psycopg://", 1)
    try:
        return optuna.storages.RDBStorage(address, engine_kwargs={"pool_pre_ping": True})
    except Exception as error:  # noqa: BLE001  (drivers have errors of their own, and may be missing)
        raise UserFacingError(
            f"the database for studies can't be reached ({type(error).__name__})",
            VARIABLE,
            "Start it and correct the address, or unset it; PostgreSQL needs pip install 'tunesmith[postgres]'.",
        ) from None
