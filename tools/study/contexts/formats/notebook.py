"""Jupyter notebooks: text, code and printed output, cell by cell."""

import json
from typing import Any

from ..document import Document, Origin, Unreadable
from .plain import decode

_LONGEST_OUTPUT = 40


def load_notebook(data: bytes, name: str) -> Document:
    """A notebook; pictures in outputs are named, not kept.

    Raises:
        Unreadable: If it is no notebook.
    """
    try:
        book = json.loads(decode(data))
        cells = book["cells"] if "cells" in book else book["worksheets"][0]["cells"]
        assert isinstance(cells, list)
    except (ValueError, KeyError, IndexError, TypeError, AssertionError):
        raise Unreadable(
            f"{name} is a broken notebook (no JSON with cells); open and save it in Jupyter, "
            "or add it as text under the ending .txt"
        ) from None
    lines: list[str] = []
    origins, warnings = [], []
    for number, cell in enumerate(cells, 1):
        if not isinstance(cell, dict):
            warnings.append(f"cell {number} is broken: left out")
            continue
        origins.append(Origin(line=len(lines) + 1, label=f"cell {number}", first=1))
        source = _text(cell.get("source", cell.get("input", "")))
        code = cell.get("cell_type") == "code"
        lines += ["```python", *source.split("\n"), "```"] if code else source.split("\n")
        for output in cell.get("outputs") or [] if code else []:
            shown = _output(output if isinstance(output, dict) else {}).rstrip("\n")
            if shown:
                rows = shown.split("\n")
                lines += ["Output:", *rows[:_LONGEST_OUTPUT]]
                if len(rows) > _LONGEST_OUTPUT:
                    lines.append(f"({len(rows) - _LONGEST_OUTPUT} more lines of output left out)")
        lines.append("")
    if not any(line.strip() for line in lines):
        raise Unreadable(f"{name} is a notebook without any text or code")
    title = next((x.lstrip("# ").strip() for x in lines if x.startswith("# ")), name)
    return Document(title, "notebook", tuple(lines), tuple(origins), warnings=tuple(warnings))


def _text(value: Any) -> str:
    text = "".join(map(str, value)) if isinstance(value, list) else str(value)
    return text.rstrip("\n")


def _output(output: dict[str, Any]) -> str:
    if "text" in output:
        return _text(output["text"])
    data = output.get("data")
    data = data if isinstance(data, dict) else {}
    if any(str(k).startswith("image/") for k in data):
        return "(a picture)"
    if "text/plain" in data:
        return _text(data["text/plain"])
    return f"{output['ename']}: {output.get('evalue', '')}" if "ename" in output else ""
