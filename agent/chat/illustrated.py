"""A message with pictures, for models that see."""

from typing import Any

from ...tools.spec import Message, ToolCall  # noqa: F401  (the parent names ToolCall)


class Illustrated(Message):
    """A turn of a conversation that shows pictures after its text.

    Attributes:
        pictures: As `data:` addresses.
    """

    pictures: tuple[str, ...] = ()

    def parts(self) -> list[dict[str, Any]]:
        """The content in the form of the chat completions API."""
        shown = [{"type": "image_url", "image_url": {"url": url}} for url in self.pictures]
        return [{"type": "text", "text": self.content}, *shown]
