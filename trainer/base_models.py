"""Facts about a base model: from its folder, from the hub's cache, or from the table."""

from __future__ import annotations

import hashlib
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz, process

from trainer import tensors
from trainer.errors import UserFacingError
from trainer.facts import Linear, ModelFacts
from trainer.paths import BUILTIN_MODEL, BUILTIN_MODEL_ID

TABLE = Path(__file__).parent / "recipes" / "base_models.jsonl"
ABSENT = "not here"
SERVICE = "at the service"
SERVICE_CONTEXT = 65_536
"""Tokens a row may have at most where a service trains; its own limit is the service's to say."""
_NEEDED = ("config.json", "tokenizer.json")
_PATTERNS = ["*.json", "*.jinja", "*.safetensors", "*.txt", "LICENSE*", "README.md"]
"""What is fetched from a hub: never pickles, never code."""


def resolve(name: str | None) -> ModelFacts:
    """Facts of a model named by id, alias or folder; the built-in one when none is named."""
    if name in (None, "", BUILTIN_MODEL_ID):
        return from_folder(BUILTIN_MODEL, BUILTIN_MODEL_ID)
    folder = Path(str(name)).expanduser()
    if folder.is_dir():
        return from_folder(folder, str(name).rstrip("/"))
    row = known(str(name))
    ident = row["id"] if row else str(name)
    if (cached := _cached(ident)) is not None:
        return from_folder(cached, ident)
    if row:
        return _from_table(row)
    raise UserFacingError(f"I know no base model of this name: {name}", "", _advice(str(name)))


def of_a_service(name: str | None) -> ModelFacts:
    """A model that a service has: only its name is known here; lengths are counted with the built-in tokenizer."""
    if name in (None, "", BUILTIN_MODEL_ID):
        raise UserFacingError("hosted tuning needs the service's own name of a base model", "base_model", "Say it.")
    unknown = {"licence": "the service's terms", "commercial": "unknown", "kind": "unknown", "fingerprint": SERVICE}
    known = {"id": name, "path": None, "chat_template": True, "context": SERVICE_CONTEXT, "sources": ("not known",)}
    return from_folder(BUILTIN_MODEL, BUILTIN_MODEL_ID).model_copy(update=unknown | known)


def _advice(name: str) -> str:
    names = [r["id"] for r in table()]
    close = [n for n, _, _ in process.extract(name, names, scorer=fuzz.WRatio, limit=3)]
    return (
        f"Nearest I know: {', '.join(close)}. Or name a local folder, or '{BUILTIN_MODEL_ID}' "
        "(built in). A hub id that I don't know must be downloaded first."
    )


@cache
def table() -> tuple[dict[str, Any], ...]:
    """The known models, one dict each."""
    return tuple(json.loads(line) for line in TABLE.read_text("utf-8").splitlines())


def known(name: str) -> dict[str, Any] | None:
    """The table's row for an id or an alias, exactly."""
    wanted = _plain(name)
    for row in table():
        if wanted in {_plain(row["id"]), _plain(row["id"].split("/")[-1])}:
            return row
    return next((r for r in table() if wanted in map(_plain, r["aliases"])), None)


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(" ", "-")


def from_folder(folder: Path, ident: str) -> ModelFacts:
    """Facts read from a Hugging Face folder. Only safetensors weights count."""
    missing = [f for f in _NEEDED if not (folder / f).is_file()]
    weights = sorted(folder.glob("*.safetensors"))
    if missing or not weights:
        lacking = [*missing, *([] if weights else ["*.safetensors"])]
        raise UserFacingError(
            f"is no usable model folder: {', '.join(lacking)} missing",
            str(folder),
            "Save the model with save_pretrained(); pickled weights are never loaded.",
        )
    config = json.loads((folder / "config.json").read_text("utf-8"))
    if "auto_map" in config:
        raise UserFacingError("wants to run its own code (auto_map)", str(folder), "Choose a standard architecture.")
    return _facts(folder, ident, config, weights)


def _facts(folder: Path, ident: str, c: dict[str, Any], weights: list[Path]) -> ModelFacts:
    c = c | c.get("text_config", {})
    row = known(ident) or {}
    heads = c.get("num_attention_heads", c.get("n_head", 1))
    hidden = c.get("hidden_size", c.get("n_embd", 1))
    extra = folder / "tokenizer_config.json"
    tokenizer = json.loads(extra.read_text("utf-8")) if extra.is_file() else {}
    builtin = folder.resolve() == BUILTIN_MODEL.resolve()
    shapes = tensors.shapes(weights)
    return ModelFacts(
        id=ident,
        path=str(folder),
        params=tensors.parameters(shapes),
        layers=c.get("num_hidden_layers", c.get("n_layer", 1)),
        hidden=hidden,
        intermediate=c.get("intermediate_size", 4 * hidden),
        vocab=c["vocab_size"],
        heads=heads,
        kv_heads=c.get("num_key_value_heads") or heads,
        context=c.get("max_position_embeddings", 1024),
        chat_template="chat_template" in tokenizer or (folder / "chat_template.jinja").is_file(),
        licence="Apache-2.0" if builtin else row.get("licence") or "unknown",
        commercial="yes" if builtin else row.get("commercial") or "unknown",
        kind="built-in" if builtin else row.get("kind") or "unknown",
        fingerprint=_fingerprint(folder, weights),
        sources=("read from the model's folder",),
        model_type=c.get("model_type", "unknown"),
        head_dim=c.get("head_dim") or hidden // heads,
        tied=not any(name.startswith("lm_head") for name in shapes),
        linears=tensors.linears(shapes),
        layer_params=tensors.layer_parameters(shapes),
    )


def _fingerprint(folder: Path, weights: list[Path]) -> str:
    digest = hashlib.sha256()
    told = ("tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja")
    for file in [folder / n for n in _NEEDED] + [folder / n for n in told if (folder / n).is_file()] + weights:
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def _llama(row: dict[str, Any]) -> tuple[Linear, ...]:
    """The matrices of a Llama of this size; other architectures come near it."""
    hidden, wide, layers = row["hidden_size"], row["intermediate_size"] or 0, row["num_layers"]
    head = row.get("head_dim") or hidden // row["num_heads"]
    queries, keys = head * row["num_heads"], head * row["num_kv_heads"]
    sides = {"q_proj": (hidden, queries), "k_proj": (hidden, keys), "v_proj": (hidden, keys)}
    sides |= {"o_proj": (queries, hidden), "gate_proj": (hidden, wide), "up_proj": (hidden, wide)}
    sides |= {"down_proj": (wide, hidden)}
    return tuple(Linear(name=n, inputs=i, outputs=o, count=layers) for n, (i, o) in sides.items())


def _from_table(row: dict[str, Any]) -> ModelFacts:
    linears = _llama(row)
    layer = sum(m.inputs * m.outputs for m in linears) + 2 * row["hidden_size"]
    rest = row["params_b"] * 1e9 - layer * row["num_layers"]
    return ModelFacts(
        id=row["id"],
        path=None,
        params=round(row["params_b"] * 1e9),
        layers=row["num_layers"],
        hidden=row["hidden_size"],
        intermediate=row["intermediate_size"] or 0,
        vocab=row["vocab_size"],
        heads=row["num_heads"],
        kv_heads=row["num_kv_heads"],
        context=row["context"],
        chat_template=bool(row["chat_template"]),
        licence=row["licence"] or "unknown",
        commercial=row["commercial"] or "unknown",
        kind=row["kind"],
        fingerprint=ABSENT,
        sources=tuple(row["sources"]),
        head_dim=row.get("head_dim") or row["hidden_size"] // row["num_heads"],
        tied=rest < 1.5 * row["vocab_size"] * row["hidden_size"],
        linears=linears,
        layer_params=layer,
    )


def _cached(ident: str) -> Path | None:
    """The model's folder in the hub's cache on this disk, if it is whole."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(ident, allow_patterns=_PATTERNS, local_files_only=True))
    except (HFValidationError, LocalEntryNotFoundError):
        return None
    whole = all((folder / f).is_file() for f in _NEEDED) and any(folder.glob("*.safetensors"))
    return folder if whole else None


def fetch(ident: str) -> ModelFacts:
    """Download a model from the hub: a costly step that only an approved run takes."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

    try:
        folder = snapshot_download(ident, allow_patterns=_PATTERNS)
    except (HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled, OSError) as error:
        offline = os.environ.get("HF_HUB_OFFLINE") == "1"
        raise UserFacingError(
            f"the weights of {ident} are not on this machine and can't be fetched"
            f" ({'HF_HUB_OFFLINE is set' if offline else type(error).__name__})",
            "",
            f"Copy them here and name the folder, or use '{BUILTIN_MODEL_ID}'.",
        ) from None
    return from_folder(Path(folder), ident)
