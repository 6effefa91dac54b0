"""Price, caps and consent: before a talk, and before each of its turns."""

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..exits import BUDGET, USAGE, Stop

if TYPE_CHECKING:
    from ....agent.chat.prices import Price
    from ....agent.chat.settings import Endpoint
    from ....agent.talk.talk import Mode, Talk


@dataclass
class Purse:
    """What a talk may spend.

    Attributes:
        endpoint: Where the words go.
        price: Per token, None where unknown.
        yes: Do not ask.
        most: Dollars of the whole talk, all voices together.
    """

    endpoint: "Endpoint"
    price: "Price | None"
    yes: bool
    most: float | None = None

    def announce(self, talk: "Talk", text: str, mode: "Mode", voices: int) -> None:
        """Where a new talk goes, what leaves the machine, and its price; said once."""
        from ....agent.talk.money import forecast

        say(f"host     {self.endpoint.host}, {self.endpoint.model}")
        shown = ", ".join(talk.config.contexts) or "no context"
        say(f"sent     your words, the lines of {shown}, tool results; never weights or paths")
        found = forecast(talk, text, mode, self.price, voices)
        if found.dollars is None or self.price is None:
            say(f"price    unknown; about {found.tokens:,} tokens a turn")
            return
        say(
            f"price    this turn about ${found.dollars:.4f} ({found.tokens:,} tokens), the next "
            f"${found.cached:.4f} if the provider caches at a tenth ({self.price.shown()})"
        )

    def allow(self, talk: "Talk", text: str, mode: "Mode", voices: int, spent: float) -> None:
        """Stop a turn that no cap allows, and ask before a dear one.

        Raises:
            Stop: If the turn is not to be sent; nothing was.
        """
        from ....agent.talk.money import BadSetting, forecast, needs_asking, over_month

        dollars = forecast(talk, text, mode, self.price, voices).dollars
        try:
            over, dear = over_month(dollars), needs_asking(dollars)
        except BadSetting as error:
            raise Stop(str(error), USAGE) from None
        if over:
            raise Stop(f"not sent: {over}", BUDGET)
        if self.most is not None and spent >= self.most:
            raise Stop(f"not sent: the talk has cost ${spent:.4f} of ${self.most:.2f}", BUDGET)
        if self.yes or self.endpoint.local or not dear:
            return
        sum_ = "an unknown sum" if dollars is None else f"about ${dollars:.2f}"
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise Stop(f"not sent: this turn costs {sum_} and nobody can be asked; add --yes")
        print(f"this turn costs {sum_}; send? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise Stop("not sent", 0)


def say(text: str) -> None:
    """A line for the person, beside the answer."""
    print(text, file=sys.stderr, flush=True)
