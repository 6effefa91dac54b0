"""Tool calls written as text, for endpoints that know no tools."""

import json
import re
import secrets
from typing import Any

from ...tools.spec import Message, ToolCall
from .surrogates import mended

# Possessive: a model that loops on blanks must not make the search cubic.
_FENCE = re.compile(r"```[ \t]*+(?:json|tool_call|tool_code|tool)?+\s*+(?=[{\[])")
_CLOSE = re.compile(r"\s*```")
_NAME = re.compile(r'"(?:tool|name)"\s*:\s*"([^"\\]{1,80})"')
_THOUGHT = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_DECODER = json.JSONDecoder()


def instructions(tools: list[dict[str, Any]]) -> str:
    """What the system prompt says about calling tools as text."""
    schemas = "\n".join(json.dumps(t["function"], ensure_ascii=False) for t in tools)
    return (
        "You call a tool by writing a fenced block, one block a call, several if they do not "
        'depend on each other:\n```json\n{"tool": "NAME", "arguments": {…}}\n```\n'
        "Then stop; the results come in the next message. Never write results yourself.\n"
        f"The tools, one JSON schema a line:\n{schemas}"
    )


def block(call: ToolCall) -> str:
    """A call as the model would have written it."""
    try:
        arguments = json.loads(call.arguments or "{}")
    except ValueError:
        arguments = call.arguments
    body = json.dumps({"tool": call.name, "arguments": arguments}, ensure_ascii=False)
    return f"```json\n{body}\n```"


def as_text(messages: list[Message], tools: list[dict[str, Any]]) -> list[Message]:
    """The conversation without tool roles: schemas in the system prompt, calls and results as text.

    Neighbours of one role are joined, because some chat templates demand alternation.
    """
    names = {c.id: c.name for m in messages for c in m.tool_calls}
    plain: list[Message] = []
    if not messages or messages[0].role != "system":
        messages = [Message(role="system", content=""), *messages]
    for position, message in enumerate(messages):
        role, content = message.role, message.content
        if role == "tool":
            role = "user"
            content = f"Result of {names.get(message.tool_call_id or '', 'a tool')}:\n{content}"
        if message.tool_calls:
            content = "\n".join(filter(None, [content, *map(block, message.tool_calls)]))
        if position == 0:
            content = "\n\n".join(filter(None, [content, instructions(tools) if tools else ""]))
        if plain and plain[-1].role == role:
            plain[-1] = Message(role=role, content=f"{plain[-1].content}\n\n{content}")
        elif content or position:
            plain.append(Message(role=role, content=content))
    return plain


def parse(text: str) -> tuple[str, tuple[ToolCall, ...]]:
    """The calls in a reply, and the reply without them. Never raises.

    A block that means a call but is no JSON becomes a call with its raw text as arguments, so
    that the model is told what is wrong with it.
    """
    text = _THOUGHT.sub("", text)
    stripped = text.strip()
    if stripped[:1] in ("{", "["):
        calls, end = _read(stripped, 0)
        if calls and not stripped[end:].strip():
            return "", tuple(calls)
    rest: list[str] = []
    found: list[ToolCall] = []
    at = 0
    while match := _FENCE.search(text, at):
        calls, end = _read(text, match.end())
        if calls:
            rest.append(text[at : match.start()])
            found += calls
        else:
            rest.append(text[at:end])
        at = end
    return "".join([*rest, text[at:]]).strip(), tuple(found)


def new_id() -> str:
    """An id for a call that came without a usable one."""
    return f"call_{secrets.token_hex(6)}"


def _read(text: str, start: int) -> tuple[list[ToolCall], int]:
    """The calls of one block that begins at `start`, and where the block ends."""
    calls: list[ToolCall] = []
    at = start
    while True:
        try:
            value, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            close = text.find("```", at)
            raw = text[at : close if close >= 0 else len(text)]
            name = _NAME.search(raw)
            if name and '"arguments"' in raw:
                calls.append(ToolCall(id=new_id(), name=name[1], arguments=_after(raw)))
            return calls, close + 3 if close >= 0 else len(text)
        for item in value if isinstance(value, list) else [value]:
            call = _call(item)
            if call:
                calls.append(call)
        if closing := _CLOSE.match(text, at):
            return calls, closing.end()
        following = re.compile(r"[\s,]*(?=[{\[])").match(text, at)
        if following is None:
            return calls, at
        at = following.end()


def _call(item: Any) -> ToolCall | None:
    if not isinstance(item, dict):
        return None
    name = item.get("tool", item.get("name"))
    if not isinstance(name, str) or not name or not ("tool" in item or "arguments" in item):
        return None
    arguments = item.get("arguments", {})
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return ToolCall(id=new_id(), name=mended(name), arguments=mended(text))


def _after(raw: str) -> str:
    return raw.split('"arguments"', 1)[1].lstrip(" :\n\t").rstrip()
