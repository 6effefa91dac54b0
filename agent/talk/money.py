"""What a turn may cost, said before it is sent, and what stands in its way."""

from dataclasses import dataclass

from ..chat.prices import REPLY_TOKENS, Price, estimate_tokens
from ..chat.settings import environment
from ..chat.spending import totals
from ..state import RunState
from .talk import Mode, Talk

CACHED = 0.1  # of the input price: what most providers ask for a cached token
ASK_ABOVE = 0.25
MONTHLY, THRESHOLD = "MECHMENTOR_MONTHLY_USD", "MECHMENTOR_ASK_ABOVE_USD"


@dataclass(frozen=True)
class Forecast:
    """A turn's size and price.

    Attributes:
        tokens: Of its first request, estimated.
        dollars: Nothing cached, one reply a voice; None where the price is unknown.
        cached: Of a next turn whose prefix the provider has cached.
    """

    tokens: int
    dollars: float | None
    cached: float | None


class BadSetting(ValueError):
    """A limit in the environment that is no number."""


def forecast(talk: Talk, text: str, mode: Mode, price: Price | None, voices: int = 1) -> Forecast:
    """What a turn of the talk will cost, before it is sent."""
    tokens = estimate_tokens(*talk.preview(text, mode))
    if price is None:
        return Forecast(tokens, None, None)
    reply = REPLY_TOKENS * price.output
    whole, cached = tokens * price.input, CACHED * tokens * price.input
    return Forecast(tokens, voices * (whole + reply), voices * (cached + reply))


def over_month(dollars: float | None) -> str | None:
    """Why a turn would break the monthly cap, or None; unknown prices count as nothing."""
    cap = _limit(MONTHLY)
    if cap is None:
        return None
    month = totals()["month"]["dollars"]
    if month + (dollars or 0.0) <= cap and month < cap:
        return None
    return f"this month has cost ${month:.4f} and the cap is ${cap:.2f} ({MONTHLY})"


def needs_asking(dollars: float | None) -> bool:
    """Whether a turn costs more than is spent without asking, or an unknown sum."""
    limit = _limit(THRESHOLD)
    return dollars is None or dollars > (ASK_ABOVE if limit is None else limit)


def turn_cost(state: RunState) -> str:
    """What the last turn has cost, with the share of its input that was cached."""
    replies = [e.reply for e in state.exchanges if e.turn == len(state.turns) and e.reply]
    usages = [r["usage"] for r in replies]
    sent = sum(u["input_tokens"] or 0 for u in usages)
    cached = sum(u["cached_tokens"] or 0 for u in usages)
    known = all(u["dollars"] is not None for u in usages)
    dollars = f"${sum(u['dollars'] or 0.0 for u in usages):.4f}" if known else "price unknown"
    share = f"{cached / sent:.0%} of {sent:,} tokens sent were cached" if sent else "tokens unknown"
    return f"{dollars}; {share}"


def _limit(name: str) -> float | None:
    text = environment().get(name, "").strip()
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        raise BadSetting(f"{name} is {text!r}, which is no number of dollars") from None
