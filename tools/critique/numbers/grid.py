"""The differences inside a table's rows and columns."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from ..document.model import Table
from .table_names import Names
from .values import Number, numbers

Place = tuple[int, int]
_JUST = 1 + 1e-6
_EMPTY = frozenset("the and for with without from table figure one two per all than".split())


@dataclass(frozen=True)
class Step:
    """Two cells of a row or column that hold the same kind of number.

    Attributes:
        one: A cell's number.
        other: The other's.
        places: Row and column of both.
        first: Whether both stand first in their cells, or are the share behind a count.
    """

    one: Number
    other: Number
    places: frozenset[Place]
    first: bool

    @property
    def size(self) -> float:
        """The difference."""
        return abs(self.one.value - self.other.value)

    @property
    def decimals(self) -> int:
        """Digits after the point of the finer cell."""
        return max(self.one.decimals, self.other.decimals)

    def gives(self, said: Number) -> bool:
        """Whether the difference, or for per cent the ratio, can round to what is said."""
        slack = self.one.half + self.other.half
        value = abs(said.value)
        if self.decimals >= said.decimals and abs(value - self.size) <= said.half + room(
            said, self.one, self.other
        ):
            return True
        fraction = max(abs(self.one.value), abs(self.other.value)) <= 1 and said.unit != "plain"
        fine = fraction and self.decimals - 2 >= said.decimals
        if fine and abs(value - 100 * self.size) <= (100 * slack + said.half) * _JUST:
            return True
        if said.unit != "percent":
            return False
        for over, under in ((self.one, self.other), (self.other, self.one)):
            if under.value:
                ratio = abs(over.value / under.value)
                spread = 100 * (over.half + ratio * under.half) / abs(under.value) + 2 * said.half
                if any(abs(value - 100 * x) <= spread for x in (abs(ratio - 1), ratio)):
                    return True
        return False


def room(said: Number, *ends: Number) -> float:
    """How far rounding moves a difference; an end printed more coarsely than it is taken as exact."""
    return sum(n.half for n in ends if n.decimals >= said.decimals) * _JUST + 1e-9


class Grid:
    """A table's values, the steps inside its rows and columns, and its words."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.named = Names(table)
        self.cells: dict[Place, list[Number]] = {
            (i, j): numbers(cell, names=True)[:3]
            for i, row in enumerate(table.rows)
            for j, cell in enumerate(row.cells)
            if j
        }
        everything = [n for cell in self.cells.values() for n in cell]
        self.values = {abs(n.value) for n in everything}
        self.decimals = {n.decimals for n in everything}
        self.steps = list(self._steps())
        heads = " ".join([*table.header, *(row.cells[0] for row in table.rows if row.cells)])
        self.words = words(heads)
        self.all_words = self.words | words(table.caption.flat if table.caption else "")
        self.heads = [words(re.sub(r"[(\[].*?[)\]]", " ", name)) for name in table.header]

    def _steps(self) -> Iterator[Step]:
        rows = sorted({i for i, _ in self.cells})
        columns = sorted({j for _, j in self.cells})
        lines = [[(i, j) for j in columns if (i, j) in self.cells] for i in rows]
        lines += [[(i, j) for i in rows if (i, j) in self.cells] for j in columns]
        for line in lines:
            for one, other in combinations(line[:30], 2):
                for at, (a, b) in enumerate(zip(self.cells[one], self.cells[other], strict=False)):
                    share = at == 1 and a.unit == b.unit == "percent"
                    if a.value != b.value and (a.unit == b.unit or at == 0):
                        yield Step(a, b, frozenset((one, other)), at == 0 or share)

    def between(self, rows: set[int], columns: set[int]) -> list[Step]:
        """Steps from one to the other of two rows, or of two columns, within the other names."""
        return [
            step for step in self.steps
            if step.first
            and (len(rows) < 2 or {i for i, _ in step.places} == rows)
            and (len(columns) < 2 or {j for _, j in step.places} == columns)
            and (len(rows) != 1 or {i for i, _ in step.places} == rows)
            and (len(columns) != 1 or {j for _, j in step.places} == columns)
        ]  # fmt: skip

    def within(self, columns: Iterable[int]) -> list[Step]:
        """Steps down columns."""
        return [
            step for step in self.steps
            if step.first and any({j for _, j in step.places} == {column} for column in columns)
        ]  # fmt: skip

    def places_of(self, said: Number) -> list[tuple[Place, Number]]:
        """Cells that print a number of the text as it stands there."""
        return [
            (place, n)
            for place, cell in self.cells.items()
            for n in cell
            if abs(n.value - said.value) < 1e-9 and n.decimals == said.decimals
        ]

    def columns_said(self, text: str) -> list[int]:
        """Columns of which a text has a word that no other column has."""
        said = words(text)
        return [
            j for j in sorted({j for _, j in self.cells})
            if j < len(self.heads)
            and said & (self.heads[j] - {w for k, h in enumerate(self.heads) if k != j for w in h})
        ]  # fmt: skip


def words(text: str) -> set[str]:
    """Stems of the words of a text, abbreviations in capitals among them."""
    found = {w[:5] for w in re.findall(r"[a-z]{3,}", text.lower()) if w not in _EMPTY}
    return found | {w.lower() for w in re.findall(r"\b[A-Z]{2}\b", text)}
