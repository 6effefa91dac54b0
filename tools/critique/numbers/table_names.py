"""Names of rows and columns, and where a sentence says them."""

import re

from ..document.model import Table
from .values import single

_ABBREVIATED = {
    "acc": "accuracy",
    "prob": "probability",
    "diff": "difference",
    "ppl": "perplexity",
    "corr": "correlation",
    "freq": "frequency",
    "avg": "average",
    "rel": "relative",
}


class Names:
    """Row and column names of a table, and where a sentence says them."""

    def __init__(self, table: Table) -> None:
        self.table = table
        head = _plain(table.header[0]) if table.header else ""
        labels = [_label(row.cells[0], head) if row.cells else "" for row in table.rows]
        self.rows = {
            i: label
            for i, label in enumerate(labels)
            if len(label) >= 2 and labels.count(label) == 1 and re.search(r"[^\W\d_]", label)
        }
        self.cells = {
            (i, j): value
            for i, row in enumerate(table.rows)
            for j, cell in enumerate(row.cells)
            if j and (value := single(cell)) is not None
        }
        used = {j for _, j in self.cells}
        self.columns = {
            j: _long(_plain(re.sub(r"[(\[].*?[)\]]|[↑↓%]", "", name)))
            for j, name in enumerate(table.header)
            if j in used
        }

    def said_rows(self, text: str) -> list[tuple[int, int]]:
        """(offset, row) of row names in a sentence; a name inside a longer name does not count."""
        return _said(text, self.rows)

    def said_columns(self, text: str) -> list[tuple[int, int]]:
        """(offset, column) of column names in a sentence."""
        return _said(text, {j: name for j, name in self.columns.items() if len(name) >= 2})


def _plain(name: str) -> str:
    return " ".join(re.sub(r"[*†‡:]", " ", name).lower().replace("-", " ").split())


def _label(cell: str, head: str) -> str:
    """A row's name: without what stands in brackets, and `layer 6` for a 6 under 'Layer'."""
    name = _plain(re.sub(r"[(\[].*?[)\]]", "", cell)) or _plain(cell)
    if re.fullmatch(r"\d+", name) and re.fullmatch(r"[a-z]{3,}", head):
        return f"{head.removesuffix('s')} {name}"
    return name


def _long(name: str) -> str:
    """A column's name with its usual abbreviations written out."""
    for short, full in _ABBREVIATED.items():
        name = re.sub(rf"\b{short}\b\.?", full, name)
    return name.rstrip(". ")


def _said(text: str, names: dict[int, str]) -> list[tuple[int, int]]:
    lowered = text.lower().replace("-", " ")
    spans = []
    for key, name in names.items():
        if name not in lowered:  # most names are not there: no pattern is needed to see that
            continue
        pattern = rf"(?<![\w]){re.escape(name)}(?:s|es)?(?![\w])"
        spans += [(m.start(), m.end(), key) for m in re.finditer(pattern, lowered)]
    kept = [
        s
        for s in spans
        if not any(o is not s and o[0] <= s[0] and s[1] <= o[1] and o[1] - o[0] > s[1] - s[0]
                   for o in spans)
    ]  # fmt: skip
    return sorted((start, key) for start, _, key in kept)
