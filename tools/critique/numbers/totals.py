"""Totals and means against their parts, in tables and in sentences."""

import re
from collections.abc import Iterator, Sequence

from ..document.model import Document, Row, Sentence, Table
from ..rule import Hit, at, rule
from .values import Number, single

_TOTAL = re.compile(r"(?:grand )?(?:total|sum)s?\.?|(?:in )?all together|overall total", re.I)
_ALL = re.compile(r"all|overall|together|whole", re.I)
_COUNTED = re.compile(
    r"(?:n|counts?|number|prompts|models|heads|neurons|sentences|examples|items|pairs|runs|layers|"
    r"features|documents|replies|questions|instructions|passages|tokens|words|cases)(?: .*)?",
    re.I,
)
_MEAN = re.compile(r"(?:overall )?(?:mean|average|avg\.?)(?: (?:of|over) .*)?", re.I)
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
        "| Split | A | B | Total |\n|---|---|---|---|\n| x | 10 | 20 | 30 |\n| y | 5 | 6 | 11 |\n"
        "| z | 7 | 8 | 19 |",
    ),
    quiet=(
        "| Split | Prompts | Accuracy |\n|---|---|---|\n| train | 120 | 0.9 |\n| test | 40 | 0.8 |\n"
        "| Total | 160 | 0.87 |",
        "| Task | Accuracy |\n|---|---|\n| a | 80.0 |\n| b | 90.0 |\n| c | 70.0 |\n| Mean | 80.0 |",
        "| Task | n | Accuracy |\n|---|---|---|\n| a | 10 | 80.0 |\n| b | 90 | 90.0 |\n| Mean | 50 | 89.0 |",
        "| Layer | Best k |\n|---|---|\n| 1 | 10 |\n| 2 | 5 |\n| All | 12 |",
        "| Split | Prompts |\n|---|---|\n| total effect | 4 |\n| direct effect | 3 |",
    ),
)
def table_total(document: Document) -> Iterator[Hit]:
    """Add up the rows above a total, and the cells before one."""
    for table in document.tables:
        yield from _total_rows(table)
        yield from _total_column(table)


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
            said = single(row.cells[column])
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


def _counts(table: Table, index: int, column: int) -> bool:
    """Whether a row called 'all' adds a column up: it counts things, or another column adds up."""
    row = table.rows[index]

    def parts_of(at: int) -> tuple[list[Number], Number | None]:
        groups = _groups(table.rows[:index], at)
        said = single(row.cells[at])
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
        value = single(row.cells[column]) if column < len(row.cells) else None
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


def _total_column(table: Table) -> Iterator[Hit]:
    """A column called total: most rows add up, one does not."""
    for column, name in enumerate(table.header):
        if not _TOTAL.fullmatch(name.strip()) or column < 2:
            continue
        right, wrong = 0, []
        for row in table.rows:
            cells = [_share(c) or single(c) for c in row.cells[1:column]]
            own = row.cells[column] if column < len(row.cells) else ""
            said = _share(own) or single(own)
            if said is None or any(c is None for c in cells):
                continue
            parts = [c for c in cells if c is not None]
            if len(parts) >= 2 and _sums(parts, said, mean=False):
                right += 1
            else:
                wrong.append((row, parts, said))
        if right >= 2 and len(wrong) == 1:
            row, parts, said = wrong[0]
            yield Hit(
                row.line,
                f"{table.name}: this row adds up to {sum(n.value for n in parts):g}, its total "
                f"says {said.text} (the other {right} rows add up).",
                quote=" | ".join(row.cells),
            )


def _share(cell: str) -> Number | None:
    """The upper number of `5/32`."""
    match = re.fullmatch(r"[\s*]*(\d+)\s*/\s*\d+[\s*]*", cell)
    return single(match[1]) if match else None


_HEAD = r"(?P<total>\d{1,3}(?:,\d{3})+|\d{2,})\s+(?P<noun>(?:[a-z][\w-]*\s+){0,4}[a-z][\w-]+)"
_LIST = r"(?P<list>\d[^().;:]{2,160}?\band\s+\d[\d,]*(?:\s+[a-z][^().;:,]{0,40})?)"
_SPLITS = (
    re.compile(rf"(?<![\w.,]){_HEAD}\s*(?:\(|:\s+|,? split into\s+|,? divided into\s+|, of which\s+|"
               rf"\s+—\s+|,\s+(?=\d+ (?:with|for|of|in|from|are|were)\b)|,? made up of\s+|,? consisting of\s+|,? comprising\s+)"
               rf"(?:(?:namely|i\.e\.,?|with)\s+)?{_LIST}(?=[).;:,]|\s*$|\s+[–—])"),
)  # fmt: skip
_SAID = re.compile(
    r",\s+(?:(?P<a>\d[\d,]*) (?:\w+ )?(?:in total|in all|altogether|together)|"
    r"(?:together|in total|altogether|in all|making|a total of)\s+(?P<b>\d[\d,]*))(?=[\s.,;)])"
)
_ROW = re.compile(r"(?<![\w.,])(?:\d+,\s+)+(?:and\s+)?\d+(?:,?\s+and\s+\d+)?(?![\w.%]|,\d)")
_EACH = re.compile(
    r"\b(?:have|has|had|hold|holds|held|gives?|gave|contains?|contained)\s+(\d+)(?![\w.%]|,\d)"
)
_PART = re.compile(r"(?<![\w.,])(\d{1,3}(?:,\d{3})+|\d+)(?![\w.%]|,\d|\s?%|-)")


@rule(
    "text-total",
    "numbers",
    "parts named in a sentence that do not add up to the whole it names",
    severity="major",
    rationale="'160 prompts: 120 for training and 60 for testing' leaves the reader to guess.",
    source="seed, 'Get the stats right'",
    fix="Add the parts again; say what was left out if they are not meant to be all.",
    fires=(
        "We wrote 160 prompts (120 for training and 60 for testing).",
        "We use 240 pairs: 100 about food, 80 about travel and 50 about work.",
        "In the four groups 3, 5, 8 and 12 prompts are solved, 31 in total.",
        "Early layers have 3 heads, middle layers have 26 and late layers have 18, together 41.",
    ),
    quiet=(
        "We wrote 160 prompts (120 for training and 40 for testing).",
        "We use 240 pairs: 100 about food, 80 about travel and 60 about work.",
        "In the four groups 3, 5, 8 and 12 prompts are solved, 28 in total.",
        "Early layers have 3 heads, middle layers have 26 and late layers have 18, together 47.",
        "We use 120 prompts (5 templates and 24 names).",
        "We tested 50 prompts: 12 failed in layer 3 and 9 in layer 4.",
        "We ran 100 prompts (seed 1 and 2), 20 of them twice.",
    ),
)
def text_total(document: Document) -> Iterator[Hit]:
    """Add up the parts; only near misses are reported, since lists may be examples or products."""
    for sentence in document.sentences:
        yield from _said_total(sentence)
        for pattern in _SPLITS:
            for match in pattern.finditer(sentence.text):
                if re.search(
                    r"\b(?:each|per|every|times|of them|overlap|both)\b|×|%|seed|layer",
                    match["list"],
                ):
                    continue
                total = int(match["total"].replace(",", ""))
                parts = [int(m[1].replace(",", "")) for m in _PART.finditer(match["list"])]
                found = sum(parts)
                product = 1
                for part in parts:
                    product *= part
                if len(parts) < 2 or total in (found, product) or max(parts) >= total:
                    continue
                if 0.7 * total <= found <= 1.4 * total:
                    said = " + ".join(map(str, parts))
                    yield at(
                        sentence,
                        f"{said} = {found}, but the whole is said to be {match['total']}.",
                        match.start(),
                    )


def _said_total(sentence: Sentence) -> Iterator[Hit]:
    """`3, 5 and 8 …, 16 in total`; `A has 3 and B has 26, together 29`."""
    for match in _SAID.finditer(sentence.text):
        before = sentence.text[: match.start()]
        total = int((match["a"] or match["b"]).replace(",", ""))
        rows = list(_ROW.finditer(before))
        texts = re.findall(r"\d+", rows[-1][0]) if rows else _EACH.findall(before)
        parts = [int(text) for text in texts]
        found = sum(parts)
        if len(parts) >= 2 and found != total and 0.6 * total <= found <= 1.6 * total:
            said = " + ".join(map(str, parts))
            yield at(sentence, f"{said} = {found}, not {total}.", match.start())


RULES = (table_total, text_total)
