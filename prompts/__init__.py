"""Every prompt is a markdown file here: front matter that names its variables, then Jinja text."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, StrictUndefined

_FOLDER = Path(__file__).parent
_JINJA = Environment(
    undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
)


@cache
def _parts(name: str) -> tuple[dict[str, Any], str]:
    text = (_FOLDER / f"{name}.md").read_text(encoding="utf-8")
    _, front, body = text.split("---\n", 2)
    return yaml.safe_load(front), body


def render(name: str, **variables: Any) -> str:
    """Fill a prompt.

    Raises:
        ValueError: If a variable is missing or is not one that the prompt names.
    """
    front, body = _parts(name)
    wanted = set(front.get("variables") or [])
    if wanted != set(variables):
        odd = ", ".join(sorted(wanted ^ set(variables)))
        raise ValueError(f"prompt {name!r} takes {sorted(wanted)}; wrong: {odd}")
    return _JINJA.from_string(body).render(**variables).strip()


def prompt_hash(name: str) -> str:
    """Content hash of a prompt file, kept on the tape of every run that used it."""
    return hashlib.sha256((_FOLDER / f"{name}.md").read_bytes()).hexdigest()[:16]
