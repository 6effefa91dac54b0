"""Figures of the text that stand nowhere else, against the cell whose names are said beside them."""

import re
from collections.abc import Iterator

from ..document.model import Document, Sentence
from ..rule import Hit, at, rule
from .everywhere import Everywhere, everywhere
from .said_change import changes
from .sheet import Place, Sheet
from .values import Number, numbers

_TABLE = (
    "Table 1: Mean score of the three glues, by days of drying.\n\n| Glue | One day | Ten days | Price |\n"
    "|---|---|---|---|\n| Bone glue | 4.31 | 6.82 | 12.5 |\n| Casein | 3.84 | 5.90 | 9.1 |\n"
    "| Mean | 4.08 | 6.36 | 10.8 |\n\n"
)


@rule(
    "cell-value",
    "numbers",
    "a figure that stands nowhere else, beside the names of a cell that says another",
    severity="major",
    rationale="A figure of the text comes from somewhere; where the table has another one there, one is wrong.",
    source="seed, 'Get the stats right'; NeurIPS checklist: results match the evidence",
    fix="Take both from the same run; if another quantity is meant, name it apart.",
    fires=(
        _TABLE + "After ten days casein holds best of all the cheap ones (5.09).",
        _TABLE + "Bone glue goes from 4.31 to 6.28 when it dries longer.",
        _TABLE + "On average the score rises from 4.08 to 6.63 within ten days.",
        _TABLE + "Bone glue is dear: its price is 15.2.",
    ),
    quiet=(
        _TABLE + "After ten days casein holds best of all the cheap ones (5.90).",
        _TABLE + "Bone glue goes from 4.31 to 6.82 between the first and the tenth day.",
        _TABLE + "Bone glue beats casein by 0.92 after ten days and by 0.47 after one day.",
        _TABLE + "In a pilot, casein had 5.09 after ten days; with a wet sheet bone glue had 6.1.",
        _TABLE + "We repeated this with a wet sheet. After ten days casein had 5.09.",
        _TABLE + "After ten days casein had 5.09 with the lower and 4.91 with the higher load.",
        _TABLE + "Casein from another shop had 5.31 after ten days.",
        _TABLE + "Random glues average 5.26 after ten days.",
        _TABLE + "After ten days the three have about 6.1 (SD 0.40), casein 95% CI [5.31, 6.22].",
    ),
)
def cell_value(document: Document) -> Iterator[Hit]:
    """One table, one cell: its row and its column are said, or held by the figures beside."""
    sheets = [sheet for table in document.tables if (sheet := Sheet(table)).cells]
    if not sheets:
        return
    known = everywhere(document)
    before: Sentence | None = None
    for sentence in document.sentences:
        last = before if before and before.block is sentence.block else None
        before = sentence
        if sentence.section == "related" or "[cite:" in sentence.text:
            continue
        if last is not None and _AGAIN.search(last.text):
            continue
        yield from _strangers(sentence, sheets, known)


def _strangers(sentence: Sentence, sheets: list[Sheet], known: Everywhere) -> Iterator[Hit]:
    text = sentence.text
    found = numbers(text)
    alone = [n for n in found if _reports(text, n) and not known.elsewhere(n, sentence.block)]
    if len(alone) > 4:
        return
    for number in alone:
        if _OTHER.search(text[: _clause(text, number)[1]]):
            continue
        near = _own(found, number, text)
        hits = [
            (sheet, place)
            for sheet in sheets
            if (place := _aim(sheet, number, text, near)) is not None
        ]
        # Two strangers near one cell are another analysis of the same thing.
        if any(n is not number and _slip(n, *hit) for hit in hits for n in alone):
            continue
        if len(hits) == 1 and not _derived(number, text, found, hits[0][0], hits[0][1]):
            yield _hit(sentence, number, *hits[0])


_BEFORE = re.compile(
    r"(?:about|around|roughly|nearly|almost|approximately|at least|at most|more than|less than|up to|"
    r"some|≈|~|±|[<>≤≥]|[(\[]|\bCI:?|interval(?: of| from)?|\b[A-Za-zα-ωχ²]{1,3}\s*(?:\([^)]*\)\s*)?=|"
    r"\bn\b|threshold(?: of)?|SDs?|SE|\bat|\bs\.d\.)\s*$"
)
_AFTER = re.compile(
    r"\s*(?:percentage )?(?:pp|times|×|x\b|-?fold|CI\b|confidence|±\s*$|seeds?|runs?|GB|MB|hours?|days?|"
    r"minutes?|seconds?|tokens|steps|[–-]\s?\d)|\s*[,–-]\s*[-−]?[\d.]+\s*\]"
)
_AGAIN = re.compile(
    r"\b(?:we|I) (?:also )?repeat\w*|\b(?:again|re-?r[ua]n|instead|variants?|thresholds|robust\w*)\b",
    re.I,
)
_OTHER = re.compile(
    r"\b(?:pilot|another|previous(?:ly)?|earlier|original(?:ly)?|prior|instead|would|if|reported by|other|"
    r"threshold|chance)\b|et al|\[\d+\]",
    re.I,
)
_SQUARE = re.compile(r"\[[^\[\]]*\]")
_ENDS = re.compile(r"[\[(]\s*[-−]?[\d.]+\s?%?\s*(?:,|–|to)\s*[-−]?[\d.]+\s?%?\s*[\])]")


def _reports(text: str, number: Number) -> bool:
    """Whether a number is a result: printed with a fraction or in per cent, not hedged, no statistic."""
    if number.decimals <= 0 and number.unit != "percent":
        return False
    ends = _ENDS if re.search(r"interval|\bCI\b|range|[Bb]rackets", text) else _SQUARE
    if any(m.start() < number.start < m.end() for m in ends.finditer(text)):
        return False
    before = text[: number.start]
    opened = re.search(r"\($", before) is not None
    if _BEFORE.search(before) and not opened:
        return False
    return not _AFTER.match(text[number.end :])


_CUT = re.compile(
    r"[;:()]\s?|,\s(?:and|but|while|whereas|where|with|against|compared)\b|"
    r"\s(?:while|whereas|but|against|versus|and|than)\s"
)


def _clause(text: str, number: Number) -> tuple[int, int]:
    cuts = [0, *(m.end() for m in _CUT.finditer(text)), len(text)]
    start = max(cut for cut in cuts if cut <= number.start)
    if not re.search(r"\w{2,}", text[start : number.start]):  # `the second one (4.2)`
        start = max((cut for cut in cuts if cut < start), default=0)
    return start, min(cut for cut in cuts if cut >= number.end)


def _own(found: list[Number], number: Number, text: str) -> list[Number]:
    """The other results of the sentence."""
    return [n for n in found if n.start != number.start and _reports(text, n)]


def _aim(sheet: Sheet, number: Number, text: str, near: list[Number]) -> Place | None:
    """The cell that the words and the figures beside a number point at; None where they leave doubt."""
    start, end = _clause(text, number)
    rows = _nearest(sheet.said_rows(text), start, end)
    columns = _nearest(sheet.said_columns(text), start, end)
    held = {n.start: sheet.places(n) for n in near}
    if (turn := _in_turn(sheet, number, text, held)) is not None:
        rows = [turn]
    if not rows and sheet.mean_row is not None and _ON_AVERAGE.search(text[start:end]):
        rows = [sheet.mean_row]
    if len(rows) == 1:
        held = {k: [p for p in places if p[0] == rows[0]] or places for k, places in held.items()}
    lone = [places[0] for places in held.values() if len(places) == 1]
    changed = changes(text, number)
    taken = {place for places in held.values() for place in places}
    for some, others, strict in (
        (rows, columns, False),
        (rows, sorted({j for i, j in lone if i not in rows}) if not columns else [], False),
        (sorted({i for i, _ in lone}) if not rows else [], columns, False),
        (rows if not columns else [], None, True),
    ):
        if len(some) != 1 or (others is not None and len(others) != 1):
            continue
        places = [
            place
            for place in sheet.cells
            if place[0] == some[0]
            and changed == sheet.holds_changes(place)
            and (others is None or place[1] == others[0])
            and place not in taken
            and _slip(number, sheet, place)
        ]
        if len(places) == 1 and (not strict or lone or not near):
            return places[0]
    if len(columns) == 1 and not rows and not near and _MOST.search(text[start : number.start]):
        return _extreme(sheet, columns[0], number)
    return None


_MOST = re.compile(r"\b(?:reach(?:es|ed)?|peaks?|best|highest|most|largest|maximum)\b")


def _extreme(sheet: Sheet, column: int, number: Number) -> Place | None:
    """The highest cell of a column: what the best of something `reaches`."""
    found = {p: cell[0] for p, cell in sheet.cells.items() if p[1] == column}
    if len(found) < 3:
        return None
    place = max(found, key=lambda p: found[p].value)
    return place if _slip(number, sheet, place) else None


_ON_AVERAGE = re.compile(r"(?i)^(?!.*\brandom\b).*\b(?:mean|on average|averages?)\b")


def _nearest(said: dict[int, int], start: int, end: int) -> list[int]:
    """Names of the clause of a number, if it has just one; else those of the sentence."""
    inner = [key for key, offset in said.items() if start <= offset < end]
    return inner if len(inner) == 1 else list(said)


def _in_turn(sheet: Sheet, number: Number, text: str, held: dict[int, list[Place]]) -> int | None:
    """The row of a number among as many rows and numbers, where the other numbers keep the order."""
    said = sorted((offset, row) for row, offset in sheet.said_rows(text).items())
    order = sorted([*(start for start, places in held.items() if places), number.start])
    if len(said) != len(order) or len(said) < 2:
        return None
    mine = -1
    for start, (_, row) in zip(order, said, strict=True):
        if start == number.start:
            mine = row
        elif row not in {i for i, _ in held[start]}:
            return None
    return mine


def _slip(number: Number, sheet: Sheet, place: Place) -> bool:
    """Whether a cell holds one figure of the same kind that a slip could have turned into the number."""
    for cell in sheet.cells.get(place, []):
        if cell.decimals == number.decimals and cell.value:
            if cell.unit == "percent" and number.unit == "plain":
                continue
            if 0.65 < number.value / cell.value < 1.5:
                return True
    return False


def _derived(number: Number, text: str, found: list[Number], sheet: Sheet, place: Place) -> bool:
    """Whether the number is a difference, mean or ratio of figures in reach."""
    lines = [
        [n for (i, j), cell in sheet.cells.items() if (i, j)[axis] == place[axis] for n in cell[:1]]
        for axis in (0, 1)
    ]
    own = [n for n in found if n.start != number.start]
    change = changes(text, number) or re.search(
        r"\b(?:gap|differ|more|less|lower|higher|minus|ratio|drop|gain|shift|change|increase|decrease)",
        text,
    )
    for values in (*lines, own):
        if len(values) > 1 and number.rounds(sum(n.value for n in values) / len(values)):
            return True
        if change and any(
            abs(abs(a.value - b.value) - abs(number.value)) <= a.half + b.half + number.half
            for a in values for b in values if a is not b
        ):  # fmt: skip
            return True
    return False


def _hit(sentence: Sentence, number: Number, sheet: Sheet, place: Place) -> Hit:
    table, (row, column) = sheet.table, place
    cells = table.rows[row].cells
    where = f"“{cells[0].strip(' *')}”, “{table.header[column].strip(' *')}”"
    return at(
        sentence,
        f"{number.text} stands nowhere else in the draft; {table.name} gives {cells[column].strip(' *')} "
        f"for {where}.",
        number.start,
        evidence=((table.rows[row].line, " | ".join(cells)),),
    )


RULES = (cell_value,)
