"""Scripted critics: brains of a fake API that answer each pass of a review."""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

Messages = list[dict[str, Any]]
Answer = dict[str, Any]
USAGE = {"prompt_tokens": 1000, "completion_tokens": 100}


def text_of(message: dict[str, Any]) -> str:
    content = message["content"]
    return content if isinstance(content, str) else content[0]["text"]


def pass_of(messages: Messages) -> str:
    """Which pass is asked for: `map`, an aspect, or `defence`."""
    system = text_of(messages[0])
    aspect = re.search(r'\{"aspect": "(\w+)"', system)
    return aspect[1] if aspect else "defence" if '"defence"' in system else "map"


def lines_of(messages: Messages) -> list[str]:
    """The draft's lines, out of the user's turn."""
    return re.findall(r"^L\d+: (.*)$", text_of(messages[1]), re.MULTILINE)


def finding(quote: str, problem: str = "This does not follow.", **more: Any) -> dict[str, Any]:
    return {"quote": quote, "severity": "major", "problem": problem, "fix": "Mend it.",
            "settle": "A control.", "needs_figure": False, **more}  # fmt: skip


def said(value: Any) -> Answer:
    return {"text": f"```json\n{json.dumps(value)}\n```", "usage": USAGE}


def critic(
    findings: Callable[[str, list[str]], Iterable[dict[str, Any]]],
    defence: Callable[[str, list[str]], Iterable[dict[str, Any]]] = lambda asked, lines: (),
) -> Callable[[Messages, Any], Answer]:
    """A brain from what it finds by aspect and lines, and how it defends."""

    def brain(messages: Messages, tools: Any) -> Answer:
        name, lines = pass_of(messages), lines_of(messages)
        if name == "map":
            return said([])
        if name == "defence":
            return said({"defence": list(defence(text_of(messages[1]), lines))})
        return said({"aspect": name, "findings": list(findings(name, lines))})

    return brain


def quotable(lines: list[str]) -> list[str]:
    """Lines long enough to be quoted."""
    return [line for line in lines if len(re.findall(r"\w+", line)) >= 4]


def flatterer(name: str, lines: list[str]) -> list[dict[str, Any]]:
    return []


def boilerplate(name: str, lines: list[str]) -> list[dict[str, Any]]:
    """The same complaint about any draft."""
    return [finding(quotable(lines)[0], "More experiments on larger models are needed.")]


def every_line(name: str, lines: list[str]) -> list[dict[str, Any]]:
    return [finding(line, "This is not supported.") for line in quotable(lines)]
