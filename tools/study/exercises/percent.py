"""Work files with cells: py:percent text and notebooks, written and read back."""

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

_HEAD = re.compile(r"^# %%(?: +\[(markdown)\])?.*$")
_MAGIC = re.compile(r"^\s*[%!]")


@dataclass(frozen=True)
class Cell:
    """One cell: markdown or code."""

    kind: Literal["markdown", "code"]
    text: str


def to_percent(cells: list[Cell]) -> str:
    """Cells as a Python file that editors show as cells."""
    parts = []
    for cell in cells:
        if cell.kind == "markdown":
            lines = [f"# {line}".rstrip() for line in cell.text.strip().splitlines()]
            parts.append("# %% [markdown]\n" + "\n".join(lines))
        else:
            parts.append("# %%\n" + cell.text.strip("\n"))
    return "\n\n".join(parts) + "\n"


def to_notebook(cells: list[Cell]) -> str:
    """Cells as a notebook (nbformat 4.5)."""
    made: list[dict[str, Any]] = []
    for number, cell in enumerate(cells):
        value: dict[str, Any] = {
            "cell_type": cell.kind,
            "id": f"cell-{number}",
            "metadata": {},
            "source": cell.text.strip("\n").splitlines(keepends=True),
        }
        if cell.kind == "code":
            value |= {"execution_count": None, "outputs": []}
        made.append(value)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    book = {
        "cells": made,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(book, indent=1, ensure_ascii=False) + "\n"


def read_cells(text: str) -> list[Cell]:
    """Cells of a py:percent file or a notebook, whichever the text is.

    Raises:
        ValueError: If a notebook cannot be read.
    """
    if text.lstrip().startswith("{"):
        try:
            return [_from_notebook(cell) for cell in json.loads(text)["cells"]]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"this is not a notebook: {error}") from None
    cells: list[Cell] = []
    kind: Literal["markdown", "code"] = "code"
    lines: list[str] = []

    def close() -> None:
        body = "\n".join(lines).strip("\n")
        if body:
            plain = re.sub(r"(?m)^# ?", "", body) if kind == "markdown" else body
            cells.append(Cell(kind, plain))

    for line in text.replace("\r\n", "\n").split("\n"):
        head = _HEAD.match(line)
        if head:
            close()
            kind, lines = ("markdown" if head[1] else "code"), []
        else:
            lines.append(line)
    close()
    return cells


def _from_notebook(cell: dict[str, Any]) -> Cell:
    source = cell["source"]
    text = source if isinstance(source, str) else "".join(source)
    return Cell("code" if cell["cell_type"] == "code" else "markdown", text)


def code_of(text: str) -> str:
    """All code of a work file; notebook commands such as %matplotlib are left out."""
    parts = []
    for cell in read_cells(text):
        if cell.kind == "code":
            lines = cell.text.splitlines()
            parts.append("\n".join(f"# {x}" if _MAGIC.match(x) else x for x in lines))
    return "\n\n".join(parts) + "\n"
