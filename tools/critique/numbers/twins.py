"""A number that stands nowhere else, where another place says the same of another number."""

import re
from collections.abc import Iterator
from dataclasses import replace

from ..document.model import Document, Table
from ..rule import Hit, at, rule
from .backed import backed, began, wholes
from .contexts import Contexts, Said, contexts, key
from .everywhere import Everywhere, everywhere
from .roles import REPORTED, inside_own_interval, role
from .sheet import figures
from .values import Number, numbers
from .words import digits

_TABLE = (
    "Table 1: Mean load of the boards, in kg.\n\n| Board | May | June |\n|---|---|---|\n"
    "| wet oak | 4.10 | 4.72 |\n| dry oak | 5.90 | 6.10 |\n| wet pine | 3.30 | 3.71 |\n\n"
)


@rule(
    "twin-value",
    "numbers",
    "a number that stands nowhere else, where another place gives the same quantity another value",
    severity="major",
    rationale="What the abstract says must be what the body shows; where they differ one is wrong.",
    source="seed, 'How to write stuff up'",
    fix="Look both up in the run they come from; where two quantities are meant, name the difference.",
    fires=(
        "# Abstract\n\nThe new glue holds 4.31 kg after a day in water.\n\n# Results\n\nAfter a day in "
        "water the new glue holds 4.13 kg, and we see no cracks.\n",
        "# Results\n\nThe falls are 21.5 and 2.5 points for the wet and the dry boards.\n\n# Summary\n\n"
        "Wet boards lose more than dry boards: 24.1 against 2.5 points.\n",
        "# Results\n\nOf the 1,120 letters 930 were answered within a week.\n\n# Abstract\n\nWithin a "
        "week 790 of 1,120 letters were answered.\n",
        _TABLE + "The mean load of wet oak boards was 5.72 kg in June.",
    ),
    quiet=(
        "# Abstract\n\nThe new glue holds 4.31 kg after a day in water.\n\n# Results\n\nAfter a day in "
        "water the new glue holds 4.31 kg, the old glue 3.90 kg.\n",
        "# Method\n\nOf the 6,000 letters we sent 1,500 by air and 4,500 by sea.\n\n# Results\n\nAll 6,000 "
        "letters came, whether by air or by sea.\n",
        "# Results\n\nThe pull is 3.8 g for steel (SD 3.1) and 1.5 g for tin.\n\n# Summary\n\nThe pull is "
        "2.3 g more for steel than for tin.\n",
        _TABLE + "The mean load of wet oak boards was 4.72 kg in June, of dry ones 6.10 kg.",
        _TABLE + "In a pilot the mean load of wet oak boards was 5.12 kg in June.",
    ),
)
def twin_value(document: Document) -> Iterator[Hit]:
    """The place whose words and numbers are most like those around a lonely number."""
    known = everywhere(document)
    read = contexts(document)
    done: set[frozenset[float]] = set()
    for said in read.said:
        if not lonely(said, known) or (twin := _twin(read, said)) is None:
            continue
        pair = frozenset((said.number.value, twin.number.value))
        if pair not in done and said.sentence:
            done.add(pair)
            where, evidence = _place(document, twin)
            yield at(
                said.sentence,
                f"{said.number.text} stands nowhere else; {where} gives {twin.number.text} in much "
                "the same words.",
                said.number.start,
                evidence=(evidence,),
            )


def lonely(said: Said, known: Everywhere) -> bool:
    """Whether a number is a result that neither another place nor its own sentence bears out."""
    n, sentence = said.number, said.sentence
    if sentence is None or said.role not in REPORTED or sentence.section == "related":
        return False
    if n.decimals <= 0 and n.unit == "plain" and n.value < 10:
        return False
    if "[cite:" in sentence.text or known.elsewhere(n, sentence.block):
        return False
    text = digits(sentence.text)
    if inside_own_interval(text, n):
        return False
    near = [o for o in numbers(text) if role(text, o) in REPORTED and o.start != n.start]
    sizes = near if said.role == "change" else [o for o in near if role(text, o) == "change"]
    return not backed(n, near) and not any(
        known.has(other) for other in (*wholes(n, near), *began(n, sizes))
    )


def _twin(read: Contexts, said: Said) -> Said | None:
    """The one place that is much more like a number's own than any other with another value."""
    found = [
        (read.alike(said, other), other)
        for other in (*read.said, *read.cells)
        if _may_be_meant(said, other)
    ]
    if not found:
        return None
    found.sort(key=lambda pair: -pair[0])
    best, twin = found[0]
    rival = next((a for a, o in found if o.number.value != twin.number.value), 0.0)
    places = {id(o.sentence or o.cell) for _, o in found if o.number.value == twin.number.value}
    return twin if _enough(read, said, twin, best, best - rival, len(places)) else None


def _may_be_meant(said: Said, other: Said) -> bool:
    """Whether a number elsewhere has the form of this one, is near it and is not said beside it."""
    a, b = said.number, other.number
    if other.sentence is not None and other.sentence is said.sentence:
        return False
    if max(a.decimals, 0) != max(b.decimals, 0) or key(b) in said.own:
        return False
    if other.cell is None:
        if not _same_unit(a, b) or said.role != other.role:
            return False
    elif said.role in ("coefficient", "ratio") or not (
        a.unit == b.unit or (a.unit == "percent" and b.unit == "plain" and a.decimals > 0)
    ):
        return False
    if (
        other.sentence
        and said.sentence
        and other.sentence.block.kind == "item" == said.sentence.block.kind
    ):
        return False
    return b.value != a.value and bool(b.value) and 0.6 < a.value / b.value < 1.67


def _same_unit(a: Number, b: Number) -> bool:
    """`78.3% and 55.0` may both be per cent; a count is none."""
    if {a.unit, b.unit} == {"percent", "plain"}:
        return a.decimals > 0 and min(a.value, b.value) > 1
    return a.unit == b.unit


def _enough(
    read: Contexts, said: Said, twin: Said, alike: float, margin: float, places: int
) -> bool:
    """Shared words and numbers, and how much they tell."""
    if said.sentence and _IN_TURN.search(said.sentence.text):
        return False
    if _apart(said, twin) or _apart(twin, said) or (twin.cell and _of_cells(said, twin.cell)):
        return False
    shared = read.shared(said, twin)
    values = sum(v for w, v in shared.items() if w[0] == "#")
    words = [v for w, v in shared.items() if w[0] != "#" and w[1:2] != ":"]
    framed = any(w[1:2] == ":" for w in shared)
    alike += 0.02 * (places > 1) + 0.02 * (margin > 0.1) - 0.02 * (margin < 0.02)
    if said.number.decimals <= 0 and said.number.unit == "plain":
        if said.number.value < 20:  # small counts meet by chance
            return values >= 3.5 and sum(words) >= 2 and alike >= 0.22
        return (
            (values >= 2.5 and sum(words) >= 1 and alike >= 0.17)
            or (len(words) >= 4 and alike >= 0.23)
            or (framed and len(words) >= 2 and alike >= 0.2)
        )
    return (
        (values >= 2 and sum(words) >= 1 and alike >= 0.12)
        or (len(words) >= 3 and alike >= 0.19)
        or (framed and len(words) >= 2 and alike >= 0.15)
        or (len(words) >= 2 and alike >= 0.28)
    )


def _apart(one: Said, other: Said) -> bool:
    """Whether a number beside the one is just what lies between the two: both may be right."""
    gap = f"#{abs(one.number.value - other.number.value):.6g}"
    return gap in one.own


_VARIANT = re.compile(
    r"\b(?:pilot|another|previous(?:ly)?|earlier|original(?:ly)?|prior|instead|would|repeat\w*|again|variants?|"
    r"(?:lower|higher|other|stricter|looser) (?:\w+ )?threshold)\b|et al|\[\d+\]",
    re.I,
)


_IN_TURN = re.compile(
    r"\bthe (?:first|second|former|latter)\b.*\bthe (?:first|second|former|latter)\b", re.I
)
_DERIVED = re.compile(
    r"\b(?:more|less|fewer|lower|higher|differ\w*|gap|drop\w*|fall\w*|gain\w*|ris\w+|rose|fell|add\w*|sum\w*|"
    r"total\w*|together|both|mean|average\w*|cost\w*|spread|margin|advantage)\b",
    re.I,
)


def _of_cells(said: Said, cell: tuple[Table, int, int]) -> bool:
    """Whether a number is a sum, difference or mean of cells beside its twin, or of another run."""
    table, row, column = cell
    line = [n for j, c in enumerate(table.rows[row].cells) if j for n in figures(c)[:1]]
    down = [n for r in table.rows if column < len(r.cells) for n in figures(r.cells[column])[:1]]
    if said.sentence and _VARIANT.search(said.sentence.text):
        return True
    changed = {abs(n.value) for n in (*line, *down)}
    for other in numbers(digits(said.sentence.text)) if said.sentence else ():
        ways = (said.number.value - other.value, said.number.value + other.value)
        fine = other.decimals == said.number.decimals >= 2
        if fine and any(abs(abs(way) - v) < 1e-9 for way in ways for v in changed):
            return True
    if said.number.decimals <= 0 or not _DERIVED.search(
        said.sentence.text if said.sentence else ""
    ):
        return False
    return any(backed(said.number, [replace(n, start=-1) for n in some]) for some in (line, down))


def _place(document: Document, twin: Said) -> tuple[str, tuple[int, str]]:
    if twin.sentence:
        where = document.anchor(twin.sentence.line_at(twin.number.start)).anchor
        return where, (twin.sentence.line, twin.sentence.text)
    assert twin.cell
    table, row, _ = twin.cell
    return table.name, (table.rows[row].line, " | ".join(table.rows[row].cells))


RULES = (twin_value,)
