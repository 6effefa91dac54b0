"""Percentages and fractions above their whole, told by the company they are in."""

import re
from collections.abc import Iterator

from ..document.model import Document, Row, Sentence, Table
from .roles import role
from .sheet import figures
from .values import Number, numbers, printed, single

_GROWTH = re.compile(
    r"\b(?:more|increase\w*|grow\w*|grew|ris\w+|rose|up|original\w*|baseline|times|relative|compar\w+|cost\w*|than|"
    r"last|larger|faster|longer|slower|overhead|recover\w*|budget|previous\w*|normal\w*|exceed\w*|gain\w*|chang\w+|"
    r"differ\w*|reduc\w+|expan\w+|inflat\w*|overshoot\w*|add(?:s|ed)? up|sum\w*|total\w*|over 100|above 100|ratio\w*|worth|"
    r"speed\w*|memory|price\w*|cannot|impossible|if|would)\b",
    re.I,
)
_OTHER_SCALE = re.compile(
    r"Δ|∆|delta|diff|change|gain|ratio|relative|×|times|increase|rise|drop|loss|nats|bits|norm|logit|cost|time|"
    r"tokens|steps|\bKL\b|perplex|effect|length|SD|SE|\bn\b|count|odds|\bz\b|\bt\b|rank|age|score of|weight",
    re.I,
)
_FRACTION = re.compile(
    r"accura|rate\b|share|fraction|proportion|probab|mass\b|attention|overlap|AU(?:RO)?C|\bF1|precision|recall|"
    r"correlat|cosine|similar|agreement|kappa|κ|ρ|τ|R²|explained|purity|coverage|faithful|Jaccard|IoU|Dice|"
    r"sensitiv|specific|selectiv|consisten|confidence|reliab",
    re.I,
)
_DEFINED = r"\b{name}s?\b[^.;:]{{0,60}}\b(?:is|are|means|measures)\b[^.;:]{{0,80}}\b(?:attention|share|fraction|proportion|probability|cosine|correlation)\b"


def in_columns(document: Document, table: Table) -> Iterator[tuple[int, Number]]:
    """Row and figure of the one cell of a column that is above what all others keep below."""
    for column, name in enumerate(table.header):
        cells = [
            (i, found[0])
            for i, row in enumerate(table.rows)
            if column and column < len(row.cells) and (found := figures(row.cells[column]))
        ]
        if len(cells) < 3 or _OTHER_SCALE.search(name):
            continue
        if all(n.unit == "percent" for _, n in cells) or "%" in name:
            bound = 100.0
        elif _fraction(document, table, name) and all(n.decimals >= 2 for _, n in cells):
            bound = 1.0
        else:
            continue
        above = [(i, n) for i, n in cells if n.value > bound]
        rest = [n.value for _, n in cells if n.value <= bound]
        if len(above) == 1 and above[0][1].value <= 1.5 * bound and min(rest) >= 0:
            yield above[0]


def _fraction(document: Document, table: Table, name: str) -> bool:
    if _FRACTION.search(name):
        return True
    caption = table.caption.flat if table.caption else ""
    if _FRACTION.search(caption) and not _OTHER_SCALE.search(caption) and len(table.header) <= 4:
        return True
    words = re.findall(r"[A-Za-z]{4,}", name)
    return bool(words) and document.has(_DEFINED.format(name=re.escape(words[-1])))


def in_sentence(sentence: Sentence) -> Iterator[tuple[str, int]]:
    """What stands above its whole in a sentence: as printed, and where."""
    text = sentence.text
    for n in numbers(text):
        kind = role(text, n)
        if n.unit == "percent" and 100 < n.value <= 150 and kind in ("value", "change"):
            if not _GROWTH.search(text) and not re.match(r"\s(?:of|as)\b", text[n.end :]):
                yield n.text, n.start
        elif kind == "coefficient" and 1 < abs(n.value) <= 3 and n.unit == "plain" and n.decimals:
            before = text[: n.start].rstrip(" =")
            if before[-1:] != "α" or re.search(r"(?:Krippendorff|Cronbach)\S* α$", before):
                yield n.text, n.start
        elif kind == "p" and n.value > 1 and not re.search(r"[<>≤]\s*$", text[: n.start]):
            yield f"p = {n.text}", n.start
        elif 1 < n.value <= 1.5 and n.decimals >= 2 and kind == "value" and _own_below_one(text, n):
            yield n.text, n.start


_ENDS = re.compile(
    r"[^.;:()\d]{0,3}[(\[,][^\d;]{0,30}(?:9\d\s?%\D{0,30})?(0?\.\d+)\s?(?:,|to|–|-)\s?(0?\.\d+)\s?[\])]?"
)


def _own_below_one(text: str, number: Number) -> bool:
    """A bounded quantity whose own interval lies between 0 and 1."""
    match = _ENDS.match(text, number.end)
    return (
        match is not None
        and printed(match[1]) < printed(match[2]) < 1
        and _FRACTION.search(text[: number.start]) is not None
    )


_SPREAD = re.compile(
    r"\bSDs?\b|\bSEM?\b|\bs\.\s?d\.|\bs\.\s?e\.|standard (?:deviation|error)|\bstd\b|±|variance",
    re.I,
)
_STEP = re.compile(r"mean|[Δ∆]|diff|change|±", re.I)
_SPREAD_ROW = re.compile(r"\W*(?:SD|s\.\s?d\.|std|SEM?|standard (?:deviation|error))\W*", re.I)


def spreads_below_zero(table: Table) -> Iterator[tuple[Row, str, str]]:
    """Negative spreads in the columns and rows that are called so."""
    columns = {
        index
        for index, name in enumerate(table.header)
        if index and _SPREAD.search(name) and not _STEP.search(name)
    }
    for row in table.rows:
        label = row.cells[0].strip() if row.cells else ""
        whole = _SPREAD_ROW.fullmatch(label) is not None
        for index, cell in enumerate(row.cells):
            if index and (whole or index in columns):
                value = single(cell)
                if value is not None and value.value < 0:
                    yield row, label if whole else table.header[index], cell
