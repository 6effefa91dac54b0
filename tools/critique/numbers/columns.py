"""Columns that are computed from other columns: a row that breaks what the others keep."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import permutations
from math import ceil

from ..document.model import Document, Row, Table
from ..rule import Hit, rule
from .values import Number, single

Formula = Callable[[float, float], float]
_FORMULAS: tuple[tuple[str, Formula, str], ...] = (
    (
        "{a} / {b} × 100",
        lambda a, b: 100 * a / b,
        r"%|rate|acc|share|percent|frac|recall|precision",
    ),
    (
        "{a} / {b}",
        lambda a, b: a / b,
        r"rate|acc|share|frac|ratio|per\b|proportion|recall|precision",
    ),
    (
        "{a} − {b}",
        lambda a, b: a - b,
        r"Δ|delta|diff|gain|change|improve|drop|gap|effect|minus|\blost\b|\bnet\b",
    ),
    ("{a} + {b}", lambda a, b: a + b, r"total|sum|both|all"),
)


@rule(
    "column-relation",
    "numbers",
    "one row breaks the arithmetic that all other rows of a table keep",
    severity="major",
    rationale="Where right / n gives the rate in every row but one, that row holds a slip.",
    source="seed, 'Get the stats right'",
    fix="Compute the row again from its own figures.",
    fires=(
        "| Label | Before | After | Lost (net) |\n|---|---|---|---|\n| oak | 724 | 394 | 330 |\n"
        "| ash | 709 | 420 | 376 |\n| elm | 688 | 431 | 257 |",
        "| Layer | Right | n | Rate |\n|---|---|---|---|\n| 1 | 12 | 40 | 0.30 |\n"
        "| 2 | 18 | 40 | 0.45 |\n| 3 | 30 | 40 | 0.57 |\n| 4 | 34 | 40 | 0.85 |",
        "| Method | With | Without | Difference |\n|---|---|---|---|\n| a | 81.0 | 70.5 | 10.5 |\n"
        "| b | 64.2 | 60.1 | 4.1 |\n| c | 55.0 | 40.0 | 25.0 |",
        "| Soil | Seeds up, of 200 | % |\n|---|---|---|\n| sand | 64 | 32.0 |\n| clay | 101 | 50.5 |\n"
        "| loam | 131 | 78.6 |\n| peat | 91 | 45.5 |",
        "| Depth | Real | Control | Selectivity |\n|---|---|---|---|\n| 8 | 0.742 | 0.598 | 0.144 |\n"
        "| 14 | 0.917 | 0.613 | 0.304 |\n| 20 | 0.903 | 0.622 | 0.214 |\n| 26 | 0.870 | 0.631 | 0.239 |",
    ),
    quiet=(
        "| Label | Before | After | Lost |\n|---|---|---|---|\n| oak | 724 | 394 | 341 |\n"
        "| ash | 709 | 420 | 301 |\n| elm | 688 | 431 | 257 |",
        "| Layer | Right | n | Rate |\n|---|---|---|---|\n| 1 | 12 | 40 | 0.30 |\n"
        "| 2 | 18 | 40 | 0.45 |\n| 3 | 30 | 40 | 0.75 |\n| 4 | 34 | 40 | 0.85 |",
        "| Soil | Seeds up, of 200 | % |\n|---|---|---|\n| sand | 64 | 32.0 |\n| clay | 101 | 50.5 |\n"
        "| loam | 131 | 65.5 |\n| peat | 91 | 45.5 |",
        "| Soil | Seeds up | % |\n|---|---|---|\n| sand | 64 | 32.0 |\n| clay | 101 | 50.5 |\n"
        "| loam | 131 | 65.5 |\n| peat | 91 | 45.5 |\n| All | 387 | 48.4 |",
        "| Loam | Words | % of 800 |\n|---|---|---|\n| a | 490 | 61 |\n| b | 150 | 19 |\n| c | 38 | 5 |\n"
        "| d | 122 | 15 |",
        "| Night | Dusk | Dawn | Gap |\n|---|---|---|---|\n| 1 | 1150 | 1850 | 700 |\n"
        "| 2 | 1300 | 2100 | 800 |\n| 3 | 1050 | 1700 | 650 |\n| SD | 122 | 185 | 80 |",
        "| Model | Accuracy | Loss | Score |\n|---|---|---|---|\n| a | 0.5 | 0.2 | 0.3 |\n"
        "| b | 0.9 | 0.4 | 0.5 |\n| c | 0.7 | 0.6 | 0.9 |",
    ),
)
def column_relation(document: Document) -> Iterator[Hit]:
    """Look for a named relation that holds in all rows but one."""
    for table in document.tables:
        seen: set[int] = set()
        for hit in (*_broken(table), *_of_one_whole(table)):
            if hit.line not in seen:
                seen.add(hit.line)
                yield hit


def _broken(table: Table) -> Iterator[Hit]:
    width = len(table.header)
    if not 3 <= width <= 10:
        return
    for c, name in enumerate(table.header):
        for form, formula, words in _FORMULAS:
            least = 2 if re.search(words, name, re.I) else 3
            if least > 2 and form != "{a} − {b}":
                continue
            found = [
                hit
                for a, b in permutations([i for i in range(width) if i != c], 2)
                if (hit := _one_wrong(table, (a, b, c), form, formula, least)) is not None
            ]
            # A relation that some pair of columns keeps in every row is the one that is meant.
            if found and not any(
                _holds_everywhere(table, (a, b, c), formula)
                for a, b in permutations([i for i in range(width) if i != c], 2)
            ):
                yield found[0]


def _of_one_whole(table: Table) -> Iterator[Hit]:
    """A column of counts beside one of per cents: what all others are shares of decides on the one."""
    for c, name in enumerate(table.header):
        if not re.search(r"%|percent|rate|share|accuracy", name, re.I):
            continue
        for a in (j for j in range(1, len(table.header)) if j != c):
            rows = _counted(table, a, c)
            if len(rows) < 4 or len({count for _, count, _ in rows}) < 4:
                continue
            if _one_fits_all(rows):
                continue
            guesses = {round(100 * n / share.value) for _, n, share in rows if share.value > 0}
            for whole in guesses - {0}:
                wrong = [found for found in rows if not found[2].agrees(100 * found[1] / whole)]
                if len(wrong) == 1:
                    yield _not_of(table, whole, len(rows) - 1, *wrong[0])


def _one_fits_all(rows: list[tuple[Row, int, Number]]) -> bool:
    """Whether some whole gives every share."""
    known = [(n, s.value - 2 * s.half, s.value + 2 * s.half) for _, n, s in rows if s.value > 0]
    low = max(100 * n / high for n, _, high in known)
    high = min((100 * n / least for n, least, _ in known if least > 0), default=low)
    return ceil(low) <= high


# A row over all others has a whole of its own.
SUMMED = re.compile(r"\W*(?:total|mean|avg|average|sum|all|overall|both|pooled|together)\b", re.I)
_STATISTIC = re.compile(
    r"\W*(?:total|mean|avg|average|sum|SD|s\.\s?d\.|SEM?|std|st\.? ?dev|standard|median|min|max|range|IQR|"
    r"95\s?%|CI|interval|p\b)",
    re.I,
)


def _counted(table: Table, a: int, c: int) -> list[tuple[Row, int, Number]]:
    """Rows with a count in one column and a share in another."""
    found = []
    for row in table.rows:
        if len(row.cells) > max(a, c) and not SUMMED.match(row.cells[0]):
            part, share = single(row.cells[a]), single(row.cells[c])
            plain = part is not None and part.decimals <= 0 and part.unit == "plain"
            if part and share and plain and part.value > 0:
                found.append((row, int(part.value), share))
    return found


def _not_of(table: Table, whole: int, others: int, row: Row, count: int, share: Number) -> Hit:
    found = f"{100 * count / whole:.{max(share.decimals, 0)}f}%"
    return Hit(
        row.line,
        f"{table.name}: the other {others} rows are shares of {whole}; here {count} of {whole} is "
        f"{found}, not {share.text}.",
        quote=" | ".join(row.cells),
    )


def _values(table: Table, columns: tuple[int, int, int]) -> list[tuple[int, list[Number]]]:
    found = []
    for index, cells in enumerate(_singles(table)):
        values = [n for i in columns if i < len(cells) and (n := cells[i]) is not None]
        if len(values) == 3:
            found.append((index, values))
    return found


@lru_cache(maxsize=64)
def _singles(table: Table) -> list[list[Number | None]]:
    """The number of each cell; rows of totals, means and spreads are empty."""
    return [
        [] if not row.cells or _STATISTIC.match(row.cells[0]) else [single(c) for c in row.cells]
        for row in table.rows
    ]


def _fits(a: Number, b: Number, c: Number, formula: Formula) -> bool | None:
    """Whether the row keeps the relation; None where it says nothing (zeros)."""
    if not a.value or not b.value or not c.value:
        return None
    ends = [
        formula(x, y)
        for x in (a.value - a.half * (a.decimals > 0), a.value + a.half * (a.decimals > 0))
        for y in (b.value - b.half * (b.decimals > 0), b.value + b.half * (b.decimals > 0))
        if y
    ]
    slack = 2 * c.half * (1 - 1e-9)
    return min(ends) - slack < c.value < max(ends) + slack or (
        abs(formula(a.value, b.value) - c.value) < 1e-9
    )


def _holds_everywhere(table: Table, columns: tuple[int, int, int], formula: Formula) -> bool:
    rows = _values(table, columns)
    return len(rows) >= 2 and all(_fits(a, b, c, formula) is not False for _, (a, b, c) in rows)


def _one_wrong(
    table: Table, columns: tuple[int, int, int], form: str, formula: Formula, least: int
) -> Hit | None:
    right, wrong = 0, []
    for index, values in _values(table, columns):
        fits = _fits(values[0], values[1], values[2], formula)
        right += fits is True
        if fits is False:
            wrong.append((index, values))
    if right < least or len(wrong) != 1:
        return None
    if least > 2 and not _sharp(table, columns):
        return None
    index, (a, b, c) = wrong[0]
    names = [table.header[i] for i in columns]
    row = table.rows[index]
    value = formula(a.value, b.value)
    return Hit(
        row.line,
        f"{table.name}: in the other {right} rows “{names[2]}” is "
        f"{form.format(a=names[0], b=names[1])}; here that gives {value:.4g}, not {c.text}.",
        quote=" | ".join(row.cells),
    )


def _sharp(table: Table, columns: tuple[int, int, int]) -> bool:
    """Whether a difference that no name announces could hardly hold by chance: fine, varied figures."""
    rows = [row for _, row in _values(table, columns)]
    fine = all(
        len({row[i].value for row in rows}) >= 3
        and all(len(row[i].text.strip("-−+%").lstrip("0.").replace(".", "")) >= 2 for row in rows)
        for i in range(3)
    )
    return fine and len({(n.decimals, n.unit) for row in rows for n in row}) == 1


RULES = (column_relation,)
