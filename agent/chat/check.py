"""What `doctor` says about the language model. Never raises, never shows a key."""

from collections.abc import Callable
from typing import Any

from ...tools.spec import Message
from .connect import client
from .errors import ChatError, MissingKey
from .faults import classify
from .prices import Price, listed_models, price_of
from .redact import Redactor
from .settings import LITELLM, NO_KEY, Endpoint, resolve

Row = tuple[bool, str]
_PROBE = {
    "type": "function",
    "function": {
        "name": "add",
        "description": "Add two integers.",
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "required": ["a", "b"],
        },
    },
}


def check_chat(
    provider: str | None = None,
    model: str | None = None,
    *,
    online: bool = False,
    timeout: float = 30.0,
) -> list[Row]:
    """Key, endpoint and model; with `online` also whether they work, and the price.

    Args:
        provider: A preset, or None.
        model: A model's name, or None for the recommended one.
        online: Contact the endpoint and make one tiny call.
        timeout: Seconds for each request.

    Returns:
        Rows of (good, one line).
    """
    try:
        endpoint = resolve(provider, model=model)
    except MissingKey as error:
        if str(error) == NO_KEY and model is None:
            hint = "set OPENROUTER_API_KEY, or OPENAI_API_KEY and OPENAI_BASE_URL, to use one"
            return [(True, f"no key: playbook works without; {hint}")]
        return [(False, str(error))]
    except ChatError as error:
        return [(False, str(error))]
    clean = Redactor(endpoint.secrets()).line
    if endpoint.key or endpoint.userinfo:
        key = f"key present ({endpoint.key_name if endpoint.key else 'in the address'})"
    else:
        where = "litellm finds its own" if endpoint.provider == LITELLM else "none needed here"
        key = f"no key, {where}"
    rows = [(True, key), (True, f"{endpoint.provider}: {endpoint.base_url}, {endpoint.model}")]
    if not online:
        return [*rows, (True, "not contacted; --online does")]
    try:
        rows += _online(endpoint, timeout)
    except Exception as error:  # `doctor` must finish; an unforeseen failure is a row as well
        rows.append((False, clean(f"{type(error).__name__}: {error}")))
    return [(ok, clean(text, 500)) for ok, text in rows]


def _online(endpoint: Endpoint, timeout: float) -> list[Row]:
    rows: list[Row] = []
    listed: dict[str, Price | None] = {}
    if endpoint.provider == LITELLM:  # it has a price list of its own and no list of models
        price = price_of(endpoint)
        shown = f"price {price.shown()}" if price else "price unknown: litellm's list has none"
        return [_call(endpoint, timeout, lambda text: None), (True, shown)]
    try:
        listed = listed_models(endpoint, timeout)
    except Exception as error:
        fault = classify(error, Redactor(endpoint.secrets()), tools_sent=False)
        if fault is None:
            raise
        # Some endpoints have no list; a key or an address that fails here fails for calls too.
        rows.append((False, str(fault.error(endpoint))))
        if fault.kind in ("auth", "unreachable", "timeout"):
            return rows
    if listed:
        known = endpoint.model in listed
        near = ", ".join(sorted(listed)[:3])
        unknown = f"{endpoint.model} is not among its {len(listed)} models ({near}, …)"
        rows.append((known, "model known" if known else unknown))
    notices: list[str] = []
    rows.append(_call(endpoint, timeout, notices.append))
    rows += [(True, text) for text in notices]
    price = listed.get(endpoint.model)
    rows.append((True, f"price {price.shown()}" if price else "price unknown: the list has none"))
    return rows


def _call(endpoint: Endpoint, timeout: float, notice: Callable[[str], Any]) -> Row:
    chat = client(endpoint, notice, timeout=timeout, max_retries=1)
    question = Message(role="user", content="Use the tool to add 2 and 3.")
    try:
        reply = chat.complete([question], [_PROBE])
    except ChatError as error:
        return False, str(error)
    if any(c.name == "add" for c in reply.tool_calls):
        return True, "tool calling works"
    return False, "it answered without calling the tool; take another model for --driver llm"
