"""A notebook as text: its cells in order, outputs that are text with them."""

import json

from .document import Context, ContextError

MOST_OUTPUT = 2000


def load_notebook(text: str, name: str, source: str) -> Context:
    """Read a notebook (nbformat 4).

    Raises:
        ContextError: If it is no notebook.
    """
    try:
        book = json.loads(text)
        cells = book["cells"]
        blocks = [_cell(cell, number) for number, cell in enumerate(cells, start=1)]
        language = book.get("metadata", {}).get("language_info", {}).get("name", "")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ContextError(
            f"{source} is no whole notebook ({type(error).__name__}); open and save it in Jupyter"
        ) from None
    if not cells:
        raise ContextError(f"{source} has no cells")
    heading = next((line for b in blocks for line in b.split("\n") if line.startswith("# ")), "")
    return Context(
        name=name, title=heading.lstrip("# ") or name, source=source, kind="notebook",
        text="\n\n".join(blocks),
        notes=[f"language {language}"] if language not in ("", "python") else [],
    )  # fmt: skip


def _cell(cell: dict[str, object], number: int) -> str:
    body = _joined(cell["source"]).rstrip("\n")
    if cell["cell_type"] != "code":
        return body
    outputs = cell.get("outputs") or []
    said = (
        "\n".join(filter(None, (_output(o) for o in outputs))) if isinstance(outputs, list) else ""
    )
    shown = f"\n\nOutput {number}:\n{said[:MOST_OUTPUT]}" if said else ""
    return f"```python\n{body}\n```{shown}"


def _output(output: dict[str, object]) -> str:
    data = output.get("data")
    text = output.get("text") or (data.get("text/plain") if isinstance(data, dict) else "")
    return _joined(text or "").rstrip("\n")


def _joined(value: object) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value)
