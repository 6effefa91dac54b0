"""Changes that the text states against the columns of the table that they are read from."""

import re
from collections.abc import Iterator
from itertools import combinations

from ..document.model import Document, Sentence, Table
from ..rule import Hit, at, rule
from .values import Number, numbers, single

_BY = re.compile(
    r"\b(?:(?:ris|fall|drop|grow|increas|decreas|improv|declin|shrink|climb)\w*|rose|fell|grew) by\s+$"
    r"|\b(?:costs?|gains?|loses?|lost|gained|adds?|saves?)\s+$"
)
_TABLE = (
    "Table 1: Held-out results.\n\n| Model | Accuracy (%) | Loss (nats) |\n|---|---|---|\n"
    "| With | 91.2 | 2.31 |\n| Without | 87.5 | 2.52 |\n\n"
)


@rule(
    "table-change",
    "numbers",
    "a stated change that no two cells of its column give",
    severity="major",
    rationale="'The loss rises by 0.25' beside a column in which it rises by 0.21 is one slip or two.",
    source="seed, 'Get the stats right'",
    fix="Subtract the two cells again, or say which figures the change is between.",
    fires=(_TABLE + "The loss rises by 0.25 nats when the token is left out.",),
    quiet=(
        _TABLE + "The loss rises by 0.21 nats when the token is left out.",
        _TABLE + "The accuracy falls by 3.7 points and the loss rises by 0.21.",
        _TABLE + "The loss rises by 4.5 nats when every layer is taken out.",
        _TABLE + "The loss rises by about 0.2 nats. The norm rises by 0.25.",
    ),
)
def table_change(document: Document) -> Iterator[Hit]:
    """Only where the clause names one column, at that column's own precision."""
    columns = [found for table in document.tables for found in _columns(table)]
    if not columns:
        return
    for sentence in document.sentences:
        if sentence.section in ("related", "introduction") or "[cite:" in sentence.text:
            continue
        for number in numbers(sentence.text):
            if number.decimals > 0 and _BY.search(sentence.text[: number.start]):
                yield from _compared(sentence, number, columns)


Column = tuple[str, str, list[Number], list[float]]


def _columns(table: Table) -> Iterator[Column]:
    """Table, significant word of the header, values; a word that two headers share is left out."""
    words = [_words(name) for name in table.header]
    for index, own in enumerate(words):
        cells = [_estimate(row.cells[index]) for row in table.rows if index < len(row.cells)]
        values = [cell for cell in cells if cell is not None]
        for word in own - {w for i, other in enumerate(words) if i != index for w in other}:
            if index and len(values) >= 2 and values[0].decimals > 0:
                yield table.name, word, values, _across(table)


def _across(table: Table) -> list[float]:
    """Differences inside rows: a change may be between columns."""
    found = []
    for row in table.rows:
        values = [v.value for cell in row.cells[1:] if (v := _estimate(cell)) is not None]
        found += [abs(a - b) for a, b in combinations(values, 2)]
    return found


def _estimate(cell: str) -> Number | None:
    return single(re.sub(r"\s*[(\[].*$", "", cell))


def _words(name: str) -> set[str]:
    plain = re.sub(r"[(\[].*?[)\]]", " ", name.lower())
    return {w for w in re.findall(r"[a-z]{4,}", plain) if w not in ("with", "without", "change")}


def _compared(sentence: Sentence, number: Number, columns: list[Column]) -> Iterator[Hit]:
    text = sentence.text.lower()
    start = max(
        (m.end() for m in re.finditer(r"[,;:.]\s|\band\b", text[: number.start])), default=0
    )
    end = re.search(r"[,;:.](?:\s|$)|\band\b", text[number.end :])
    clause = text[start : number.end + (end.start() if end else len(text))]
    named = [c for c in columns if re.search(rf"\b{c[1]}(?:s|es)?\b", clause)]
    if len({c[0] for c in named}) != 1 or len(named) != 1:
        return
    [(table, word, values, across)] = named
    if number.decimals != max(v.decimals for v in values):
        return
    changes = [abs(a.value - b.value) for a, b in combinations(values, 2)]
    slack = 2 * number.half * (1 + 1e-6)
    value = abs(number.value)
    if any(abs(value - change) <= slack for change in (*changes, *across)):
        return
    if any(abs(value - abs(cell.value)) <= slack for cell in values):
        return  # the column holds changes already
    near = [change for change in changes if change and 0.5 < value / change < 2]
    if near:
        nearest = min(near, key=lambda change: abs(change - value))
        yield at(
            sentence,
            f"{table}, column “{word}”: no two cells differ by {number.text}; the nearest "
            f"difference is {nearest:.{number.decimals}f}.",
            number.start,
        )


RULES = (table_change,)
