"""Counts said of rows that a table holds, and counts that a list of parts splits."""

import re
from collections.abc import Iterator

from ..document.model import Document, Sentence
from ..rule import Hit, at, rule
from .roles import role
from .sheet import Sheet, stems
from .values import Number, numbers
from .words import digits

_TABLE = (
    "Table 1: Letters by town.\n\n| Town | Letters |\n|---|---|\n| Arlen and mills | 12 |\n| Brock | 11 |\n"
    "| Clove | 9 |\n| Dun | 8 |\n| Total | 40 |\n\n"
)
_JOINED = re.compile(
    r"\b(?:together|combined|jointly|between them|taken together|in total|in all|add up to|sum to|both)\b"
)
_OF = re.compile(r"(?<![\w.,/])(\d+) (?:out )?of (?:the |all |these |our )*(\d+)(?![\w%/]|[.,]\d)")
_AGREED = re.compile(r"\b(?:agree\w*|same|both|concord\w*|match\w*|coincid\w*|overlap\w*)\b", re.I)


@rule(
    "split-count",
    "numbers",
    "a count that the parts named beside it do not make",
    severity="major",
    rationale="Rows of 12 and 11 make 23 together; another number is one slip or two.",
    source="seed, 'Get the stats right'",
    fix="Add the parts again.",
    fires=(
        _TABLE + "The west is prominent: Arlen and Brock together make 27 of the 40 letters.",
        "The two readers agreed on 37 of 40 letters. Both said yes to 19 and no to 13; the first alone "
        "said yes to 5, the second alone to 3.",
    ),
    quiet=(
        _TABLE + "The west is prominent: Arlen and Brock together make 23 of the 40 letters.",
        _TABLE + "Arlen and Brock together have 15 stamps.",
        "The two readers agreed on 32 of 40 letters. Both said yes to 19 and no to 13; the first alone "
        "said yes to 5, the second alone to 3.",
        "The two readers agreed on 37 of 40 letters. They took 19, 13, 5 and 3 minutes a page.",
    ),
)
def split_count(document: Document) -> Iterator[Hit]:
    """Rows that a sentence names together; a list in the next sentence that makes up the whole."""
    sheets = [Sheet(table) for table in document.tables]
    last: Sentence | None = None
    for sentence in document.sentences:
        text = digits(sentence.text)
        if _JOINED.search(text):
            yield from _rows(sentence, text, sheets)
        if last is not None and last.block is sentence.block:
            yield from _parts(last, sentence)
        last = sentence


def _rows(sentence: Sentence, text: str, sheets: list[Sheet]) -> Iterator[Hit]:
    """Two or three rows named before a count: what they hold together."""
    for n in numbers(text):
        joined = _JOINED.search(text[: n.start])
        if n.decimals > 0 or n.unit != "plain" or joined is None:
            continue
        if re.search(r"\bof (?:the |all )?$", text[: n.start]) or _away(
            text[joined.end() : n.start]
        ):
            continue
        near = []
        for sheet in sheets:
            rows = _named(sheet, text[: n.start])
            for column in sorted({j for _, j in sheet.cells}):
                cells = [sheet.cells.get((i, column), [])[:1] for i in rows]
                parts = [c[0] for c in cells if c and c[0].decimals <= 0 and c[0].unit == "plain"]
                if not 2 <= len(parts) == len(rows) <= 4:
                    continue
                total = sum(p.value for p in parts)
                if total == n.value:
                    return
                if 0.7 < n.value / (total or 1) < 1.45:
                    near.append((sheet, parts, total))
        if len(near) == 1:
            sheet, parts, total = near[0]
            said = " + ".join(f"{p.value:g}" for p in parts)
            yield at(
                sentence,
                f"{sheet.table.name} gives {said} = {total:g} for these rows, not {n.text}.",
                n.start,
            )
            return


def _named(sheet: Sheet, text: str) -> list[int]:
    """Rows of which a text has a word that no other row has: `brackets` for `Brackets and braces`."""
    said = stems(text)
    shared = [
        {w for k, o in enumerate(sheet.rows) if k != i for w in o} for i in range(len(sheet.rows))
    ]
    return [i for i, row in enumerate(sheet.rows) if (row - shared[i]) & said]


def _away(words: str) -> bool:
    return len(words) > 40 or re.search(r"[.;:()\d]", words) is not None


def _parts(first: Sentence, second: Sentence) -> Iterator[Hit]:
    """`agreed on 32 of 40. Both … 19 and … 13; … 5, … 3`: the list makes 40, and a part of it 32."""
    text = digits(first.text)
    if not _AGREED.search(text) or not re.search(r"\b[Bb]oth\b", second.text):
        return
    counts = [n for n in numbers(digits(second.text)) if _count(second, n)]
    values = [int(n.value) for n in counts]
    end = second.text.find(";") if ";" in second.text else len(second.text)
    agreed = sum(n.value for n in counts if n.start < end)
    for match in _OF.finditer(text):
        part, whole = int(match[1]), int(match[2])
        if not 3 <= len(values) <= 5 or sum(values) != whole:
            continue
        if part != agreed < whole:
            said = " + ".join(f"{n.value:g}" for n in counts if n.start < end)
            yield at(
                first,
                f"{said} = {agreed:g} by the next sentence, not {part}.",
                match.start(),
                evidence=((second.line, second.text),),
            )


def _count(sentence: Sentence, number: Number) -> bool:
    plain = number.decimals <= 0 and number.unit == "plain"
    return plain and role(digits(sentence.text), number) == "value"


RULES = (split_count,)
