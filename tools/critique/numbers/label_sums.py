"""Rows and columns that say what they are computed from: `1 minus 4`, `With − without`."""

import re
from collections.abc import Iterator

from ..document.model import Document, Table
from ..rule import Hit, rule
from .values import Number, single

_NAMED = re.compile(r"(?P<a>.+?)\s(?:minus|−|–|-)\s(?P<b>.+)", re.I)
_SPREAD = re.compile(
    r"(?:SDs?|s\.\s?d\.|SEM?|std|standard|median|min|max|range|IQR|\W*p)\b|(?:total|sum|all)\s?[/(]",
    re.I,
)
Line = list[Number | None]


@rule(
    "named-difference",
    "numbers",
    "a row or column named as the difference of two others, with a cell that is not",
    severity="major",
    rationale="'A minus B' is arithmetic that every reader of the table repeats.",
    source="seed, 'Get the stats right'",
    fix="Subtract the two cells again.",
    fires=(
        "| Cuts | Oak | Ash |\n|---|---|---|\n| 1 (whole) | 584 | 0.640 |\n| 2 | 500 | 0.575 |\n| 4 | 376 | 0.476 |\n"
        "| *1 minus 4* | 208 | 0.185 |",
        "| Wood | Wet | Dry | Wet − dry |\n|---|---|---|---|\n| oak | 81.0 | 70.5 | 10.5 |\n"
        "| ash | 64.2 | 60.1 | 6.1 |",
    ),
    quiet=(
        "| Cuts | Oak | Ash |\n|---|---|---|\n| 1 | 584 | 0.640 |\n| 2 | 500 | 0.575 |\n| 4 | 376 | 0.476 |\n"
        "| *1 minus 4* | 208 | 0.164 |",
        "| Wood | Wet | Dry | Wet − dry |\n|---|---|---|---|\n| oak | 81.0 | 70.5 | 10.5 |\n"
        "| ash | 64.2 | 60.1 | 4.1 |",
        "| Wood | Wet | Dry | Wet - cold |\n|---|---|---|---|\n| oak | 81.0 | 70.5 | 10.5 |\n"
        "| ash | 64.2 | 60.1 | 6.1 |",
        "| Wood | Wet | Dry | Wet − dry |\n|---|---|---|---|\n| oak | 20 | 12 | 8 |\n| ash | 31 | 19 | 12 |\n"
        "| Total / mean | 51 | 15.5 | 10 |",
        "| Night | Dusk | Dawn | Dawn − dusk |\n|---|---|---|---|\n| 1 | 1150 | 1850 | 700 |\n"
        "| 2 | 1300 | 2100 | 800 |\n| SD | 106 | 177 | 71 |\n| Std. error | 75 | 125 | 53 |",
        "| Cuts | Oak (SD) |\n|---|---|\n| 1 | 0.640 |\n| 4 | 0.476 |\n| 1 - 4 | 0.558 |",
    ),
)
def named_difference(document: Document) -> Iterator[Hit]:
    """Both names must be names of the table; a line in which no cell fits is named otherwise."""
    for table in document.tables:
        rows = [[single(cell.strip(" *")) for cell in row.cells] for row in table.rows]
        labels = [_plain(row.cells[0]) if row.cells else "" for row in table.rows]
        for index, wrong in _wrong(labels, rows):
            row = table.rows[index]
            name = table.header[wrong[0]] if wrong[0] < len(table.header) else ""
            yield _hit(table, index, f"“{row.cells[0].strip(' *')}”, “{name}”", wrong[1], wrong[2])
        heads = [_plain(name) for name in table.header]
        columns = [
            [
                row[j] if j < len(row) and not _SPREAD.match(label) else None
                for row, label in zip(rows, labels, strict=True)
            ]
            for j in range(len(heads))
        ]
        for column, wrong in _wrong(heads, [[None, *line] for line in columns]):
            yield _hit(
                table, wrong[0] - 1, f"“{table.header[column].strip(' *')}”", wrong[1], wrong[2]
            )


def _plain(name: str) -> str:
    bare = re.sub(r"\s\([^()]*\)$", "", name.strip(" *"))
    return " ".join(bare.lower().split())


def _wrong(names: list[str], lines: list[Line]) -> Iterator[tuple[int, tuple[int, float, Number]]]:
    """The cells of a named line that its two lines do not give: where, what they give, what is said."""
    for index, name in enumerate(names):
        match = _NAMED.fullmatch(name)
        if match is None or names.count(match["a"]) != 1 or names.count(match["b"]) != 1:
            continue
        one, other = lines[names.index(match["a"])], lines[names.index(match["b"])]
        found: list[tuple[bool, tuple[int, float, Number]]] = []
        for at in range(1, min(len(one), len(other), len(lines[index]))):
            a, b, said = one[at], other[at], lines[index][at]
            if a is None or b is None or said is None:
                continue
            gap = a.value - b.value
            slack = sum(n.half for n in (a, b, said) if n.decimals > 0) * (1 + 1e-6) + 1e-9
            found.append((abs(abs(gap) - abs(said.value)) <= slack, (at, gap, said)))
        if any(good for good, _ in found):
            yield from ((index, cell) for good, cell in found if not good)


def _hit(table: Table, row: int, where: str, gap: float, said: Number) -> Hit:
    return Hit(
        table.rows[row].line,
        f"{table.name}, {where}: the two cells are {gap:.{max(said.decimals, 0)}f} apart, not {said.text}.",
        quote=" | ".join(table.rows[row].cells),
    )


RULES = (named_difference,)
