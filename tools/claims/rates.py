"""How often something happens under a condition, and where it should not happen."""

from pydantic import Field

from ..spec import Frozen


class Example(Frozen):
    """One prompt with what the model answered and whether the answer fits the claim."""

    where: str
    prompt: str
    reply: str
    fits: bool


class Rates(Frozen):
    """Shares of prompts on which the claimed thing happens.

    Attributes:
        target: On the target under the condition.
        base: On the base under the same condition; None without a base.
        without: On the target without the condition; None where the claim has no condition.
        pairs: On the target under conditions that differ by a little; None where no rule makes any.
        n: Prompts under the condition.
        near: The conditions that `pairs` used.
        examples: A few prompts with replies, to read.
    """

    target: float = Field(ge=0, le=1)
    base: float | None = Field(None, ge=0, le=1)
    without: float | None = Field(None, ge=0, le=1)
    pairs: float | None = Field(None, ge=0, le=1)
    n: int = Field(ge=1)
    near: list[str] = Field(default_factory=list)
    examples: list[Example] = Field(default_factory=list)
