"""What testing a claim found: its rates, and whether it holds."""

from pydantic import Field

from ..spec import Frozen
from .rates import Example


class Holds(Frozen):
    """A claim's rates and what follows from them.

    Attributes:
        rate_target: Share of prompts under the condition on which it happens.
        rate_base: The same on the base; None without a base.
        rate_without: On the target without the condition; None where there is no condition.
        rate_pairs: On the target under nearly the same condition; None where no rule makes any.
        n: Prompts under the condition.
        holds: rate_target at least 0.5 and every other rate that exists at most 0.1.
        why: One clause.
        near: What the minimal pairs were.
        examples: A few prompts with replies.
    """

    rate_target: float = Field(ge=0, le=1)
    rate_base: float | None = Field(None, ge=0, le=1)
    rate_without: float | None = Field(None, ge=0, le=1)
    rate_pairs: float | None = Field(None, ge=0, le=1)
    n: int = Field(ge=1)
    holds: bool
    why: str
    near: list[str] = Field(default_factory=list)
    examples: list[Example] = Field(default_factory=list)
