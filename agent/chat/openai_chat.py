"""A language model behind any OpenAI-compatible endpoint."""

import random
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal, cast

from ...tools.spec import Message, Reply, ToolCall
from . import text_calls
from .client import make_client
from .faults import LONGEST_WAIT, Fault, classify, cut, from_body
from .redact import Redactor
from .settings import Endpoint
from .wire import Pieces, to_wire

ToolMode = Literal["auto", "native", "text"]
Notice = Callable[[str], None]
_FINISH = {"length": "length", "max_tokens": "length", "content_filter": "refusal"}


class OpenAIChat:
    """Streams replies, assembles tool calls, and answers every fault of an API.

    Args:
        endpoint: Where, which model, which key.
        timeout: Seconds to wait for each piece of an answer.
        max_retries: How often a request that may succeed later is sent again.
        sleep: Waits between tries.
        tool_mode: `native`, `text` (calls as JSON blocks), or `auto`: native until refused.
        on_notice: Told what the reader should know, such as a retry.

    Attributes:
        model: The model's name at the endpoint.
        endpoint: The endpoint.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        timeout: float = 120,
        max_retries: int = 4,
        sleep: Callable[[float], None] = time.sleep,
        tool_mode: ToolMode = "auto",
        on_notice: Notice = lambda text: None,
    ) -> None:
        self.model = endpoint.model
        self.endpoint = endpoint
        self._redactor = Redactor(endpoint.secrets())
        self._client = make_client(endpoint, timeout)
        self._retry = Retry(endpoint, max_retries, sleep, on_notice)
        self._mode: ToolMode = tool_mode
        self._notice = on_notice
        self._ask_usage = True

    def __repr__(self) -> str:
        return f"OpenAIChat({self.model!r} at {self.endpoint.host})"

    def complete(
        self,
        messages: list[Message],
        tools: list[dict[str, Any]] | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        """Answer `messages`; stream text to `on_text` as it arrives.

        A retry after a cut stream starts the text anew; `on_notice` is told before.

        Raises:
            ContextOverflow: If the conversation is longer than the model reads.
            ChatError: If there is no usable reply after all retries.
        """
        while True:
            as_text = bool(tools) and self._mode == "text"
            body = self._body(messages, tools or [], as_text)
            outcome = self._retry.run(lambda body=body: self._once(body, on_text))  # type: ignore[misc]
            if isinstance(outcome, Pieces):
                used = {c.id for m in messages for c in m.tool_calls}
                return self._reply(outcome, used, as_text)
            if outcome.about == "usage" and self._ask_usage:
                self._ask_usage = False
            elif outcome.about == "tools" and self._mode == "auto" and tools and not as_text:
                self._mode = "text"
                self._notice(f"{self.model} takes no tools here; calls go as JSON in text")
            else:
                raise outcome.error(self.endpoint)

    def _body(
        self, messages: list[Message], tools: list[dict[str, Any]], as_text: bool
    ) -> dict[str, Any]:
        sent = text_calls.as_text(messages, tools) if as_text else messages
        body: dict[str, Any] = {"model": self.model, "messages": to_wire(sent), "stream": True}
        if self._ask_usage:
            body["stream_options"] = {"include_usage": True}
        if tools and not as_text:
            body["tools"] = tools
        if self.endpoint.provider == "openrouter":
            body["extra_body"] = {"usage": {"include": True}}
        return body

    def _once(self, body: dict[str, Any], on_text: Callable[[str], None] | None) -> Pieces:
        pieces = Pieces()
        shown = self._redactor.stream()
        for chunk in self._chunks(body, pieces):
            text = shown.feed(pieces.add(chunk))
            if on_text and text:
                on_text(text)
        if pieces.finish is None:
            raise cut()
        rest = shown.flush()
        if on_text and rest:
            on_text(rest)
        return pieces

    def _open(self, body: dict[str, Any]) -> Iterator[Any]:
        stream = cast(Any, self._client.chat.completions.create)(**body)
        kind = stream.response.headers.get("content-type", "")
        if "html" in kind:
            raise _NoApi
        if "application/json" in kind:  # an endpoint that does not stream
            stream.response.read()
            value = stream.response.json()
            fault = from_body(value, self._redactor, tools_sent="tools" in body)
            if fault is not None:
                raise fault
            yield value
        else:
            yield from stream

    def _chunks(self, body: dict[str, Any], pieces: Pieces) -> Iterator[Any]:
        fault: Fault | None = None
        try:
            yield from self._open(body)
        except Fault as found:
            fault = found
        except _NoApi:
            fault = Fault("a web page answered, no API", "wrong_url")
        except Exception as error:
            fault = classify(error, self._redactor, tools_sent="tools" in body)
            if fault is None:
                raise
            if pieces.finish is not None:  # the reply is whole; only its epilogue was lost
                fault = None
        # Raised out here, so that the client's exception with its request is not its context.
        if fault is not None:
            raise fault

    def _reply(self, pieces: Pieces, used: set[str], as_text: bool) -> Reply:
        text, calls = pieces.text, pieces.calls(used)
        if as_text:
            text, written = text_calls.parse(text)
            calls += written
        finish = _FINISH.get(pieces.finish or "", "stop")
        if calls:
            finish = "tool_calls" if finish == "stop" else finish
        elif pieces.refusal or finish == "refusal":
            text, finish = text or pieces.refusal, "refusal"
        elif not text.strip() and finish == "stop":
            finish = "empty"
        clean = self._redactor.plain
        return Reply(
            text=clean(text),
            tool_calls=tuple(
                ToolCall(id=clean(c.id), name=clean(c.name), arguments=clean(c.arguments))
                for c in calls
            ),
            usage=pieces.usage,
            model=clean(pieces.model or self.model),
            finish=cast(Any, finish),
        )


class _NoApi(Exception):
    """The address answers with a web page."""


class Retry:
    """Sends a request again while that may help, with growing pauses."""

    def __init__(
        self, endpoint: Endpoint, retries: int, sleep: Callable[[float], None], notice: Notice
    ) -> None:
        self.endpoint = endpoint
        self.retries = retries
        self.sleep = sleep
        self.notice = notice

    def run(self, request: Callable[[], Pieces]) -> "Pieces | Fault":
        """The reply, or the fault that trying again does not mend.

        Raises:
            ChatError: If the fault stayed through all tries.
        """
        tries = 0
        while True:
            fault = None
            try:
                return request()
            except Fault as found:
                fault = found
            if not fault.again:
                return fault
            tries += 1
            if tries > self.retries:
                raise fault.error(self.endpoint, tries)
            wait = fault.wait
            if wait is None:
                wait = min(LONGEST_WAIT, 2.0 ** (tries - 1)) * random.uniform(0.75, 1.0)
            self.notice(f"{self.endpoint.host}: {fault}; asking again in {wait:.0f} s")
            self.sleep(wait)
