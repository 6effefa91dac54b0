"""What tools need that measure with a language model: the model, or nothing."""

import hashlib
import random
from dataclasses import dataclass

from ..spec import Args, Chat, Message, Refusal


@dataclass(frozen=True)
class Instrument:
    """A language model to ask, or None: then a tool gives the prompt to paste.

    Attributes:
        chat: Who is asked.
    """

    chat: Chat | None = None

    def ask(self, prompt: str) -> str:
        """One question without any history.

        Raises:
            Refusal: `no_access`, without a language model.
        """
        if self.chat is None:
            raise Refusal(
                "no_access", "there is no language model here", "paste the prompt instead"
            )
        return self.chat.complete([Message(role="user", content=prompt)]).text


def order_of(args: Args, *leave_out: str) -> random.Random:
    """Random numbers that depend on the arguments alone, without the fields named."""
    text = args.model_dump_json(exclude=set(leave_out))
    return random.Random(hashlib.sha256(text.encode()).digest())
