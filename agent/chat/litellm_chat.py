"""The same language model protocol over litellm, for providers with an API of their own."""

import os
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import SecretStr

from ...tools.spec import Message, Reply
from .openai_chat import Notice, OpenAIChat, ToolMode
from .redact import Redactor
from .settings import LITELLM, LITELLM_URL, Endpoint, environment

_SECRET_NAME = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS)$")


class LiteLLMChat(OpenAIChat):
    """A model by litellm's name for it (`anthropic/…`, `bedrock/…`); litellm finds the key.

    Args:
        model: litellm's name.
        base_url: Another address, for litellm's `api_base`.
        key: A key, where litellm should not look for one.
        timeout: Seconds to wait for an answer.
        max_retries: How often a request that may succeed later is sent again.
        sleep: Waits between tries.
        tool_mode: As in `OpenAIChat`.
        on_notice: Told what the reader should know.

    Raises:
        ModuleNotFoundError: If the extra `litellm` is not installed.
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str | None = None,
        key: str | None = None,
        timeout: float = 120,
        max_retries: int = 4,
        sleep: Callable[[float], None] = time.sleep,
        tool_mode: ToolMode = "auto",
        on_notice: Notice = lambda text: None,
    ) -> None:
        # Otherwise litellm downloads its price list while it is imported.
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
        import litellm

        self._cost: Callable[..., tuple[float, float]] = litellm.cost_per_token
        litellm.suppress_debug_info = True
        endpoint = Endpoint(
            provider=LITELLM,
            base_url=base_url or LITELLM_URL,
            model=model,
            key=SecretStr(key) if key else None,
            key_name="the key that litellm reads for this provider",
        )
        super().__init__(
            endpoint,
            timeout=timeout,
            max_retries=max_retries,
            sleep=sleep,
            tool_mode=tool_mode,
            on_notice=on_notice,
        )
        known = [v for k, v in environment().items() if _SECRET_NAME.search(k.upper())]
        self._redactor = Redactor([*endpoint.secrets(), *known])
        # Its handler of MCP tools needs a package that litellm does not depend on.
        self._options: dict[str, Any] = {
            "timeout": timeout,
            "num_retries": 0,
            "_skip_mcp_handler": True,
        }
        if base_url:
            self._options["api_base"] = endpoint.base_url
        if key:
            self._options["api_key"] = key
        self._completion: Callable[..., Any] = litellm.completion

    def _open(self, body: dict[str, Any]) -> Iterator[Any]:
        yield from self._completion(**body, **self._options)

    def complete(
        self,
        messages: list[Message],
        tools: list[dict[str, Any]] | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        """As in `OpenAIChat`; where the provider names no cost, litellm's price list does."""
        reply = super().complete(messages, tools, on_text)
        usage = reply.usage
        if usage.dollars is not None or usage.input_tokens is None or usage.output_tokens is None:
            return reply
        try:
            cost = sum(
                self._cost(
                    model=self.model,
                    prompt_tokens=usage.input_tokens,
                    completion_tokens=usage.output_tokens,
                )
            )
        except Exception:  # the list does not know the model: the cost stays unknown
            return reply
        usage = usage.model_copy(update={"dollars": cost})
        return reply.model_copy(update={"usage": usage})


def listed_price(model: str) -> tuple[float, float] | None:
    """US dollars per input and output token in litellm's own list; None if it is not there."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm

    known = litellm.model_cost.get(model) or litellm.model_cost.get(model.partition("/")[2]) or {}
    paid, got = known.get("input_cost_per_token"), known.get("output_cost_per_token")
    return None if paid is None or got is None else (float(paid), float(got))
