"""One page of documentation a tool, made from its declaration alone."""

import json
import re
import shlex
from pathlib import Path
from textwrap import fill
from typing import Any

from pydantic import BaseModel

from ..evals.intervals import exact
from ..tools import calibration, catalog
from ..tools.ledger import Ledger
from ..tools.spec import Tool
from ..tools.view import visible

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "tools"
PICTURES = FOLDER / "pictures"
SAID = PICTURES / "said.json"

_INDEX = """\
# Tools

Made by `mechmentor dev tool-pages`. The last columns: on how many models of the development split
the tool says ‘beyond control’ at default arguments, among those with something planted and among
nulls trained without it. What is said on nulls as often is no sign of something planted.

| tool | room | what it does | planted | nulls |
|---|---|---|---|---|
"""


def pages() -> dict[str, str]:
    """File name to text, with an index."""
    out = {f"{name}.md": page(catalog.load(name)) for name in catalog.CATALOG}
    rows = [
        f"| [{e.name}]({e.name}.md) | {e.room} | {e.line} | {_counted(e.name)} |"
        for e in catalog.CATALOG.values()
    ]
    out["index.md"] = _INDEX + "\n".join(rows) + "\n"
    return out


def _counted(name: str) -> str:
    row = calibration.counts(name, catalog.load(name).version)
    return f"{row.hits}/{row.organisms} | {row.alarms}/{row.nulls}" if row else "– | –"


def page(tool: Tool) -> str:
    """What a tool answers, when it misleads, its control, how often it cries wolf, its fields."""
    parts = [
        f"# {tool.name}",
        catalog.CATALOG[tool.name].line,
        "## What it answers",
        _answers(tool),
        f"Needs: {_need(tool)}. Version {tool.version}.",
        "## When it misleads",
        tool.misleads,
        "## Control",
        _control(tool),
        "## How often its verdict appears",
        _calibration(tool),
        "## Arguments",
        _table(tool.args, defaults=True),
        "## Data",
        _table(tool.data, defaults=False),
        "## Example",
        _example(tool),
        "## Source",
        _source(tool),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def write(folder: Path = FOLDER) -> list[Path]:
    """Write all pages, and remove those of tools that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    made = pages()
    for old in folder.glob("*.md"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in made]


def _need(tool: Tool) -> str:
    return f"a {tool.need.__name__} with access `{tool.access}`"


_SENTENCE = re.compile(r"Control:\s.*?\.(?=\s|$)", re.DOTALL)


def _answers(tool: Tool) -> str:
    return re.sub(r" +\n", "\n", _SENTENCE.sub("", tool.doc)).strip()


def _control(tool: Tool) -> str:
    own = _SENTENCE.search(tool.doc)
    if own:
        text = " ".join(own[0].removeprefix("Control:").split())
        return text[0].upper() + text[1:]
    return "None: it files, finds or checks, and measures no effect."


def _example(tool: Tool) -> str:
    if tool.need is Ledger:  # files something in an audit; a command of its own would do nothing
        return f"As an audit's driver calls it:\n\n```\n{tool.name} {_text(tool.example)}\n```"
    options = "".join(
        f" --{name.replace('_', '-')} {shlex.quote(_text(value))}"
        for name, value in tool.example.items()
    )
    shown = f"```\nmechmentor tool run {tool.name}{options}\n```"
    said = json.loads(SAID.read_text(encoding="utf-8")).get(tool.name) if SAID.exists() else None
    if said:
        on = (
            "a null-trained model beside its base" if tool.access == "base" else "the bundled model"
        )
        shown += f"\n\nOn {on} it says:\n\n```\n{fill(visible(said), 96)}\n```"
    if (PICTURES / f"{tool.name}.svg").exists():
        shown += f"\n\n![What the example shows](pictures/{tool.name}.svg)"
    return shown


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _source(tool: Tool) -> str:
    path = f"tools/{catalog.CATALOG[tool.name].module.replace('.', '/')}.py"
    return f"[`{path}`](../../{path})"


def _calibration(tool: Tool) -> str:
    row = calibration.counts(tool.name, tool.version)
    if row is None:
        return "Not counted in this version: treat its verdict with caution."
    text = (
        f"At default arguments ‘beyond control’ appears on {row.hits} of {row.organisms} models "
        f"with something planted{_bounds(row.hits, row.organisms)}, on {row.alarms} of {row.nulls} "
        f"null-trained ones{_bounds(row.alarms, row.nulls)}, and on "
        f"{row.identical_alarms} of {row.identical} that equal their base."
    )
    if row.identical_alarms or 5 * row.alarms > row.nulls:
        text += (
            " It does not keep quiet on nulls: by itself this verdict is no sign of something "
            "planted."
        )
    return text


def _bounds(k: int, n: int) -> str:
    found = exact(k, n)
    return f" (exact 95% bounds {found.low:.0%} to {found.high:.0%})"


def _table(model: type[BaseModel], *, defaults: bool) -> str:
    rows = []
    for name, info in model.model_fields.items():
        text = (info.description or "").replace("|", "\\|").replace("\n", " ")
        default = _default(info) if defaults else ""
        rows.append(f"| `{name}` | {text} |" + (f" {default} |" if defaults else ""))
    if not rows:
        return "None."
    head = "| name | what | default |\n|---|---|---|" if defaults else "| name | what |\n|---|---|"
    return head + "\n" + "\n".join(rows)


def _default(info: Any) -> str:
    if info.is_required():
        return "required"
    value = info.get_default(call_default_factory=True)
    text = repr(value).replace("|", "\\|")
    return f"`{text if len(text) <= 80 else text[:77] + '…'}`"
