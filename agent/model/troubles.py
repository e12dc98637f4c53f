"""What can go wrong with a provider, in words for a person, and whether waiting helps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LONGEST_PAUSE = 20.0
"""Seconds the agent waits by itself when a provider names a time; longer waits are told to the person."""


class DoorError(Exception):
    """The model could not be reached or did not answer; the message is for a person."""

    def __init__(self, words: str, kind: str = "unusable", pause: float | None = None) -> None:
        super().__init__(words)
        self.kind = kind
        self.pause = pause
        """Seconds after which the provider may be asked again; None when waiting does not help."""


@dataclass(frozen=True)
class Trouble:
    """One kind of fault."""

    kind: str
    words: str
    """`{model}` and `{seconds}` are filled in. Nothing of the provider's own text: it may echo a key."""
    passing: bool = False
    """Whether the same call may succeed a moment later."""


_BY_ERROR = {
    "AuthenticationError": Trouble("key", "{model} refused the key; check it, or choose another model"),
    "PermissionDeniedError": Trouble("key", "{model} refused the key; check it, or choose another model"),
    "RateLimitError": Trouble("rate", "{model} says it is asked too often{seconds}", passing=True),
    "Timeout": Trouble("timeout", "{model} did not answer in time"),
    "NotFoundError": Trouble("unknown", "the model {model} is not known there; check its name"),
    "ContextWindowExceededError": Trouble("length", "the conversation is too long for {model}"),
    "ContentPolicyViolationError": Trouble("refused", "{model} declined to answer this"),
    "APIConnectionError": Trouble("unreachable", "{model} can't be reached; is its server running?", passing=True),
    "InternalServerError": Trouble("server", "{model} has a fault of its own (server error)", passing=True),
    "ServiceUnavailableError": Trouble("server", "{model} is not available just now", passing=True),
    "BadGatewayError": Trouble("server", "{model} is not available just now", passing=True),
    "BudgetExceededError": Trouble("budget", "the budget set for {model} is spent"),
    "Cut": Trouble("cut", "{model} broke off in the middle of its answer", passing=True),
    "Empty": Trouble("empty", "{model} sent an empty answer", passing=True),
    "Refused": Trouble("refused", "{model} declined to answer this"),
}
_BY_STATUS = {403: _BY_ERROR["AuthenticationError"]}
_NO_COMPLETION = "Empty or invalid response from LLM"
"""LiteLLM's own words for a web page with status 200, which it calls a server error."""
_UNUSABLE = Trouble("unusable", "{model} sent something that is not an answer (perhaps a web page: check the address)")


class Cut(Exception):
    """A stream that ended without saying so."""


class Empty(Exception):
    """An answer with neither text nor a call."""


class Refused(Exception):
    """The provider's filter or the model itself declined."""


def in_words(error: Exception, model: str) -> DoorError:
    """Any error of a call as a DoorError; its class and status decide."""
    trouble = _trouble(error)
    wait = retry_after(error)
    seconds = f" and asks to wait {wait:.0f} s" if wait else ""
    pause = (wait if wait is not None else 0.5) if trouble.passing else None
    return DoorError(trouble.words.format(model=model, seconds=seconds), trouble.kind, pause)


def _trouble(error: Exception) -> Trouble:
    if _NO_COMPLETION in str(error):
        return _UNUSABLE
    if _unreachable(error):
        return _BY_ERROR["APIConnectionError"]
    names = [c.__name__ for c in type(error).__mro__]
    known = next((_BY_ERROR[n] for n in names if n in _BY_ERROR), _UNUSABLE)
    return _BY_STATUS.get(getattr(error, "status_code", 0), known)


def _unreachable(error: BaseException | None) -> bool:
    """Whether no connection came about; LiteLLM calls that a server error, its cause tells."""
    for _ in range(12):
        if error is None:
            return False
        if type(error).__name__ in ("ConnectError", "ClientConnectorError"):
            return True
        error = error.__cause__ or error.__context__
    return False


def retry_after(error: Exception) -> float | None:
    """Seconds from a Retry-After header, if the provider sent one (RFC 9110, form in seconds)."""
    response: Any = getattr(error, "response", None)
    headers = getattr(error, "litellm_response_headers", None) or getattr(response, "headers", None) or {}
    value = headers.get("retry-after") or headers.get("Retry-After")
    try:
        return max(0.0, float(value)) if value else None
    except ValueError:
        return None


def worth_waiting(error: BaseException) -> bool:
    """Whether to try once more by ourselves."""
    return isinstance(error, DoorError) and error.pause is not None and error.pause <= LONGEST_PAUSE
