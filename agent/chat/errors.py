"""What can go wrong with a language model's API, one redacted line each."""

from typing import Literal

Kind = Literal[
    "auth",
    "unknown_model",
    "wrong_url",
    "unreachable",
    "rate_limited",
    "bad_request",
    "timeout",
    "overflow",
]


class ChatError(Exception):
    """The API did not answer; the message is one line that names the fix and holds no key.

    Attributes:
        kind: What went wrong.
    """

    def __init__(self, message: str, kind: Kind) -> None:
        super().__init__(message)
        self.kind = kind


class ContextOverflow(ChatError):
    """The conversation is longer than the model's context."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "overflow")


class MissingKey(Exception):
    """No key was found; the message names where to put it."""
