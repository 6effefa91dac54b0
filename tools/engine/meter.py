"""The token meter: what every forward pass of a model is charged."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..model import Model
from ..spec import Refusal


class TokenMeter:
    """Counts the tokens that enter any forward pass of the models that it is attached to.

    A token counts when it is embedded, whatever runs the model: plain `forward`, this engine, a
    TransformerLens bridge, `generate`. Padding counts, since it costs the same.

    Attributes:
        tokens: Tokens counted so far.
        limit: The most that `tokens` may become; None for no limit.
        on_exceed: Called with the tokens that were asked for, just before the refusal.
    """

    def __init__(
        self, limit: int | None = None, on_exceed: Callable[[int], None] | None = None
    ) -> None:
        self.tokens = 0
        self.limit = limit
        self.on_exceed = on_exceed

    def attach(self, model: Model) -> None:
        """Count this model's tokens from now on; attaching twice counts once."""
        if self.add not in model.counters:
            model.counters.append(self.add)

    def detach(self, model: Model) -> None:
        """Stop counting this model's tokens."""
        if self.add in model.counters:
            model.counters.remove(self.add)

    def add(self, count: int) -> None:
        """Charge `count` tokens.

        Raises:
            Refusal: `over_budget`, before they are charged and before the pass runs.
        """
        left = self.left()
        if left is not None and count > left:
            if self.on_exceed:
                self.on_exceed(count)
            raise Refusal(
                "over_budget",
                f"the next forward pass takes {count} tokens, {left} are left",
                "ask for less (fewer words, prompts or new tokens), or conclude",
            )
        self.tokens += count

    def left(self) -> int | None:
        """Tokens that may still be spent; None without a limit."""
        return None if self.limit is None else max(0, self.limit - self.tokens)

    @contextmanager
    def limited(self, tokens: int | None) -> Iterator["TokenMeter"]:
        """Allow at most `tokens` more inside the block; an outer limit stays in force."""
        before = self.limit
        if tokens is not None:
            inner = self.tokens + tokens
            self.limit = inner if before is None else min(before, inner)
        try:
            yield self
        finally:
            self.limit = before
