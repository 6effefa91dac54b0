"""Changes that the text states against the cells of the table that they are read from."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations

from ..document.model import Document, Sentence
from ..rule import Hit, at, rule
from .grid import Grid, Step, room
from .said_change import changes
from .table_focus import about, focus
from .values import Number, numbers

_TABLE = (
    "Table 1: Held-out results.\n\n| Model | Accuracy (%) | Loss (nats) |\n|---|---|---|\n"
    "| With | 91.2 | 2.31 |\n| Without | 87.5 | 2.52 |\n\n"
)
_CROPS = (
    "Table 1: Yield in tonnes per hectare and days to harvest.\n\n| Variety | Wet years | Dry years | "
    "Days |\n|---|---|---|---|\n| Amber | 6.42 | 4.81 | 118 |\n| Cobalt | 5.97 | 5.20 | 131 |\n"
    "| Dune | 5.10 | 4.95 | 109 |\n\n"
)
_TOWNS = (
    "Table 1. Letters answered, by town.\n\n| Town | Spring | Autumn |\n|---|---|---|\n"
    "| Arlen | 96 (80.0%) | 61 (50.8%) |\n| Brock | 63 (70.0%) | 36 (40.0%) |\n"
    "| Both | 159 (75.7%) | 97 (46.2%) |\n\n"
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
        _CROPS + "In wet years Amber beats Cobalt by 0.54 tonnes.",
        _CROPS + "Dune is ready 19 days earlier than Cobalt (Table 1).",
        _CROPS + "Cobalt loses 0.67 tonnes between wet years and dry years.",
        _CROPS + "Switching to Cobalt costs 0.54 tonnes in wet years and gains 0.39 in dry years.",
        _CROPS + "The gap between Amber and Dune is 1.23 tonnes in wet years.",
        _TOWNS + "In autumn 97 letters were answered (46.2%), a loss of 25.9 points against spring "
        "(Table 1).",
    ),
    quiet=(
        _TABLE + "Leaving the token out raises the loss of the model with it by 0.21 nats.",
        _TABLE + "The loss rises by 0.21 nats when the token is left out.",
        _TABLE + "The accuracy falls by 3.7 points and the loss rises by 0.21.",
        _TABLE + "The loss rises by 4.5 nats when every layer is taken out.",
        _TABLE + "The loss rises by about 0.2 nats. The norm rises by 0.25.",
        _CROPS + "In wet years Amber beats Cobalt by 0.45 tonnes, and in the greenhouse by 0.81.",
        _CROPS + "Dune is ready 22 days earlier than Cobalt (Table 1) and 4 days after the snow.",
        _CROPS + "Cobalt loses 0.77 tonnes between wet years and dry years.",
        _CROPS + "Switching to Cobalt costs 0.45 tonnes in wet years and gains 0.39 in dry years.",
        _CROPS
        + "By Table 1 Cobalt loses 0.45 tonnes of yield against Amber in wet years and Dune 1.32.",
        _TOWNS
        + "- All 210: opened 68.6 %.\n- The 114 first: opened 71.9 %.\n- The 96 last: opened 64.6 %.\n\n"
        "So opening in spring is more frequent among the first in autumn, by 7.3 points (CI 2.1 to 12.5; Table 1).",
        _CROPS + "Amber beats Cobalt by 0.61 tonnes in the trials of another station.",
        _TOWNS + "In autumn 97 letters were answered (46.2%), a loss of 29.5 points against spring "
        "(Table 1).",
    ),
)
def table_change(document: Document) -> Iterator[Hit]:
    """Only beside the one table that the words are about, at the precision of its column."""
    grids = [grid for table in document.tables if (grid := Grid(table)).steps]
    if not grids:
        return
    told = [(n, s) for s in document.sentences for n in numbers(s.text)]
    counts = Counter((round(abs(n.value), 9), n.decimals) for n, _ in told)
    for number, sentence in told:
        if sentence.section in ("related", "introduction") or "[cite:" in sentence.text:
            continue
        if _RELATIVE.match(sentence.text[number.end :]):
            continue
        if not changes(sentence.text, number) or _own_explains(sentence.text, number):
            continue
        if sentence.start == 0 and _own_explains(_items_above(document, sentence), number):
            continue
        once = counts[round(abs(number.value), 9), number.decimals] == 1
        if found := focus(document, sentence, number, grids):
            yield from _narrow(sentence, number, *found)
        elif once and number.decimals > 0:
            yield from _wide(document, sentence, number, grids)


def _items_above(document: Document, sentence: Sentence) -> str:
    """The list that a paragraph goes on after."""
    at_ = document.blocks.index(sentence.block)
    found: list[str] = []
    while at_ and document.blocks[at_ - 1].kind == "item":
        at_ -= 1
        found.insert(0, document.blocks[at_].flat)
    return " ".join(found)


# `loses .185 of its correct answers`: a share, not a step.
_RELATIVE = re.compile(r"\s?%? of (?:its|their|the|all|what)\b")
_INTERVAL = re.compile(r"\[[^\]]{3,20}\]")


def _own_explains(text: str, number: Number) -> bool:
    text = _INTERVAL.sub(lambda match: " " * len(match[0]), text)
    own = [n for n in numbers(text) if n.start != number.start]
    return any(
        abs(abs(a.value - b.value) - abs(number.value)) <= number.half + room(number, a, b)
        for a, b in combinations(own, 2)
        if a.unit == b.unit and max(a.decimals, b.decimals) >= number.decimals
    )


def _narrow(sentence: Sentence, number: Number, grid: Grid, steps: list[Step]) -> Iterator[Hit]:
    """The words say which cells the change is between."""
    value = abs(number.value)
    near_by = {place for step in steps for place in step.places}
    if any(step.gives(number) for step in grid.steps if step.places & near_by):
        return  # one of the two against a third
    if number.decimals > 0 and value in grid.values:
        return  # the table holds changes already
    near = [
        step for step in steps
        if step.decimals >= number.decimals
        and (0.4 < value / step.size < 2.5 or abs(value - step.size) < 12 * step.one.half)
    ]  # fmt: skip
    if near:
        yield _hit(sentence, number, grid, near, "these cells differ by")


def _wide(
    document: Document, sentence: Sentence, number: Number, grids: list[Grid]
) -> Iterator[Hit]:
    """Any two cells of the column, or of the table, may be meant: none gives it."""
    value = abs(number.value)
    for grid in grids:
        if any(step.gives(number) for step in grid.steps):
            return
        if any(abs(value - cell) <= 2 * number.half * (1 - 1e-9) for cell in grid.values):
            return
    meant = about(document, sentence, grids)
    if meant is None or number.decimals not in meant.decimals:
        return
    columns = meant.columns_said(sentence.text)
    steps = meant.within(columns) if columns else [step for step in meant.steps if step.first]
    near = [
        step for step in steps
        if step.decimals == number.decimals and 0.68 < value / step.size < 1.45
    ]  # fmt: skip
    if near:
        yield _hit(sentence, number, meant, near, "no two cells differ by that; the nearest by")


def _hit(sentence: Sentence, number: Number, grid: Grid, near: list[Step], how: str) -> Hit:
    step = min(near, key=lambda one: abs(one.size - abs(number.value)))
    row = grid.table.rows[min(step.places)[0]]
    return at(
        sentence,
        f"a change of {number.text.lstrip('-−')}, but in {grid.table.name} {how} "
        f"{step.size:.{max(step.decimals, 0)}f} ({step.one.text} and {step.other.text}).",
        number.start,
        evidence=((row.line, " | ".join(row.cells)),),
    )


RULES = (table_change,)
