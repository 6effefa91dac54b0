"""Changes that the text states against the columns of the table that they are read from."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations

from ..document.model import Document, Sentence, Table
from ..rule import Hit, at, rule
from .values import Number, numbers

_BY = re.compile(
    r"\b(?:(?:ris|fall|drop|grow|increas|decreas|improv|declin|shrink|climb|lower|rais|beat|exceed|lead|"
    r"trail|differ|mov|chang|reduc)\w*|rose|fell|grew|better|worse|higher|lower|points?,?)"
    r"(?: [^\d.,;:()]{1,50})? by(?: only| another| just)?\s+$"
    r"|\b(?:costs?|gains?|loses?|lost|gained|adds?|saves?)(?: (?:only|just|another|the \w+ \w+))?\s+$"
    r"|\b(?:gap|difference|drop|gain|loss|fall|rise|increase|decrease|change|improvement|reduction|"
    r"margin|cost) of(?: only| just)?\s+$"
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
    fires=(
        _TABLE + "The loss rises by 0.25 nats when the token is left out.",
        _TABLE + "The model with the token beats the other by 4.9 points of accuracy (Table 1).",
    ),
    quiet=(
        _TABLE + "Leaving the token out raises the loss of the model with it by 0.21 nats.",
        _TABLE + "The loss rises by 0.21 nats when the token is left out.",
        _TABLE + "The accuracy falls by 3.7 points and the loss rises by 0.21.",
        _TABLE + "The loss rises by 4.5 nats when every layer is taken out.",
        _TABLE + "The loss rises by about 0.2 nats. The norm rises by 0.25.",
    ),
)
def table_change(document: Document) -> Iterator[Hit]:
    """Only beside the one table that the words are about, at the precision of its column."""
    grids = [_Grid(table) for table in document.tables]
    grids = [grid for grid in grids if grid.steps]
    if not grids:
        return
    told = [(n, s) for s in document.sentences for n in numbers(s.text)]
    counts = Counter((round(abs(n.value), 9), n.decimals) for n, _ in told)
    for number, sentence in told:
        if sentence.section in ("related", "introduction") or "[cite:" in sentence.text:
            continue
        if number.decimals <= 0 or counts[round(abs(number.value), 9), number.decimals] > 1:
            continue
        if not _changes(sentence.text, number):
            continue
        yield from _compared(document, sentence, number, grids)


def _changes(text: str, number: Number) -> bool:
    before, after = text[: number.start], text[number.end :]
    if re.search(
        r"(?:±|about|around|nearly|roughly|almost|≈|~|than|to|and|=|p\s?[<=>])\s*$", before
    ):
        return False
    return (
        number.unit == "points"
        or _BY.search(before) is not None
        or re.match(
            r"(?:-| )(?:nats?|bits?|logits?|points?)(?:-| )(?:rise|fall|drop|gain|loss|gap|increase|"
            r"decrease|difference|improvement)\b|\s(?:nats |bits |logits )?(?:higher|lower|more|less|better|worse|"
            r"above|below)\b",
            after,
        )
        is not None
    )


class _Grid:
    """A table's values, the steps inside its rows and columns, and its words."""

    def __init__(self, table: Table) -> None:
        self.table = table
        cells = [[numbers(cell, names=True)[:2] for cell in row.cells[1:]] for row in table.rows]
        width = max(map(len, cells), default=0)
        columns = [[row[i] for row in cells if i < len(row)] for i in range(width)]
        self.values = {abs(n.value) for row in cells for cell in row for n in cell}
        self.decimals = {n.decimals for row in cells for cell in row for n in cell}
        # First numbers of the cells of a line; and all pairs inside a line, as what explains.
        self.by_column = {
            i: _steps([[c[0] for c in line if c]]) for i, line in enumerate(columns, start=1)
        }
        self.steps = _steps([[c[0] for c in line if c] for line in (*cells, *columns)])
        self.loose = _steps([[n for c in line for n in c] for line in (*cells, *columns)])
        names = [*table.header, *(row.cells[0] for row in table.rows if row.cells)]
        caption = table.caption.flat if table.caption else ""
        self.words = _words(" ".join(names))
        self.all_words = self.words | _words(caption)

    def steps_for(self, text: str) -> list[tuple[float, int, float]]:
        """Steps of the columns that a sentence names; all where it names none."""
        said = _words(text)
        heads = [_words(re.sub(r"[(\[].*?[)\]]", " ", name)) for name in self.table.header]
        own = [
            i for i in self.by_column
            if i < len(heads) and said & (heads[i] - {w for j, h in enumerate(heads) if j != i for w in h})
        ]  # fmt: skip
        return [step for i in own for step in self.by_column[i]] if own else self.steps


def _steps(lines: list[list[Number]]) -> list[tuple[float, int, float]]:
    """Differences, their decimals and their slack."""
    return [
        (abs(a.value - b.value), max(a.decimals, b.decimals), a.half + b.half)
        for line in lines
        for a, b in combinations(line[:30], 2)
        if a.value != b.value
    ]


def _words(text: str) -> set[str]:
    return {w[:5] for w in re.findall(r"[a-z]{3,}", text.lower()) if w not in _EMPTY}


_EMPTY = frozenset("the and for with without from table figure one two per all than".split())


def _compared(
    document: Document, sentence: Sentence, number: Number, grids: list[_Grid]
) -> Iterator[Hit]:
    value, slack = abs(number.value), 2 * number.half
    for grid in grids:
        if any(abs(value - step) <= slack + more for step, _, more in grid.loose):
            return
        if any(abs(value - cell) <= slack * (1 - 1e-9) for cell in grid.values):
            return  # the table holds changes already
    own = numbers(sentence.text, names=True)
    if any(
        abs(abs(a.value - b.value) - value) <= slack + a.half + b.half
        for a, b in combinations([n for n in own if n.start != number.start], 2)
    ):
        return
    meant = _about(document, sentence, grids)
    if meant is None or number.decimals not in meant.decimals:
        return
    near = [
        step for step, decimals, _ in meant.steps_for(sentence.text)
        if decimals == number.decimals and 0.68 < value / step < 1.45
    ]  # fmt: skip
    if near:
        nearest = min(near, key=lambda step: abs(step - value))
        yield at(
            sentence,
            f"{meant.table.name}: no two cells of a row or column differ by {number.text}; the nearest "
            f"difference is {nearest:.{number.decimals}f}.",
            number.start,
        )


def _about(document: Document, sentence: Sentence, grids: list[_Grid]) -> _Grid | None:
    """The table that the paragraph names; else the only one with two words of the sentence."""
    block = sentence.block
    named = [
        g for g in grids
        if (g.table.number and re.search(rf"\bTab(?:le|\.)s? {re.escape(g.table.number)}\b", block.flat))
        or (g.table.label and f"[ref:{g.table.label}]" in block.flat)
    ]  # fmt: skip
    said = _words(sentence.text)
    if len(named) == 1 and named[0].all_words & said:
        return named[0]
    if named:
        return None
    close = [
        g
        for g in grids
        if len(g.words & said) >= 2 or (g.words & said and len(g.all_words & said) >= 3)
    ]
    if len(close) > 1:
        best = max(len(g.words & said) for g in close)
        close = [g for g in close if len(g.words & said) == best]
    return close[0] if len(close) == 1 else None


RULES = (table_change,)
