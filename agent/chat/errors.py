"""What can go wrong with a language model, as one redacted line each."""

from typing import Literal

Kind = Literal[
    "auth", "unknown_model", "wrong_url", "unreachable", "rate_limited", "bad_request", "timeout"
]


class ChatError(Exception):
    """The language model gave no usable reply.

    Attributes:
        kind: Why, from a closed list.
    """

    def __init__(self, message: str, kind: Kind) -> None:
        super().__init__(message)
        self.kind: Kind = kind


class ContextOverflow(ChatError):
    """The conversation is longer than the model reads."""

    def __init__(self, message: str, kind: Kind = "bad_request") -> None:
        super().__init__(message, kind)


class MissingKey(Exception):
    """A key, an address or a model's name is missing; the message names the fix."""
