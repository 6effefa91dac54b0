"""Jupyter notebook → document: its markdown cells, code cells as code, on the file's own lines."""

import json
from pathlib import Path
from typing import Any

from .markdown import read_markdown
from .model import Document, DraftError, Line


def read_notebook(name: str, text: str, folder: Path) -> Document:
    """A document from a notebook's JSON.

    Raises:
        DraftError: If it is no notebook.
    """
    try:
        cells: list[dict[str, Any]] = json.loads(text)["cells"]
        lines = _lines(name, text, cells)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DraftError(f"{name} is no readable notebook (no list of cells): {error}") from None
    return read_markdown(name, lines, folder, "notebook")


def _lines(name: str, text: str, cells: list[dict[str, Any]]) -> list[Line]:
    found: list[Line] = []
    at = 0
    for number, cell in enumerate(cells, start=1):
        source = cell.get("source", [])
        parts = source.splitlines(keepends=True) if isinstance(source, str) else list(source)
        kept: list[Line] = []
        for part in "".join(parts).splitlines(keepends=True):
            at, line = _position(text, part, at)
            kept.append(Line(name, line, part.rstrip("\r\n"), cell=number))
        if not kept:
            continue
        first, last = kept[0].number, kept[-1].number
        if cell.get("cell_type") == "code":
            fence = "`" * 6
            kept = [
                Line(name, first, fence + "python", cell=number),
                *kept,
                Line(name, last, fence, cell=number),
            ]
        found += [*kept, Line(name, last, "", cell=number)]
    return found or [Line(name, 1, "")]


def _position(text: str, part: str, at: int) -> tuple[int, int]:
    """Where a line of a cell stands in the file: offset behind it, line number."""
    for ascii_only in (False, True):
        for whole in (part, part.rstrip("\n")):
            inside = json.dumps(whole, ensure_ascii=ascii_only)[1:-1]
            found = text.find(inside, at) if inside else -1
            if found >= 0:
                return found + len(inside), text.count("\n", 0, found) + 1
    return at, text.count("\n", 0, at) + 1
