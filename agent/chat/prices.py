"""What a run may cost: prices from the endpoint's own list, tokens by estimate."""

import json
from dataclasses import dataclass
from typing import Any

from ...tools.spec import Message
from .client import make_client
from .settings import LITELLM, Endpoint

# Assumed where a run has not happened yet; said beside every figure made from them.
RESULT_TOKENS = 1500
REPLY_TOKENS = 1000


@dataclass(frozen=True)
class Price:
    """US dollars per token."""

    input: float
    output: float

    def shown(self) -> str:
        """The price per million tokens."""
        return f"${self.input * 1e6:.2f} in, ${self.output * 1e6:.2f} out per million tokens"


def listed_models(endpoint: Endpoint, timeout: float = 10.0) -> dict[str, Price | None]:
    """Every model that the endpoint lists, with its price where it gives one.

    Raises:
        Exception: Whatever the client raises; callers sort it with `faults.classify`.
    """
    found = make_client(endpoint, timeout).models.list()
    return {m.id: _price((m.model_extra or {}).get("pricing")) for m in found.data or []}


def price_of(endpoint: Endpoint, timeout: float = 10.0) -> Price | None:
    """The model's price; None when the list is out of reach or does not say."""
    if endpoint.provider == LITELLM:
        from .litellm_chat import listed_price

        listed = listed_price(endpoint.model)
        return Price(*listed) if listed else None
    try:
        return listed_models(endpoint, timeout).get(endpoint.model)
    except Exception:  # any failure means the same: the price is unknown
        return None


def sees(endpoint: Endpoint, timeout: float = 10.0) -> bool | None:
    """Whether the model takes pictures, by the endpoint's list; None where it does not say."""
    if endpoint.provider == LITELLM:
        return None
    try:
        listed = make_client(endpoint, timeout).models.list().data or []
        model = next(m for m in listed if m.id == endpoint.model)
        return "image" in (model.model_extra or {})["architecture"]["input_modalities"]
    except Exception:  # any failure means the same: nobody says
        return None


def _price(pricing: Any) -> Price | None:
    try:
        price = Price(float(pricing["prompt"]), float(pricing["completion"]))
    except (KeyError, TypeError, ValueError):
        return None
    # OpenRouter's routers list -1: the price depends on the model that is chosen.
    return price if price.input >= 0 and price.output >= 0 else None


def estimate_tokens(messages: list[Message], tools: list[dict[str, Any]] | None = None) -> int:
    """An estimate of the tokens in a request: characters / 4, rounded up."""
    characters = sum(len(m.content) + sum(len(c.arguments) for c in m.tool_calls) for m in messages)
    characters += len(json.dumps(tools)) if tools else 0
    return -(-characters // 4)


def worst_case(
    price: Price | None,
    first: int,
    calls: int | None,
    result_tokens: int = RESULT_TOKENS,
    reply_tokens: int = REPLY_TOKENS,
) -> float | None:
    """Dollars if every call is made one at a time and nothing is cached.

    The whole conversation is sent again with every call, so the input grows with the square of
    the number of calls.

    Args:
        price: Price per token.
        first: Tokens of the first request.
        calls: Tool calls allowed.
        result_tokens: Tokens of a result, assumed.
        reply_tokens: Tokens of a reply, assumed.

    Returns:
        US dollars; None when the price or the number of calls is unknown.
    """
    if price is None or calls is None:
        return None
    grown = (result_tokens + reply_tokens) * calls * (calls - 1) // 2
    return price.input * (first * calls + grown) + price.output * reply_tokens * calls
