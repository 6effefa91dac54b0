"""Exercises as markdown: YAML front matter, the statement, and fenced blocks with a role.

A block whose fence says ```python ROLE or ```text ROLE belongs to the exercise's machinery; any
other block is part of the statement. Roles: given, solution, tests, generate, check, explanation,
`other: NAME`, `wrong: NAME`, `sample: points | mistakes`.
"""

import re
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from .types import Coding, Exercise, Maths, Written

_ROLE = re.compile(
    r"^```(?:python|text) +(given|solution|tests|generate|check|explanation"
    r"|(?:other|wrong|sample) *:.*?) *$"
)
_ADAPTER: TypeAdapter[Exercise] = TypeAdapter(Exercise)


class FormatError(Exception):
    """A text is not an exercise; the message is one line that says where and why."""


def parse(text: str, name: str = "exercise") -> Exercise:
    """Read an exercise.

    Raises:
        FormatError: If front matter, blocks or fields are wrong.
    """
    front, body = _front(text, name)
    statement, blocks = _blocks(body, name)
    values: dict[str, Any] = {**front, "statement": statement}
    samples = []
    for role, content in blocks:
        head, _, label = role.partition(":")
        head, label = head.strip(), label.strip()
        if head == "sample":
            has, _, mistakes = label.partition("|")
            samples.append({"text": content, "has": has.split(), "mistakes": mistakes.split()})
        elif head in ("other", "wrong"):
            key = "others" if head == "other" else "wrong"
            if not label or label in values.setdefault(key, {}):
                raise FormatError(f"{name}: block `{role}` needs a name of its own")
            values[key][label] = content
        elif head in values:
            raise FormatError(f"{name}: `{head}` is there twice")
        else:
            values[head] = content
    if samples:
        values["samples"] = samples
    try:
        return _ADAPTER.validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise FormatError(f"{name}: {place}: {first['msg']}") from None


def _front(text: str, name: str) -> tuple[dict[str, Any], str]:
    found = re.match(r"\A\s*---\n(.*?)\n---\n(.*)\Z", text.replace("\r\n", "\n"), re.DOTALL)
    if not found:
        raise FormatError(f"{name}: it must begin with front matter between two lines of ---")
    try:
        front = yaml.safe_load(found[1])
    except yaml.YAMLError as error:
        line = str(error).splitlines()[0]
        raise FormatError(f"{name}: the front matter is not YAML: {line}") from None
    if not isinstance(front, dict) or not all(isinstance(key, str) for key in front):
        raise FormatError(f"{name}: the front matter must name fields")
    wrong = front.get("wrong")
    if isinstance(wrong, dict):
        front["wrong"] = {str(key): value for key, value in wrong.items()}
    for field in ("answer", "id"):
        if field in front:
            front[field] = str(front[field])
    if isinstance(front.get("also"), list):
        front["also"] = [str(item) for item in front["also"]]
    return front, found[2]


def _blocks(body: str, name: str) -> tuple[str, list[tuple[str, str]]]:
    kept: list[str] = []
    blocks: list[tuple[str, str]] = []
    role: str | None = None
    inside: list[str] = []
    plain = False
    for line in body.split("\n"):
        if role is not None:
            if line.rstrip() == "```":
                blocks.append((role, "\n".join(inside) + "\n"))
                role, inside = None, []
            else:
                inside.append(line)
            continue
        found = None if plain else _ROLE.match(line)
        if found:
            role = found[1]
            continue
        if line.startswith("```"):
            plain = not plain
        kept.append(line)
    if role is not None:
        raise FormatError(f"{name}: the block `{role}` is not closed")
    statement = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    return statement, blocks


def render(exercise: Exercise) -> str:
    """The markdown that `parse` reads back as the same exercise."""
    values = exercise.model_dump(mode="json", exclude_defaults=True)
    values["kind"] = exercise.kind
    statement = values.pop("statement")
    blocks: list[tuple[str, str]] = []
    roles = ["given", "solution", "tests", "generate"] if isinstance(exercise, Coding) else []
    roles += ["check"] if isinstance(exercise, Maths) else []
    for role in (*roles, "explanation"):
        if role in values:
            blocks.append((role, values.pop(role)))
    if isinstance(exercise, Coding):
        for key, head in (("others", "other"), ("wrong", "wrong")):
            blocks += [(f"{head}: {name}", code) for name, code in values.pop(key, {}).items()]
    if isinstance(exercise, Written):
        values.pop("samples", None)
        for sample in exercise.samples:
            label = f"sample: {' '.join(sample.has)} | {' '.join(sample.mistakes)}"
            blocks.append((label, sample.text))
    front = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=100)
    text = f"---\n{front}---\n{statement}\n"
    for role, content in blocks:
        language = "text" if role.startswith(("sample", "explanation")) else "python"
        text += f"\n```{language} {role}\n{content.rstrip()}\n```\n"
    return text
