"""Numbers in the text against the cells of the tables they come from."""

import re
from collections.abc import Iterator

from ..document.model import Document, Sentence, Table
from ..rule import Hit, at, rule
from .everywhere import same
from .pairing import by_clause, pairs
from .table_names import Names
from .values import Number, numbers

_REF = re.compile(r"\bTabs?(?:les?|\.)\s*([A-Z]?\.?\d+(?:\.\d+)?)|\[ref:([^\]]+)\]")
_SKIP_BEFORE = re.compile(
    r"(?:\bby|±|\bn\s*=|\bN\s*=|\bp\s*[=<>]|about|around|roughly|nearly|almost|over|under|"
    r"approximately|at least|at most|more than|less than|below|above|up to|≈|~|chance(?: is| of| level)?|"
    r"random(?: is| of)?|CI[:,]?|\[|interval(?: of| from)?|from|–|difference of|gain of|gap of|"
    r"drop of|(?:increase|decrease|improvement|margin) of|t\s*=|z\s*=|of the|of)\s*$",
    re.I,
)
_SKIP_AFTER = re.compile(
    r"^\s*(?:percentage )?(?:points?|pp|times|×|x|fold|higher|lower|more|less|fewer|better|worse|"
    r"CI|confidence|of the|of|±\s*$|to\b|–|seeds?|runs?|chance)",
    re.I,
)
_OTHER = re.compile(
    r"\b(?:without|before|instead|previous|prior|would|if|except|unlike|reported by|original|"
    r"than|when|while training|earlier|excluding|only|single|first|another|pilot)\b|\[cite:|et al",
    re.I,
)
_TABLE = (
    "Table 1: Held-out accuracy of the probes.\n\n| Probe | Accuracy (%) | Loss |\n|---|---|---|\n"
    "| Linear probe | 91.2 | 0.31 |\n| Mean difference | 87.5 | 0.44 |\n| Majority | 52.0 | 0.69 |\n\n"
)


@rule(
    "text-table",
    "numbers",
    "a number in the text that differs from the table it comes from",
    severity="major",
    rationale="One of the two is wrong, and the reader cannot tell which.",
    source="seed, 'Get the stats right'; NeurIPS checklist: results match the evidence",
    fix="Take both from the same run, and correct the one that is out of date.",
    fires=(
        _TABLE + "As Table 1 shows, the linear probe reaches an accuracy of 94.2%.",
        _TABLE + "Mean difference reaches 91.2% and the linear probe 87.5% (Table 1).",
        _TABLE + "The linear probe has an accuracy of 92.1%.",
        _TABLE + "By Table 1 the linear probe gets 94.2%, whereas mean difference is at 87.5% and "
        "majority at 52.0% as it must be.",
        _TABLE + "Mean difference has an accuracy of 78.5% and a loss of 0.44.",
        "Table 1: Probes.\n\n| Layer | Acc. (%) | Loss |\n|---|---|---|\n| 6 | 71.2 | 0.61 |\n"
        "| 14 | 86.0 | 0.40 |\n\nAt layer 14 the accuracy is 88.3% (Table 1).",
    ),
    quiet=(
        _TABLE + "As Table 1 shows, the linear probe reaches an accuracy of 91.2%.",
        _TABLE
        + "The linear probe (91.2%) is 3.7 points better than mean difference (87.5%; Table 1).",
        _TABLE + "In Table 1 the linear probe has an accuracy of 91% and a loss of 0.31.",
        _TABLE + "With a second epoch, the linear probe has an accuracy of 94.0%.",
        _TABLE + "Without centring, the linear probe has an accuracy of 84.0%.",
        _TABLE + "Table 1 reports means over 5 seeds; the linear probe beats the 52% majority.",
    ),
)
def text_table(document: Document) -> Iterator[Hit]:
    """Align row names, column names and numbers of a sentence; doubtful ones are left alone."""
    tables = [names for t in document.tables if (names := Names(t)).cells and names.rows]
    cells = [value for names in tables for value in names.cells.values()]
    meant: Table | None = None
    block = None
    for sentence in document.sentences:
        if sentence.block is not block:
            meant, block = None, sentence.block
        meant = _meant(document, sentence) or meant
        if sentence.section == "related" or "[cite:" in sentence.text:
            continue
        if not any(_eligible(sentence.text, n) for n in numbers(sentence.text)):
            continue
        found = []
        lowered = sentence.text.lower().replace("-", " ")
        for names in tables:
            if not any(label in lowered for label in names.rows.values()):
                continue
            explicit = names.table is meant
            if explicit or (meant is None and _alone(tables, names, sentence.text)):
                found += list(_compare(sentence, names, explicit, cells))
        yield from found[:2]


def _meant(document: Document, sentence: Sentence) -> Table | None:
    own = [t for t in document.tables if t.caption is sentence.block]
    if own:
        return own[0]
    for match in _REF.finditer(sentence.text):
        for table in document.tables:
            if match[1] and table.number == match[1]:
                return table
            if match[2] and table.label and table.label in match[2].split(","):
                return table
    return None


def _alone(tables: list[Names], names: Names, text: str) -> bool:
    """Whether this is the only table that has what the sentence names."""
    if _OTHER.search(text) or _under_other_terms(names, text):
        return False
    fits = [other for other in tables if other.said_rows(text) and other.said_columns(text)]
    rows, columns = names.said_rows(text), {column for _, column in names.said_columns(text)}
    return fits == [names] and (len(columns) == 1 or len({row for _, row in rows}) == 1)


def _under_other_terms(names: Names, text: str) -> bool:
    """Whether a sentence opens with a condition that the table does not name: `With a wet sensor, …`."""
    opening = re.match(
        r"(?:With|Under|After|Given|Using|At|On|In|For|Over|By)\s([^,]{3,60}),", text
    )
    if opening is None or _REF.search(opening[0]):
        return False
    return not names.said_rows(opening[1]) and not names.said_columns(opening[1])


def _compare(
    sentence: Sentence, names: Names, explicit: bool, cells: list[Number]
) -> Iterator[Hit]:
    text = sentence.text
    values = [n for n in numbers(text) if _eligible(text, n)]
    rows = names.said_rows(text)
    columns = names.said_columns(text)
    found = list(pairs(text, values, rows, columns)) or list(by_clause(text, values, rows, columns))
    for number, row, named in found:
        if not explicit and _COMMON.fullmatch(names.rows[row]):
            continue  # `134 important heads, all models pooled`
        column = named
        if column is None and len(names.columns) == 1:
            column = next(iter(names.columns))
        targets = (
            [names.cells[(row, column)]] if column is not None and (row, column) in names.cells
            else [v for (i, _), v in names.cells.items() if i == row] if column is None else []
        )  # fmt: skip
        if not targets or any(same(number, cell) for cell in targets):
            continue
        if number.decimals <= 0 and number.unit != "percent" and (
            column is None or any(c.decimals > 0 for c in targets)
        ):  # fmt: skip
            continue
        if any(c.unit != number.unit and min(c.value, number.value) >= 0 and
               not 0.2 < (number.value + 1e-9) / (c.value + 1e-9) < 5 and
               not 0.2 < number.value / (100 * c.value + 1e-9) < 5 for c in targets):  # fmt: skip
            continue
        if not explicit and (column is None or any(same(number, c) for c in cells)):
            continue
        if column is not None and any(
            i == row and j != column and same(number, v) for (i, j), v in names.cells.items()
        ):
            continue  # another figure of the same row
        if _derived(number, names, column) or (not explicit and not _near(number, targets[0])):
            continue
        yield _hit(sentence, names, number, row, column, targets)


# `drops by 12.0 in the east (to 84.5%)`: a step, and where it leads.
_STEP_TO = re.compile(r"^\s?%?(?: [a-z][\w-]*){0,7} \((?:down |up )?to [-−]?\d")


_COMMON = re.compile(r"all|any|both|each|every|none|other|mean|total|both together|all together")


def _near(number: Number, cell: Number) -> bool:
    return any(cell.value and 0.6 < number.value / (cell.value * s) < 1.67 for s in (1, 100, 0.01))


def _eligible(text: str, number: Number) -> bool:
    before, after = text[: number.start], text[number.end :]
    if _STEP_TO.match(after):
        return False
    if number.unit == "points" or _SKIP_BEFORE.search(before) or _SKIP_AFTER.match(after):
        # 'an accuracy of 91.2%' is a value, 'a gain of 4 points' is not
        valued = re.search(r"\b(?:accuracy|loss|rate|score|AUC|AUROC|F1|precision|recall|value|mean|"
                           r"effect|share)\s+of\s*$", before, re.I)  # fmt: skip
        return valued is not None and number.unit != "points" and not _SKIP_AFTER.match(after)
    return True


def _derived(number: Number, names: Names, column: int | None) -> bool:
    """Whether a difference or ratio of cells of the same column gives the number."""
    values = [v for (_, j), v in names.cells.items() if column is None or j == column]
    if len(values) > 40:
        return False
    slack = 2 * number.half
    for a in values:
        for b in values:
            if a is not b and (
                abs(abs(a.value - b.value) - abs(number.value)) < slack + a.half
                or (b.value and number.unit != "percent"
                    and abs(a.value / b.value - number.value) < slack)
            ):  # fmt: skip
                return True
    return False


def _hit(
    sentence: Sentence,
    names: Names,
    number: Number,
    row: int,
    column: int | None,
    targets: list[Number],
) -> Hit:
    table = names.table
    label = table.rows[row].cells[0]
    where = f"“{label}”" + (f", “{table.header[column]}”" if column is not None else "")
    gives = ", ".join(t.text for t in targets[:4])
    elsewhere = [
        table.rows[i].cells[0] for (i, j), v in names.cells.items()
        if i != row and (column is None or j == column) and same(number, v)
    ]  # fmt: skip
    more = f" ({number.text} stands in the row “{elsewhere[0]}”)" if elsewhere else ""
    return at(
        sentence,
        f"the text says {number.text} for {where}; {table.name} gives {gives}{more}.",
        number.start,
        evidence=((table.rows[row].line, " | ".join(table.rows[row].cells)),),
    )


RULES = (text_table,)
