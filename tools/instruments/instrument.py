"""What tools need that measure with a language model: the model, or nothing."""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass

from ..spec import Args, Chat, Cost, Message, Refusal, Reply


@dataclass(frozen=True)
class Instrument:
    """A language model to ask, or None: then a tool gives the prompt to paste.

    Attributes:
        chat: Who is asked.
    """

    chat: Chat | None = None

    def ask(self, prompt: str) -> Reply:
        """One question without any history.

        Raises:
            Refusal: `no_access`, without a language model.
        """
        if self.chat is None:
            raise Refusal(
                "no_access", "there is no language model here", "paste the prompt instead"
            )
        return self.chat.complete([Message(role="user", content=prompt)])


def spent(replies: Sequence[Reply]) -> Cost:
    """What replies have cost; unknown if one of them does not say."""
    dollars = [reply.usage.dollars for reply in replies]
    known = [d for d in dollars if d is not None]
    return Cost(dollars=sum(known) if len(known) == len(dollars) else None)


def order_of(args: Args, *leave_out: str) -> random.Random:
    """Random numbers that depend on the arguments alone, without the fields named."""
    text = args.model_dump_json(exclude=set(leave_out))
    return random.Random(hashlib.sha256(text.encode()).digest())
