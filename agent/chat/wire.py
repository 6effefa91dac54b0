"""Between our messages and the wire: requests out, streamed pieces in."""

import json
import math
from collections.abc import Mapping
from typing import Any

from ...tools.spec import Message, ToolCall, Usage
from .illustrated import Illustrated
from .surrogates import mended
from .text_calls import new_id


def to_wire(messages: list[Message]) -> list[dict[str, Any]]:
    """Messages in the form of the chat completions API."""
    return [_one(m) for m in messages]


def _one(message: Message) -> dict[str, Any]:
    found: dict[str, Any] = {"role": message.role, "content": message.content}
    if isinstance(message, Illustrated) and message.pictures:
        found["content"] = message.parts()
    if message.role == "tool":
        found["tool_call_id"] = message.tool_call_id or ""
    if message.tool_calls:
        found["content"] = message.content or None
        found["tool_calls"] = [
            {
                "id": c.id,
                "type": "function",
                "function": {"name": c.name, "arguments": c.arguments or "{}"},
            }
            for c in message.tool_calls
        ]
    return found


def read_usage(usage: Any) -> Usage:
    """Usage as far as the provider gave it; what it did not say is None."""
    if usage is None:
        return Usage()
    details = _get(usage, "prompt_tokens_details")
    cost = _get(usage, "cost")
    known = isinstance(cost, int | float) and not isinstance(cost, bool)
    # NaN would pass every budget, a negative cost would refill it: both mean unknown.
    known = known and math.isfinite(cost) and cost >= 0
    return Usage(
        input_tokens=_count(_get(usage, "prompt_tokens")),
        output_tokens=_count(_get(usage, "completion_tokens")),
        cached_tokens=_count(_get(details, "cached_tokens")),
        dollars=float(cost) if known else None,
    )


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


class Pieces:
    """A reply that is put together from its deltas.

    Attributes:
        finish: The finish reason, None until it came.
        usage: Usage of the last piece that had one.
        model: The model that answered, by its own word.
    """

    def __init__(self) -> None:
        self._text = ""
        self._refusal = ""
        self.finish: str | None = None
        self.usage = Usage()
        self.model = ""
        self._calls: list[dict[str, Any]] = []

    @property
    def text(self) -> str:
        """The text so far; pairs split between two pieces are whole again."""
        return mended(self._text)

    @property
    def refusal(self) -> str:
        """The text of a refusal."""
        return mended(self._refusal)

    def add(self, chunk: Any) -> str:
        """Take a chunk (or a whole completion) in; returns its new text."""
        self.model = mended(_string(_get(chunk, "model"))) or self.model
        if _get(chunk, "usage") is not None:
            self.usage = read_usage(_get(chunk, "usage"))
        choices = _get(chunk, "choices") or []
        if not choices:
            return ""
        choice = choices[0]
        delta = _get(choice, "delta") or _get(choice, "message")
        self.finish = _get(choice, "finish_reason") or self.finish
        self._refusal += _string(_get(delta, "refusal"))
        for piece in _get(delta, "tool_calls") or []:
            self._add_call(piece)
        new = _string(_get(delta, "content"))
        self._text += new
        return mended(new)

    def _add_call(self, piece: Any) -> None:
        index, call_id = _get(piece, "index"), _string(_get(piece, "id"))
        function = _get(piece, "function")
        name, arguments = _string(_get(function, "name")), _get(function, "arguments")
        call = next((c for c in reversed(self._calls) if c["index"] == index), None)
        # Some endpoints number every call 0, or none: a new id with a name is then a new call.
        if call is None or (call_id and name and call["id"] and call_id != call["id"]):
            call = {"index": index, "id": "", "name": "", "arguments": ""}
            self._calls.append(call)
        call["id"] = call["id"] or call_id
        call["name"] = call["name"] or name
        if isinstance(arguments, Mapping):
            arguments = json.dumps(arguments)
        call["arguments"] += _string(arguments)

    def calls(self, used: set[str]) -> tuple[ToolCall, ...]:
        """The calls, each with an id that the conversation has not seen yet."""
        found = []
        for call in self._calls:
            fresh = call["id"] and call["id"] not in used
            call_id = mended(call["id"]) if fresh else new_id()
            used.add(call_id)
            name, arguments = mended(call["name"]), mended(call["arguments"])
            found.append(ToolCall(id=call_id, name=name, arguments=arguments))
        return tuple(found)


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
