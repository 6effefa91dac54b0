"""Which table, and which of its cells, the words around a change are about."""

import re

from ..document.model import Document, Sentence
from .grid import Grid, Step, words
from .said_change import changes
from .values import Number, numbers

# What makes the figures others than those of the table.
_ELSEWHERE = re.compile(
    r"\b(?:without|before|instead|previous|prior|would|if|except|unlike|reported|original|while training|"
    r"earlier|excluding|first|another|other|pilot|elsewhere|relative|also|both|each|every|per|respectively)\b"
    r"|\[cite:|et al|\[ref:fig|\bFig",
    re.I,
)
_MEAN = re.compile(r"\bon average\b|\bmean\b|\baverage\b|\boverall\b", re.I)


def focus(
    document: Document, sentence: Sentence, number: Number, grids: list[Grid]
) -> tuple[Grid, list[Step]] | None:
    """The cells that the words around a number name; None where they name too little."""
    named = _named(sentence, grids)
    found = []
    for grid in named or grids:
        steps = _steps(sentence, number, grid, explicit=bool(named))
        if steps:
            found.append((grid, steps))
    return found[0] if len(found) == 1 else None


def about(document: Document, sentence: Sentence, grids: list[Grid]) -> Grid | None:
    """The table that the paragraph names; else the only one with two words of the sentence."""
    named = _named(sentence, grids)
    said = words(sentence.text)
    if len(named) == 1 and named[0].all_words & said:
        return named[0]
    if named:
        return None
    grids = [g for g in grids if not _ELSEWHERE.search(_without_names(sentence.text, g))]
    close = [
        g
        for g in grids
        if len(g.words & said) >= 2 or (g.words & said and len(g.all_words & said) >= 3)
    ]
    if len(close) > 1:
        best = max(len(g.words & said) for g in close)
        close = [g for g in close if len(g.words & said) == best]
    return close[0] if len(close) == 1 else None


def _named(sentence: Sentence, grids: list[Grid]) -> list[Grid]:
    text = sentence.block.flat
    return [
        g for g in grids
        if (g.table.number and re.search(rf"\bTab(?:le|\.)s? {re.escape(g.table.number)}\b", text))
        or (g.table.label and f"[ref:{g.table.label}]" in text)
    ]  # fmt: skip


def _steps(sentence: Sentence, number: Number, grid: Grid, *, explicit: bool) -> list[Step]:
    text = sentence.text
    region, after = _region(text, number)
    rows = {row for _, row in grid.named.said_rows(region)}
    columns = {column for _, column in grid.named.said_columns(region)}
    rest = _without_names(text, grid)
    if _MEAN.search(region):
        averages = {j for j, name in grid.named.columns.items() if _MEAN.fullmatch(name)}
        columns = averages or columns
    if (len(rows) == 2 and len(columns) <= 1) or (len(columns) == 2 and len(rows) <= 1):
        if not explicit and (_ELSEWHERE.search(rest) or not _placed(after, grid)):
            return []
        return grid.between(rows, columns)
    if explicit and (place := _anchor(text, number, grid)):
        return [step for step in grid.steps if step.first and place in step.places]
    heads = {column for _, column in grid.named.said_columns(after)}
    if len(heads) == 1 and len(rows) <= 1 and re.match(r"[^,]{0,12}\b(?:on|in|for|at)\b", after):
        steps = grid.within(heads)
        if rows:
            steps = [step for step in steps if any(i in rows for i, _ in step.places)]
        return steps if explicit or not _ELSEWHERE.search(rest) else []
    return []


def _region(text: str, number: Number) -> tuple[str, str]:
    """The words around a change that belong to it and to no other number; and those behind it."""
    others = [n for n in numbers(text) if n.start != number.start]
    start = max((n.end for n in others if n.end <= number.start and changes(text, n)), default=0)
    if start:  # behind the words that belong to the change before
        start += len(re.split(r",|\band\b|\bbut\b", text[start : number.start])[0])
    end = min((n.start for n in others if n.start >= number.end), default=len(text))
    cut = re.split(r"[;:]|\.\s", text[start : number.start])[-1]
    after = re.split(r"[;:]|\s(?:but|while|whereas)\s|, (?:and|so)\s", text[number.end : end])[0]
    if end < len(text):  # `costs 6.0 points and Cobalt 12.5`: the next name has the next number
        after = _NEXT_NAME.sub("", after)
    return f"{cut} {after}", after


_NEXT_NAME = re.compile(r"\sand\s(?:[^\W\d][\w-]*\s){1,3}$")


def _without_names(text: str, grid: Grid) -> str:
    rest = text.lower().replace("-", " ")
    for name in sorted([*grid.named.rows.values(), *grid.named.columns.values()], key=len)[::-1]:
        rest = rest.replace(name, " ") if len(name) > 2 else rest
    return rest


def _placed(after: str, grid: Grid) -> bool:
    """Whether the words behind a change leave its place to the table: `… by 0.8 in the greenhouse`."""
    match = re.search(r"\b(?:on|in|for|at|of|from|under|after|with)\s+(?P<what>[^,;()]+)", after)
    return match is None or bool(words(match["what"]) & grid.all_words)


def _anchor(text: str, number: Number, grid: Grid) -> tuple[int, int] | None:
    """The one cell whose figure the sentence gives before a change 'against' something."""
    if not re.match(
        r"[^.;:]{0,12}\b(?:against|over|compared|relative to|below|above|than)\b",
        text[number.end :],
    ):
        return None
    said = [n for n in numbers(text[: number.start]) if n.decimals > 0]
    places = {place for n in said for place, _ in grid.places_of(n)}
    return places.pop() if len(places) == 1 and len(said) == 1 else None
