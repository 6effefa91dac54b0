"""Rows of tables that hold a test statistic and its p."""

import re
from collections.abc import Iterator

from ..document.model import Row, Table

_NAME = re.compile(
    r"(?:paired |Welch |mean )?(?P<name>t|F|z|Z|χ\s?\^?2|χ²|chi-squared?)\s?(?:\((?P<df>[\d., ]+)\))?",
    re.I,
)
_P = re.compile(r"(?P<how>(?:\w+[- ])*)p(?:[- ]values?)?(?: ?\((?P<more>[^()\d]*)\))?", re.I)
_DF = re.compile(r"\b(?:df\s?=\s?|(?:has|have|with|on) )(?P<df>\d[\d,]*)(?: degrees? of freedom)?")
_VALUE = re.compile(r"\s*([-−–]?\d*\.?\d+)\s*")
_PRINTED = re.compile(r"\s*(?P<sign>[=<>≤])?\s*(?P<p>0?\.\d+)\s*")


def rows_of_tests(table: Table) -> Iterator[tuple[Row, str, str]]:
    """Each such row, its test written out, and the words that may say how p was corrected."""
    caption = table.caption.flat if table.caption else ""
    heads = [name.strip(" *") for name in table.header]
    said = _DF.search(caption)
    for column, head in enumerate(heads):
        left = [j for j in range(1, column) if _NAME.fullmatch(heads[j])]
        if not left or _P.fullmatch(head) is None:
            continue
        name = _NAME.fullmatch(heads[left[-1]])
        assert name
        df = name["df"] or (said["df"] if said and len(left) == 1 else None)
        for row in table.rows:
            if len(row.cells) <= column:
                continue
            value, p = _VALUE.fullmatch(row.cells[left[-1]]), _PRINTED.fullmatch(row.cells[column])
            if value and p:
                test = f"{name['name']}{f'({df})' if df else ''} = {value[1]}"
                yield row, f"{test}, p {p['sign'] or '='} {p['p']}", f"{caption} {head}"
