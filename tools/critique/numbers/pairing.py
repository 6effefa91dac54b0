"""Which number of a sentence belongs to which row and column that it names."""

import re
from collections.abc import Iterator
from itertools import pairwise

from .values import Number


def pairs(
    text: str,
    values: list[Number],
    rows: list[tuple[int, int]],
    columns: list[tuple[int, int]],
) -> Iterator[tuple[Number, int, int | None]]:
    """Numbers with the row, and perhaps column, that the sentence gives them to."""
    row_keys = {row for _, row in rows}
    column_keys = {column for _, column in columns}
    if not values or not rows:
        return
    if len(row_keys) == 1:
        row = rows[0][1]
        if len(column_keys) == len(values) > 1:
            order = _in_turn([(at, c) for at, c in _firsts(columns)], values)
            for number, column in order:
                yield number, row, column
        elif len(values) == 1 and len(column_keys) <= 1:
            yield values[0], row, columns[0][1] if columns else None
        return
    if len(column_keys) <= 1 and len(row_keys) == len(values):
        for number, row in _in_turn(_firsts(rows), values):
            yield number, row, columns[0][1] if columns else None


def by_clause(
    text: str, values: list[Number], rows: list[tuple[int, int]], columns: list[tuple[int, int]]
) -> Iterator[tuple[Number, int, int | None]]:
    """Clauses that name one row and hold one number; the column may be named once for all."""
    cuts = [0, *(m.end() for m in _CLAUSES.finditer(text)), len(text)]
    everywhere = {key for _, key in columns}
    for start, end in pairwise(cuts):
        own = {key for offset, key in rows if start <= offset < end}
        held = [n for n in values if start <= n.start < end]
        heads = {key for offset, key in columns if start <= offset < end}
        if len(own) == 1 and len(held) == 1 and len(heads) <= 1:
            named = heads or (everywhere if len(everywhere) == 1 else set())
            if held[0].decimals <= 0 and held[0].unit == "plain":
                continue  # a count of something else, mostly
            yield held[0], next(iter(own)), next(iter(named), None)


_CLAUSES = re.compile(
    r";\s|,\s(?:and|but|while|whereas|where|against|compared)?\s?|\s(?:while|whereas|but)\s|\s\(|\)"
)


def _firsts(said: list[tuple[int, int]]) -> list[tuple[int, int]]:
    seen: dict[int, int] = {}
    for offset, key in said:
        seen.setdefault(key, offset)
    return sorted((offset, key) for key, offset in seen.items())


def _in_turn(names: list[tuple[int, int]], values: list[Number]) -> list[tuple[Number, int]]:
    """Name, number, name, number … or number, name, …; else nothing is certain."""
    for first in (0, 1):
        events = []
        for (offset, _), number in zip(names, values, strict=True):
            events += [offset, number.start] if first == 0 else [number.start, offset]
        if events == sorted(events):
            return [(n, key) for n, (_, key) in zip(values, names, strict=True)]
    return []
