"""Sums that the text states of figures that stand in a column."""

import re
from collections.abc import Iterator

from ..document.model import Document, Table
from ..rule import Hit, at, rule
from .sheet import figures
from .values import Number, numbers

_SUM = re.compile(
    r"\b(?:sums?|adds? up|add|totals?|summing|adding up)(?: together)? to (?:only |just |about )?"
    r"(?P<n>[-−]?\d*\.\d+)(?![\d%]|\s?%)"
)
# The sum before its words: `cost 0.85 nats when their increases are added up`.
_ADDED = re.compile(
    r"(?<![\w.,])(?P<n>[-−]?\d*\.\d+)(?![\d%]|\s?%)(?: [a-z]+){0,3},? "
    r"(?:(?:when|if|once) [^.;:()\d]{0,50}\b(?:added|add up|summed)\b|in (?:total|sum|all)\b|altogether\b|"
    r"when added\b|summed\b|taken together\b)"
    r"|\b(?:[Tt]ogether|[Ii]n (?:sum|total|all)|[Aa]ltogether|[Ss]ummed(?: up)?|[Aa]dded up),? [^.;:()\d]{0,60}?"
    r"\b(?:cost|make|give|hold|account for|come to|amount to|explain|carry|recover|add|restore|weigh|bring)s? "
    r"(?P<m>[-−]?\d*\.\d+)(?![\d%]|\s?%)"
    r"|\b(?:the |their |a )?(?:sum|total)(?: of [^.;:()\d]{2,50})? (?:is|was|of|comes to|equals) "
    r"(?P<o>[-−]?\d*\.\d+)(?![\d%]|\s?%)"
)
_TABLE = "| Spring | Flow |\n|---|---|\n| a | 0.07 |\n| b | 0.31 |\n| c | 0.24 |\n| d | 0.47 |\n\n"
_WHOLE = re.compile(r"all|both|total|sum|mean|average|joint|together|random|overall", re.I)


@rule(
    "column-sum",
    "numbers",
    "a sum in the text that no column gives",
    severity="major",
    rationale="'These sum to 1.28' below a column that adds up to 1.09 is one slip or two.",
    source="seed, 'Get the stats right'",
    fix="Add the column again.",
    fires=(
        _TABLE + "These sum to 1.28, which exceeds 1.",
        _TABLE + "The four springs add up to 0.89.",
        _TABLE + "Taken singly, the springs give 0.92 litres when their flows are added up.",
        _TABLE + "Together the four springs give 1.38 litres. The total of the four is 1.38.",
    ),
    quiet=(
        _TABLE + "These sum to 1.09, which exceeds 1.",
        _TABLE + "The first three springs add up to 0.62; the wells sum to 4.20.",
        _TABLE + "Together the four springs give 1.09 litres; the total of the wells is 7.31.",
        _TABLE + "The parts 0.40 and 0.55 sum to 0.95.",
    ),
)
def column_sum(document: Document) -> Iterator[Hit]:
    """Near misses of a whole column at its own precision; any run of its rows explains the sum."""
    for sentence in document.sentences:
        for match in (*_SUM.finditer(sentence.text), *_ADDED.finditer(sentence.text)):
            said = numbers(next(filter(None, match.groups())), names=True)[0]
            own = [n for n in numbers(sentence.text) if abs(n.value - said.value) > 1e-9]
            if len(own) > 1 and said.agrees(sum(n.value for n in own)):
                continue
            columns = [c for table in document.tables for c in _columns(table, said)]
            if any(_explains(column, said) for column in columns):
                continue
            near = [c for c in columns if 0.6 < said.value / (sum(n.value for n in c) or 1) < 1.6]
            if near:
                total = sum(n.value for n in near[0])
                message = f"the column adds up to {total:.{said.decimals}f}, not {said.text}."
                yield at(sentence, message, match.start())


def _columns(table: Table, said: Number) -> Iterator[list[Number]]:
    """Columns printed as finely as the sum, without rows that are no parts."""
    for column in range(1, len(table.header)):
        found = [
            cells[0]
            for row in table.rows
            if column < len(row.cells)
            and not _WHOLE.search(row.cells[0])
            and (cells := figures(row.cells[column]))
        ]
        if len(found) >= 3 and all(n.decimals == said.decimals for n in found):
            yield found


def _explains(column: list[Number], said: Number) -> bool:
    """Whether a run of the rows adds up to what is said."""
    size = len(column)
    return any(
        abs(sum(n.value for n in column[i:j]) - said.value) <= (j - i + 1) * said.half
        for i in range(size)
        for j in range(i + 2, size + 1)
    )


RULES = (column_sum,)
