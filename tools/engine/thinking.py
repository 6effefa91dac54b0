"""Models that think before they answer: the thought and the answer, kept apart."""

import re
from dataclasses import dataclass
from typing import Any, Literal

Thinking = Literal["auto", "on", "off"]
# The marks of Qwen, DeepSeek and their kin.
_OPEN, _CLOSE = "<think>", "</think>"
_LAST = re.compile(rf"{_OPEN}(?!.*{_CLOSE})", re.S)


@dataclass(frozen=True)
class Thought:
    """A reply in its two parts.

    Attributes:
        thought: What was thought; None where the model did not think.
        answer: What was said; empty where the thought was never closed.
    """

    thought: str | None
    answer: str


def opens_thought(prompt: str) -> bool:
    """Whether a prompt ends inside a thought, as templates of thinking-only models make it."""
    return bool(_LAST.search(prompt))


def without_thought(prompt: str) -> str:
    """The prompt with an empty thought in place of one that it leaves open.

    Source: Ma et al. (2025), "Reasoning models can be effective without thinking".
    """
    return f"{prompt.rstrip()}\n\n{_CLOSE}\n\n" if opens_thought(prompt) else prompt


def split_thought(reply: str, *, opened: bool = False) -> Thought:
    """Thought and answer of a reply.

    Args:
        reply: Decoded reply.
        opened: Whether the prompt has opened the thought already.
    """
    text = reply.strip()
    if opened or text.startswith(_OPEN):
        thought, closed, answer = text.removeprefix(_OPEN).partition(_CLOSE)
        return Thought(thought.strip() or None, answer.strip() if closed else "")
    return Thought(None, text)


def with_system(turns: list[dict[str, Any]], system: str) -> list[dict[str, Any]]:
    """Turns with the system prompt in front of the first user message."""
    out = [dict(turn) for turn in turns]
    for turn in out:
        if turn["role"] == "user":
            turn["content"] = f"{system}\n\n{turn['content']}"
            return out
    return [{"role": "user", "content": system}, *out]
