"""Intervals in cells and columns of tables against their estimates."""

import re
from collections.abc import Iterator

from ..document.model import Table
from ..rule import Hit
from .values import printed, single

_N = r"[-−]?\d*\.?\d+"
_CELL = re.compile(
    rf"^\s*(?:\d+\s*/\s*\d+\s*=\s*)?(?P<e>{_N})\s?%?\s*[(\[]\s*(?P<a>{_N})\s?%?\s*(?:,|;|to|–)\s*(?P<b>{_N})\s?%?\s*[)\]]\s*$"
)
_ALONE = re.compile(
    rf"^\s*[(\[]?\s*(?P<a>{_N})\s?%?\s*(?:,|;|to|–|-)\s*(?P<b>{_N})\s?%?\s*[)\]]?\s*$"
)


def inside(value: float, low: float, high: float, slack: float) -> bool:
    """Whether a value lies in an interval, as a fraction or as per cent."""
    return any(
        low - slack * scale <= value * scale <= high + slack * scale for scale in (1.0, 0.01, 100.0)
    )


def cells(table: Table) -> Iterator[Hit]:
    """Cells that hold estimate and interval."""
    for row in table.rows:
        for cell in row.cells:
            if not (match := _CELL.match(cell)):
                continue
            value, low, high = (printed(match[name]) for name in "eab")
            if low < high and not low <= value <= high:
                yield Hit(
                    row.line,
                    f"{table.name}: {match['e']} lies outside its own interval, "
                    f"{match['a']} to {match['b']}.",
                    quote=" | ".join(row.cells),
                )


def columns(table: Table) -> Iterator[Hit]:
    """A column of intervals behind a column of estimates: all rows but one fit."""
    for column, name in enumerate(table.header):
        if column < 2 or not re.search(r"interval|\bCI\b|95\s?%", name, re.I):
            continue
        fits = {other: _fits(table, other, column) for other in range(1, column)}
        for rows in fits.values():
            wrong = [row for row, good in rows if not good]
            clear = any(other and all(good for _, good in other) for other in fits.values())
            if len(wrong) == 1 and len(rows) >= 2 and not clear:
                said = table.rows[wrong[0]].cells
                yield Hit(
                    table.rows[wrong[0]].line,
                    f"{table.name}: no estimate of this row lies in its interval, {said[column]}.",
                    quote=" | ".join(said),
                )
                return


def _fits(table: Table, estimate: int, column: int) -> list[tuple[int, bool]]:
    found = []
    for index, row in enumerate(table.rows):
        if len(row.cells) <= column:
            continue
        value, match = single(row.cells[estimate]), _ALONE.match(row.cells[column])
        if value is not None and match:
            low, high = printed(match["a"]), printed(match["b"])
            found.append((index, inside(value.value, low, high, value.half)))
    return found
