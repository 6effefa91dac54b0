"""Every number that a draft prints, found by its value."""

from bisect import bisect_left, bisect_right
from functools import lru_cache

from ..document.model import Block, Document
from .values import Number, numbers


class Everywhere:
    """All numbers of a draft with the block that each stands in; None for tables, code and formulas."""

    def __init__(self, document: Document) -> None:
        pairs: list[tuple[Number, Block | None]] = [
            (n, s.block) for s in document.sentences for n in numbers(s.text, names=True)
        ]
        pairs += [
            (n, None)
            for table in document.tables
            for row in table.rows
            for cell in row.cells
            for n in numbers(cell, names=True)
        ]
        pairs += [
            (n, None)
            for block in document.blocks
            if block.kind in ("code", "equation", "heading")
            for n in numbers(block.flat, names=True)
        ]
        self._pairs = sorted(pairs, key=lambda pair: pair[0].value)
        self._values = [number.value for number, _ in self._pairs]

    def elsewhere(self, number: Number, block: Block) -> bool:
        """Whether a number of a block stands anywhere else, at least as finely printed."""
        return any(
            other is not block
            and found.decimals + shift >= number.decimals
            and abs(abs(number.value) - abs(found.value) * scale) < 2 * number.half * (1 - 1e-9)
            for scale, shift in ((1.0, 0), (100.0, -2), (0.01, 2))
            for sign in (1, -1)
            for found, other in self._near(sign * number.value / scale, number.half / scale)
            if scale == 1.0 or "percent" in (number.unit, found.unit)
            if not (number.decimals <= 0 and number.unit == "plain" and found.unit == "percent")
        )

    def has(self, number: Number) -> bool:
        """Whether a value is printed anywhere, as finely."""
        return any(
            abs(abs(found.value) - number.value) < 1e-9 and found.decimals >= number.decimals
            for found, _ in self._near(number.value, number.half)
        )

    def twice(self, decimals: int) -> list[Number]:
        """Values printed with so many digits after the point in two places or more."""
        found: dict[float, list[Number]] = {}
        for number, _ in self._pairs:
            if number.decimals == decimals:
                found.setdefault(number.value, []).append(number)
        return [some[0] for some in found.values() if len(some) > 1]

    def _near(self, value: float, half: float) -> list[tuple[Number, Block | None]]:
        room = max(2 * half, 1.0)
        return self._pairs[
            bisect_left(self._values, value - room) : bisect_right(self._values, value + room)
        ]


def same(printed: Number, cell: Number) -> bool:
    """Whether a number in the text says what a cell says, at the coarser of both precisions."""
    for scale in (1.0, 100.0, 0.01):
        if scale != 1.0 and printed.unit != "percent" and cell.unit != "percent":
            continue
        value = cell.value * scale
        half = cell.half * scale
        if abs(printed.value - value) < 2 * max(printed.half, half) * (1 - 1e-9):
            return True
    return False


@lru_cache(maxsize=1)
def everywhere(document: Document) -> Everywhere:
    """Several rules ask the same draft."""
    return Everywhere(document)
