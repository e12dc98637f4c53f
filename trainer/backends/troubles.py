"""What a hosted service's errors mean: which may pass, and what a person is told. The key is in none of the words."""

from __future__ import annotations

import os

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

import openai
from pydantic import ValidationError

from trainer.backends import upload
from trainer.errors import UserFacingError
from trainer.plan import Plan

ERRORS = (openai.OpenAIError, ValidationError)
"""What LiteLLM's calls raise: OpenAI's errors, or a complaint that an answer was none."""
LENGTH = 300
"""Characters of a service's own words that are shown."""
LATER = (408, 409, 425, 429)
"""Statuses that may pass by themselves; so may 500 and above."""


def passing(error: Exception) -> bool:
    """Whether the same request may succeed later."""
    if isinstance(error, openai.APIStatusError):
        spent = "insufficient_quota" in str(error)
        return (error.status_code in LATER and not spent) or error.status_code >= 500
    return isinstance(error, openai.APIConnectionError)


def asked_pause(error: Exception) -> float:
    """Seconds that the service asks to wait (Retry-After); 0 where it does not say."""
    headers = getattr(getattr(error, "response", None), "headers", {})
    said = headers.get("retry-after", "")
    return float(said) if said.replace(".", "", 1).isdigit() else 0.0


def clean(text: str, key: str) -> str:
    """A service's words on one line, cut short, without the key."""
    return " ".join(text.replace(key, "***").split())[:LENGTH] if key != "none" else " ".join(text.split())[:LENGTH]


def in_words(error: Exception, plan: Plan, key: str, after: str = "") -> UserFacingError:
    """What a person is told, and what they can do."""
    host, variable = upload.host_of(plan), upload.key_variable(plan)
    status = getattr(error, "status_code", None)
    said = clean(str(error), key)
    if status == 401:
        return UserFacingError("the key was refused", host, f"Look at the key in {variable}.{after}")
    if status == 403:
        return UserFacingError(f"the key may not tune: {said}", host, f"Use a key that may, in {variable}.{after}")
    if status == 429:
        return UserFacingError(f"it takes no more requests: {said}", host, f"Wait, or raise the limit there.{after}")
    if status == 404:
        return UserFacingError(f"it knows no such thing: {said}", host, f"Look at base_model and address.{after}")
    if isinstance(error, openai.APIConnectionError):
        return UserFacingError("it does not answer", host, f"Look at address and network.{after}")
    return UserFacingError(f"it refused: {said}", host, f"Mend what it names.{after}")
