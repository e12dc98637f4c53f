"""What a model costs, by LiteLLM's own table. Not known is said so, never $0."""

from __future__ import annotations

import ipaddress
import os
from typing import Any
from urllib.parse import urlsplit

from agent.model.door import quiet_litellm
from trainer.data.more.spending import Price

OWN = {"ollama": "OLLAMA_API_BASE", "ollama_chat": "OLLAMA_API_BASE", "llamafile": "LLAMAFILE_API_BASE"}
"""Providers that are programs on this machine unless an address says otherwise, and where that is said."""


def price_of(model: str, api_base: str | None = None) -> Price:
    """The price of a token sent and of one written."""
    provider = model.partition("/")[0]
    base = api_base or os.environ.get(OWN.get(provider, ""), "")
    if _here(base) or (provider in OWN and not base):
        return Price(read=0.0, written=0.0, local=True)
    if base or provider in OWN:
        return Price()  # a server of somebody's own: its price stands in no table
    info = _info(model)
    return Price(read=info.get("input_cost_per_token"), written=info.get("output_cost_per_token"))


def _here(base: str) -> bool:
    """Whether an address is this machine."""
    host = urlsplit(base if "//" in base else f"//{base}").hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _info(model: str) -> dict[str, Any]:
    """LiteLLM's facts about a model; {} when it has none. A price of zero of a hosted model is not believed."""
    try:
        found = dict(quiet_litellm().get_model_info(model))
    except Exception:  # noqa: BLE001  LiteLLM raises a bare Exception for a model it does not know
        return {}
    return found if found.get("input_cost_per_token") and found.get("output_cost_per_token") else {}
