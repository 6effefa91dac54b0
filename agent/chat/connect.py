"""From an endpoint to a chat: the right client, with every reply booked."""

from collections.abc import Callable
from typing import Any

from ...tools.spec import Chat, Message, Reply
from .openai_chat import Notice, OpenAIChat
from .settings import LITELLM, Endpoint
from .spending import book


def connect(endpoint: Endpoint, notice: Notice = lambda text: None, run: str = "") -> Chat:
    """A chat at an endpoint whose replies are booked in the user's spending.

    Args:
        endpoint: Where, which model, which key.
        notice: Told what the reader should know, such as a retry.
        run: Name that the bookings carry.

    Raises:
        ModuleNotFoundError: If the provider is litellm and its extra is not installed.
    """
    return Booked(client(endpoint, notice), notice, run)


def client(
    endpoint: Endpoint, notice: Notice, *, timeout: float = 120, max_retries: int = 4
) -> OpenAIChat:
    """The chat of an endpoint, unbooked; arguments as in `OpenAIChat`.

    Raises:
        ModuleNotFoundError: If the provider is litellm and its extra is not installed.
    """
    if endpoint.provider == LITELLM:
        from .litellm_chat import LiteLLMChat

        return LiteLLMChat(
            endpoint.model, timeout=timeout, max_retries=max_retries, on_notice=notice
        )
    return OpenAIChat(endpoint, timeout=timeout, max_retries=max_retries, on_notice=notice)


class Booked:
    """A chat whose replies are booked in the user's spending.

    Attributes:
        model: The inner chat's model.
    """

    def __init__(self, chat: Chat, notice: Notice = lambda text: None, run: str = "") -> None:
        self.model = chat.model
        self._chat = chat
        self._notice = notice
        self._run = run
        self._told = False

    def complete(
        self,
        messages: list[Message],
        tools: list[dict[str, Any]] | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        """Answer, and book what it cost."""
        reply = self._chat.complete(messages, tools, on_text)
        try:
            book(self.model, reply.usage, self._run)
        except OSError as error:
            if not self._told:  # a full or read-only disk must not end a run
                self._notice(f"spending is not booked: {error.strerror or error}")
                self._told = True
        return reply
