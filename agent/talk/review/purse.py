"""What a review has cost, what its next request may cost, and when to stop."""

from collections.abc import Sequence

from ....tools.spec import Message, Usage
from ...chat.prices import Price, estimate_tokens
from ...tape import Record

# Assumed for a reply before it is there; a reviewer's list of findings is rarely longer.
REPLY_TOKENS = 2000
PICTURE_TOKENS = 1500


class BudgetReached(Exception):
    """The next request might cost more than is left; the message says what is known."""


def tokens(messages: Sequence[Message]) -> int:
    """Estimated tokens of a request, pictures included."""
    shown = sum(len(getattr(message, "pictures", ())) for message in messages)
    return estimate_tokens(list(messages)) + PICTURE_TOKENS * shown


def expected(price: Price | None, request: int) -> float | None:
    """Dollars that a request of so many tokens may cost; None if the price is unknown."""
    return None if price is None else price.input * request + price.output * REPLY_TOKENS


def cost(price: Price | None, usage: Usage) -> float | None:
    """What a reply cost: by the provider's word, else by its tokens and the listed price."""
    if usage.dollars is not None:
        return usage.dollars
    if price is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    return price.input * usage.input_tokens + price.output * usage.output_tokens


def spent(records: Sequence[Record]) -> float | None:
    """Dollars of all requests on a tape; None where a part is unknown."""
    asked = [r for r in records if r["kind"] == "ask"]
    told = [r["dollars"] for r in records if r["kind"] == "reply"]
    if len(told) < len(asked) or any(dollars is None for dollars in told):
        return None
    return float(sum(told))


def check(records: Sequence[Record], next_one: float | None, limit: float | None) -> None:
    """Stop before a request that could pass the limit.

    A request whose cost nobody told counts as it was estimated.

    Raises:
        BudgetReached: If it could, or if that cannot be known.
    """
    if limit is None:
        return
    told = {r["call"]: r["dollars"] for r in records if r["kind"] == "reply"}
    sums = [
        told[r["call"]] if told.get(r["call"]) is not None else r["estimate"]
        for r in records
        if r["kind"] == "ask"
    ]
    if next_one is None or any(one is None for one in sums):
        raise BudgetReached("the price is unknown, so no limit in dollars can be kept")
    if sum(sums) + next_one > limit:
        raise BudgetReached(
            f"${sum(sums):.4f} spent, the next request may cost ${next_one:.4f}, "
            f"the limit is ${limit:.2f}"
        )
