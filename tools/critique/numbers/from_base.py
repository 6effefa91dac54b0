"""Changes from a base row or column: a cell that breaks what the others keep."""

import re
from collections.abc import Iterator
from dataclasses import replace

from ..document.model import Document, Row, Table
from ..rule import Hit, rule
from .grid import room
from .values import Number, single

_CHANGE = re.compile(
    r"(?:abs(?:olute|\.)? )?(?:Δ|delta|diff(?:erence|\.)?|gain|change|improvement|drop|gap|loss|cost|decrease|"
    r"increase|reduction|fall|rise)\b",
    re.I,
)
_NO_CHANGE = re.compile(r"\s*(?:[-–—−]+|0(?:\.0+)?|n/?a|ref(?:erence|\.)?|base(?:line)?|)\s*", re.I)


@rule(
    "change-from-base",
    "numbers",
    "one change from the base of a table that its own two cells do not give",
    severity="major",
    rationale="Where a row of drops fits its base in every column but one, that one holds a slip.",
    source="seed, 'Get the stats right'",
    fix="Subtract the base from that cell again.",
    fires=(
        "| | Full | No salt | No sugar | Neither |\n|---|---|---|---|---|\n"
        "| Rating | 81.7 | 55.0 | 68.4 | 39.6 |\n| Drop | – | 26.7 | 14.1 | 42.1 |",
        "| Roof | Heat lost | Change |\n|---|---|---|\n| tin | 9.4 | – |\n| tiles | 7.1 | −2.3 |\n"
        "| straw | 4.2 | −6.2 |\n| turf | 3.9 | −5.5 |",
        "| Roof | Heat lost | Summer Δ |\n|---|---|---|\n| tin | 9.4 | – |\n| tiles | 7.1 | −2.3 |\n"
        "| straw | 4.2 | −6.2 |\n| turf | 3.9 | −5.5 |",
    ),
    quiet=(
        "| | Full | No salt | No sugar | Neither |\n|---|---|---|---|---|\n"
        "| Rating | 81.7 | 55.0 | 68.4 | 39.6 |\n| Drop | – | 26.7 | 13.3 | 42.1 |",
        "| Roof | Heat lost | Change |\n|---|---|---|\n| tin | 9.4 | – |\n| tiles | 7.1 | −2.3 |\n"
        "| straw | 4.2 | −5.2 |\n| turf | 3.9 | −5.5 |",
        "| Roof | Heat lost | Change of price |\n|---|---|---|\n| tin | 9.4 | – |\n| tiles | 7.1 | 12 |\n"
        "| straw | 4.2 | 18 |\n| turf | 3.9 | 3 |",
    ),
)
def change_from_base(document: Document) -> Iterator[Hit]:
    """Look down columns and along rows."""
    for table in document.tables:
        yield from _broken(table)
        yield from _broken(_turned(table))


def _turned(table: Table) -> Table:
    """Rows as columns; every new row keeps the line of the row that holds the changes."""
    last = next((row.line for row in table.rows if row.cells and _CHANGE.match(row.cells[0])), 0)
    names = tuple(row.cells[0] if row.cells else "" for row in table.rows)
    rows = tuple(
        Row((head, *(row.cells[j] if j < len(row.cells) else "" for row in table.rows)), last)
        for j, head in enumerate(table.header)
        if j
    )
    return replace(table, header=("", *names), rows=rows)


def _broken(table: Table) -> Iterator[Hit]:
    for c, name in enumerate(table.header):
        if c == 0 or not (_CHANGE.match(name.strip(" *")) or re.search(r"\s[Δ∆]$", name)):
            continue
        found = []
        for v in range(1, len(table.header)):
            right, wrong = _kept(table, v, c) if v != c else ([], [])
            if len(right) >= 2 and not wrong:
                break  # this is what the changes are of
            if len(right) >= 2 and len(wrong) == 1:
                found.append((v, *wrong[0]))
        else:
            for v, row, base, value, said in found[:1]:
                size = abs(value.value - base.value)
                yield Hit(
                    row.line,
                    f"{table.name}: “{name}” is the distance from {base.text} in “{table.header[v]}”; for "
                    f"“{row.cells[0]}” that gives {size:.{max(said.decimals, 0)}f}, not {said.text}.",
                    quote=" | ".join(row.cells),
                )


_Wrong = tuple[Row, Number, Number, Number]


def _kept(table: Table, v: int, c: int) -> tuple[list[Row], list[_Wrong]]:
    """Rows whose change is the distance from the one row without a change; and the others."""
    rows = [row for row in table.rows if len(row.cells) > max(v, c)]
    bases = [row for row in rows if _NO_CHANGE.fullmatch(row.cells[c])]
    base = single(bases[0].cells[v]) if len(bases) == 1 else None
    right: list[Row] = []
    wrong: list[_Wrong] = []
    for row in rows:
        value, said = single(row.cells[v]), single(row.cells[c])
        if base is None or row in bases or value is None or said is None:
            continue
        slack = said.half + room(said, base, value)
        if abs(abs(value.value - base.value) - abs(said.value)) <= slack:
            right.append(row)
        else:
            wrong.append((row, base, value, said))
    return right, wrong


RULES = (change_from_base,)
