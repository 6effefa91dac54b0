"""One page of documentation a tool, made from its declaration alone."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ..tools import calibration, catalog
from ..tools.spec import Tool

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "tools"


def pages() -> dict[str, str]:
    """File name to text, with an index."""
    out = {f"{name}.md": page(catalog.load(name)) for name in catalog.CATALOG}
    rows = [f"| [{e.name}]({e.name}.md) | {e.room} | {e.line} |" for e in catalog.CATALOG.values()]
    head = "# Tools\n\nMade by `mechmentor dev tool-pages`.\n\n| tool | room | what it does |\n"
    out["index.md"] = head + "|---|---|---|\n" + "\n".join(rows) + "\n"
    return out


def page(tool: Tool) -> str:
    """What a tool answers, its control, how often it cries wolf, arguments and data."""
    parts = [
        f"# {tool.name}",
        catalog.CATALOG[tool.name].line,
        tool.doc,
        f"Needs: {_need(tool)}. Version {tool.version}. {_control(tool)}",
        "## How often its verdict appears",
        _calibration(tool),
        "## Arguments",
        _table(tool.args, defaults=True),
        "## Data",
        _table(tool.data, defaults=False),
        "## Run it",
        f"```\nmechmentor tool run {tool.name}\n```",
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


def _control(tool: Tool) -> str:
    return (
        "Looks inside the model, so that every result carries a control."
        if tool.white_box
        else "Carries a control where one makes sense."
    )


def _calibration(tool: Tool) -> str:
    row = calibration.counts(tool.name, tool.version)
    if row is None:
        return "Not counted in this version: treat its verdict with caution."
    return (
        f"At default arguments ‘beyond control’ appears on {row.hits} of {row.organisms} models "
        f"with something planted, on {row.alarms} of {row.nulls} null-trained ones, and on "
        f"{row.identical_alarms} of {row.identical} that equal their base."
    )


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
