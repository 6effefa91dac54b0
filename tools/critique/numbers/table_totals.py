"""Totals and means of tables against the rows and columns that they are of."""

import re
from collections.abc import Iterator, Sequence

from ..document.model import Document, Row, Table
from ..rule import Hit, rule
from .values import Number, single

_TOTAL = re.compile(
    r"(?:grand |sub)?(?:total|sum)s?\.?(?: (?:number|count|of .{1,20}))?|(?:in )?all together|altogether|"
    r"overall total|combined|Σ|∑",
    re.I,
)
_ALL = re.compile(
    r"all(?: [\d.,\s]+| [a-z]+-[a-z]+)?|(?:[a-z]+ )?in all|overall|together|whole|all (?:of them|\w{3,12}|\w{3,12} together)|pooled|both|any",
    re.I,
)
_COUNTED = re.compile(
    r"(?:n|counts?|number|prompts|models|heads|neurons|sentences|examples|items|pairs|runs|layers|"
    r"features|documents|replies|questions|instructions|passages|tokens|words|cases)(?: .*)?",
    re.I,
)
_MEAN = re.compile(r"(?:overall )?(?:mean|average|avg\.?)(?: (?:of|over) .*)?", re.I)
# One row for totals of counts and means of the rest.
_EITHER = re.compile(
    r"(?:total|sum|all|overall)\s?(?:/|\(|or|and)\s?(?:mean|average|avg\.?)\)?|"
    r"(?:mean|average)\s?(?:/|\(|or|and)\s?(?:total|sum)\)?",
    re.I,
)
# `H1–H5 together, of 50`: from the row that begins with the one to that which begins with the other.
_SPAN = re.compile(
    r"(?P<a>[A-Za-z]?\d+)\s?(?:–|-|to)\s?(?P<b>[A-Za-z]?\d+) (?:together|in total|in all|combined|total|sum)\b.*",
    re.I,
)
_NOT_COUNTED = re.compile(
    r"%|percent|rate|acc|mean|avg|average|score|loss|AUC|ratio|share|precision|recall|F1|\bp\b|"
    r"±|CI|median|per\b|/|layer|rank|year|seed|id\b|no\.|#$",
    re.I,
)


@rule(
    "table-total",
    "numbers",
    "a total or mean row that its column does not give",
    severity="major",
    rationale="A total that differs from its parts means that a part or the total is wrong.",
    source="seed, 'Get the stats right'",
    fix="Add the column again; if rows were left out, say so in the caption.",
    fires=(
        "| Split | Prompts |\n|---|---|\n| train | 120 |\n| test | 40 |\n| Total | 180 |",
        "| Task | Accuracy |\n|---|---|\n| a | 80.0 |\n| b | 90.0 |\n| c | 70.0 |\n| Mean | 84.0 |",
        "| Layer | Up | Down |\n|---|---|---|\n| 1 | 10 | 20 |\n| 2 | 5 | 6 |\n| All | 19 | 26 |",
        "| Relation | Facts | Changed |\n|---|---|---|\n| a | 120 | 96 (80.0%) |\n| b | 90 | 63 (70.0%) |\n"
        "| c | 60 | 33 (55.0%) |\n| **All** | 270 | **212 (78.5%)** |",
        "| | joy | anger | mean |\n|---|---|---|---|\n| layer 8 | .91 | .85 | .88 |\n"
        "| layer 16 | .96 | .90 | .93 |\n| words | .88 | .80 | .70 |",
        "| | Layer 4 | Layer 12 | Overall |\n|---|---|---|---|\n| Clear | 22 | 27 | 49 |\n"
        "| Unclear | 13 | 11 | 24 |\n| Dead | 5 | 2 | 9 |",
        "| Kind | n | Gain |\n|---|---|---|\n| oak | 50 | 0.18 |\n| ash | 50 | 0.20 |\n| elm | 50 | 0.28 |\n"
        "| All (mean) | 138 | 0.22 |",
        "| Board | Wet | Dry |\n|---|---|---|\n| H1: oak | 10 | 4 |\n| H2: ash | 9 | 6 |\n| H3: elm | 8 | 5 |\n"
        "| *H1–H3 together, of 50* | 33 | 15 |\n| All 20, of 200 | 158 | 94 |",
        "| Class | Before | After |\n|---|---|---|\n| oak | 231 | 148 |\n| ash | 224 | 131 |\n| elm | 238 | 187 |\n"
        "| **all 1,000** | **693** | **506** |",
        "| | repeats | skips | other | wrong in all |\n|---|---|---|---|---|\n| intact | 31 | 22 | 39 | 92 |\n"
        "| sanded | 171 | 64 | 125 | 317 |",
        "| Split | A | B | Total |\n|---|---|---|---|\n| x | 10 | 20 | 30 |\n| y | 5 | 6 | 11 |\n"
        "| z | 7 | 8 | 19 |",
    ),
    quiet=(
        "| Split | Prompts | Accuracy |\n|---|---|---|\n| train | 120 | 0.9 |\n| test | 40 | 0.8 |\n"
        "| Total | 160 | 0.87 |",
        "| Task | Accuracy |\n|---|---|\n| a | 80.0 |\n| b | 90.0 |\n| c | 70.0 |\n| Mean | 80.0 |",
        "| Task | n | Accuracy |\n|---|---|---|\n| a | 10 | 80.0 |\n| b | 90 | 90.0 |\n| Mean | 50 | 89.0 |",
        "| Kind | n | Gain |\n|---|---|---|\n| oak | 50 | 0.18 |\n| ash | 50 | 0.20 |\n| elm | 50 | 0.28 |\n"
        "| All (mean) | 150 | 0.22 |",
        "| Board | Wet | Dry |\n|---|---|---|\n| H1: oak | 10 | 4 |\n| H2: ash | 9 | 6 |\n| H3: elm | 8 | 5 |\n"
        "| *H1–H3 together, of 50* | 27 | 15 |\n| All 20, of 200 | 158 | 94 |",
        "| Layer | Best k |\n|---|---|\n| 1 | 10 |\n| 2 | 5 |\n| All | 12 |",
        "| Letters | North | South | All |\n|---|---|---|---|\n| sent | 396 | 284 | 680 |\n| came | 361 | 113 | "
        "474 |\n| lost | 35 | 171 | 206 |\n| share that came | 91 | 40 | 70 |",
        "| Split | Prompts |\n|---|---|\n| total effect | 4 |\n| direct effect | 3 |",
    ),
)
def table_total(document: Document) -> Iterator[Hit]:
    """Add up the rows above a total, and the cells before one."""
    for table in document.tables:
        yield from _total_rows(table)
        yield from _total_column(table)
        yield from _either_row(table)
        yield from _span_row(table)


def _total_rows(table: Table) -> Iterator[Hit]:
    counted = any(re.fullmatch(r"n|count|N|items|prompts|examples|samples|#.*", h.strip(), re.I)
                  for h in table.header)  # fmt: skip
    for index, row in enumerate(table.rows):
        label = row.cells[0].strip() if row.cells else ""
        total = _TOTAL.fullmatch(label) is not None or (
            index == len(table.rows) - 1 and _ALL.fullmatch(label) is not None
        )
        mean = _MEAN.fullmatch(label) is not None and not counted
        if not (total or mean) or index < 2:
            continue
        for column in range(1, len(row.cells)):
            said = _lead(row.cells[column])
            name = table.header[column] if column < len(table.header) else ""
            if said is None or (total and (_NOT_COUNTED.search(name) or said.unit == "percent")):
                continue
            groups = _groups(table.rows[:index], column)
            if any(len(parts) < 2 for parts in groups) or not groups:
                continue
            if (
                total
                and any(n.decimals for n in groups[0])
                and max(n.value for n in groups[0]) <= 1
            ):
                continue
            if total and said.decimals > 0 and _between(said, groups[0]):
                continue  # a total of rates is their mean
            if _ALL.fullmatch(label) and not _counts(table, index, column):
                continue
            if not any(_sums(parts, said, mean) for parts in groups):
                real = sum(n.value for n in groups[0]) / (len(groups[0]) if mean else 1)
                yield Hit(
                    row.line,
                    f"{table.name}, column “{name}”: the rows above give "
                    f"{real:,.{max(said.decimals, 0)}f}, the row “{label}” says {said.text}.",
                    quote=" | ".join(row.cells),
                )


def _either_row(table: Table) -> Iterator[Hit]:
    """A row `Total / mean`: each cell is a sum, or lies among the cells above."""
    for index, row in enumerate(table.rows):
        label = row.cells[0].strip(" *") if row.cells else ""
        if index < 2 or _EITHER.fullmatch(label) is None:
            continue
        for column in range(1, len(row.cells)):
            said = _lead(row.cells[column])
            groups = _groups(table.rows[:index], column)
            if said is None or not groups or len(groups[0]) != index:
                continue
            total = sum(n.value for n in groups[0])
            if _between(said, groups[0]) or any(_sums(some, said, mean=False) for some in groups):
                continue
            if _near(said, total) or _near(said, total / len(groups[0])):
                yield Hit(
                    row.line,
                    f"{table.name}: the rows above add up to {total:,.{max(said.decimals, 0)}f}, and "
                    f"{said.text} is neither that nor between them.",
                    quote=" | ".join(row.cells),
                )


def _near(said: Number, value: float) -> bool:
    return bool(value) and 0.4 <= said.value / value <= 2.5


def _span_row(table: Table) -> Iterator[Hit]:
    """A row that names the first and the last of the rows that it adds up."""
    labels = [row.cells[0].strip(" *") if row.cells else "" for row in table.rows]
    for index, label in enumerate(labels):
        match = _SPAN.fullmatch(label)
        if match is None:
            continue
        ends = [
            [i for i in range(index) if re.match(rf"{re.escape(match[name])}(?!\w)", labels[i])]
            for name in "ab"
        ]
        if any(len(found) != 1 for found in ends) or ends[0][0] >= ends[1][0]:
            continue
        rows = table.rows[ends[0][0] : ends[1][0] + 1]
        sums: list[tuple[bool, float, Number]] = []
        for column in range(1, len(table.rows[index].cells)):
            said = _lead(table.rows[index].cells[column])
            parts = [_lead(row.cells[column]) for row in rows if column < len(row.cells)]
            whole = [n for n in (*parts, said) if n and n.decimals <= 0 and n.unit == "plain"]
            if said and len(whole) == len(rows) + 1:
                total = sum(n.value for n in whole[:-1])
                sums.append((total == said.value, total, said))
        for good, total, said in sums:
            if not good and 0.5 <= said.value / max(total, 1) <= 2:
                yield Hit(
                    table.rows[index].line,
                    f"{table.name}: the rows “{match['a']}” to “{match['b']}” add up to {total:.0f}, "
                    f"not {said.text}.",
                    quote=" | ".join(table.rows[index].cells),
                )


def _between(said: Number, parts: Sequence[Number]) -> bool:
    values = [n.value for n in parts]
    return min(values) <= said.value <= max(values)


def _counts(table: Table, index: int, column: int) -> bool:
    """Whether a row called 'all' adds a column up: it counts things, or another column adds up."""
    row = table.rows[index]

    def parts_of(at: int) -> tuple[list[Number], Number | None]:
        groups = _groups(table.rows[:index], at)
        said = _lead(row.cells[at])
        return (groups[0] if groups else []), said

    parts, said = parts_of(column)
    if said is None or any(n.decimals > 0 or n.unit != "plain" for n in (*parts, said)):
        return False
    if not 0.6 * said.value <= sum(n.value for n in parts) <= 1.6 * said.value:
        return False
    name = table.header[column] if column < len(table.header) else ""
    if _COUNTED.fullmatch(name.strip()):
        return True
    for other in range(1, len(row.cells)):
        theirs, whole = parts_of(other)
        adds = whole is not None and whole.decimals <= 0 and len(theirs) >= 2
        if other != column and whole and adds and _sums(theirs, whole, mean=False):
            return True
    return False


def _groups(rows: Sequence[Row], column: int) -> list[list[Number]]:
    """All rows above, without subtotals; and only those since the last rule or total."""
    whole: list[Number] = []
    last: list[Number] = []
    for row in rows:
        label = row.cells[0].strip() if row.cells else ""
        if _TOTAL.fullmatch(label) or _MEAN.fullmatch(label):
            last = []
            continue
        value = _lead(row.cells[column]) if column < len(row.cells) else None
        if value is None:
            if column < len(row.cells) and re.search(r"\d", row.cells[column]):
                return []  # a cell that is not understood: no verdict
            continue
        if row.ruled:
            last = []
        whole.append(value)
        last.append(value)
    return [whole, last] if last != whole and len(last) >= 2 else [whole]


def _sums(parts: list[Number], said: Number, mean: bool) -> bool:
    total = sum(n.value for n in parts)
    slack = sum(n.half for n in parts if n.decimals > 0) + 2 * said.half
    if mean:
        return abs(total / len(parts) - said.value) <= slack / len(parts) + 2 * said.half
    whole = all(n.decimals <= 0 for n in (*parts, said))
    return abs(total - said.value) <= (1e-9 if whole else slack)


_RATE = re.compile(
    r"%|per ?cent|\b(?:rates?|shares?|fractions?|proportions?|means?|averages?|medians?|accuracy)\b",
    re.I,
)


def _total_column(table: Table) -> Iterator[Hit]:
    """A column called total or mean: most rows give it, one does not."""
    for column, title in enumerate(table.header):
        name = title.strip(" *")
        mean = _MEAN.fullmatch(name) is not None
        whole = _TOTAL.fullmatch(name) or (column == len(table.header) - 1 and _ALL.fullmatch(name))
        if not (mean or whole) or column < 2:
            continue
        right, wrong = 0, []
        for row in table.rows:
            cells = [_share(c) or _lead(c) for c in row.cells[1:column]]
            own = row.cells[column] if column < len(row.cells) else ""
            said = _share(own) or _lead(own)
            if said is None or any(c is None for c in cells):
                continue
            parts = [c for c in cells if c is not None]
            if len(parts) < 2:
                continue
            ways = (True,) if mean else (False, True) if not _TOTAL.fullmatch(name) else (False,)
            if any(_sums(parts, said, mean=way) for way in ways):
                right += 1
            elif not mean and (_RATE.search(row.cells[0]) or _between(said, parts)):
                continue  # what all have is no sum of what each has, where that is a rate
            elif mean or all(n.decimals <= 0 and n.unit == "plain" for n in (*parts, said)):
                wrong.append((row, parts, said))
        if len(wrong) == 1 and (right >= 2 or (right == 1 and len(wrong[0][1]) >= 3)):
            row, parts, said = wrong[0]
            found = sum(n.value for n in parts) / (len(parts) if mean else 1)
            yield Hit(
                row.line,
                f"{table.name}: this row adds up to {found:.4g}, its {name.lower()} "
                f"says {said.text} (the others fit)."
                if not mean
                else f"{table.name}: the mean of this row is {found:.4g}, the column “{name}” says "
                f"{said.text} (the others fit).",
                quote=" | ".join(row.cells),
            )


def _lead(cell: str) -> Number | None:
    """The number that a cell is about: the count of `204 (68.0%)`, the mean of `3.4 (0.8)`."""
    return single(cell.strip(" *"))


def _share(cell: str) -> Number | None:
    """The upper number of `5/32`."""
    match = re.fullmatch(r"[\s*]*(\d+)\s*/\s*\d+[\s*]*", cell)
    return single(match[1]) if match else None


RULES = (table_total,)
