"""The driver `llm`: what is said before money is spent, and the chat that spends it."""

import sys
from collections.abc import Callable, Mapping

from ...agent.case import Case
from ...agent.chat.connect import connect
from ...agent.chat.errors import MissingKey
from ...agent.chat.prices import REPLY_TOKENS, Price, estimate_tokens, price_of, worst_case
from ...agent.chat.settings import Endpoint, resolve
from ...agent.driver import Driver
from ...tools.spec import Message
from .exits import Stop


def announce(
    provider: str | None, model: str | None, case: Case, yes: bool
) -> tuple[tuple[str, str], ...]:
    """Say what a run with a language model sends and may cost, and ask.

    Args:
        provider: A preset, or None.
        model: A model's name, or None for the recommended one.
        case: The audit.
        yes: Do not ask.

    Returns:
        Settings for the tape: provider, base_url, model; never a key.

    Raises:
        MissingKey: If key or address is missing.
        Stop: If the answer is no, or nobody can be asked.
    """
    endpoint = resolve(provider, model=model)
    price = price_of(endpoint)
    for line in _lines(endpoint, price, case):
        print(line, file=sys.stderr)
    free = price is not None and price.input == 0 and price.output == 0
    if not (yes or endpoint.local or free):
        _ask(case.budget.dollars)
    return (
        ("base_url", endpoint.base_url),
        ("model", endpoint.model),
        ("provider", endpoint.provider),
    )


def _lines(endpoint: Endpoint, price: Price | None, case: Case) -> list[str]:
    calls = case.budget.calls
    worst = worst_case(price, _first_tokens(case), calls) if price else None
    if worst is None:
        most = "unknown"
    else:
        most = f"about ${worst:.2f} for {calls} calls (estimate: {REPLY_TOKENS} tokens a reply)"
    if case.budget.dollars is not None:
        most += f"; the run ends at ${case.budget.dollars:.2f}"
    return [
        f"host     {endpoint.host} ({endpoint.provider})",
        f"model    {endpoint.model}",
        "sent     prompts, tool results and texts of the target; never weights",
        f"price    {price.shown() if price else 'unknown'}",
        f"at most  {most}",
    ]


def _first_tokens(case: Case) -> int:
    from ...agent.drivers.chat_driver import offered
    from ...prompts import render
    from ...tools import catalog

    lines = [{"name": n, "line": catalog.CATALOG[n].line} for n in offered(case.access)]
    opening = [
        Message(role="system", content=render("auditor", tools=lines, claim_types=[])),
        Message(role="user", content=render("auditor_case", case=case)),
    ]
    return estimate_tokens(opening, [catalog.load(n).schema() for n in offered(case.access)])


def _ask(limit: float | None) -> None:
    if sys.stdin.isatty() and sys.stderr.isatty():
        print("start? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise Stop("not started, nothing was sent", 0)
    elif limit is None:
        raise Stop("this run costs money and nobody can be asked; add --yes or --max-usd")


def chat_driver(
    settings: Mapping[str, str], notice: Callable[[str], None], run: str = ""
) -> Driver:
    """The driver of a run's settings, with the key of the environment.

    Args:
        settings: What `announce` put on the tape.
        notice: Told what the reader should know.
        run: Name of the run, for the bookings.

    Raises:
        MissingKey: If the key is missing, or the environment names another address than the run:
            a run folder alone must not decide where a key is sent.
    """
    from ...agent.drivers.chat_driver import ChatDriver

    endpoint = resolve(settings.get("provider"), model=settings.get("model"))
    wanted = settings.get("base_url", endpoint.base_url)
    if wanted != endpoint.base_url:
        raise MissingKey(
            f"the run used {wanted}, the environment names {endpoint.base_url}; "
            f"set OPENAI_BASE_URL={wanted} to go on there"
        )
    return ChatDriver(connect(endpoint, notice, run))
