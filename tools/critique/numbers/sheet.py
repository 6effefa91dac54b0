"""A table as a reader looks things up in it: by the words of its rows and columns."""

import re
from functools import cached_property

from ..document.model import Table
from .values import Number, numbers
from .words import digits

Place = tuple[int, int]
_EMPTY = frozenset(
    "the and for with from per one all than over not its our their are was were has had this that only "
    "same table figure value values mean average".split()
)
_BRACKETS = re.compile(r"[(\[][^()\[\]]*[)\]]")
_SPREAD = re.compile(
    r"±\s*[\d.]+|\(\s*(?:SD|SE|±)?\s*[\d.]+\s*\)|\[[^\]]*\]|\([^()%]*(?:,|–| to )[^()]*\)"
)
# Columns that are about the figures of other columns.
_ASIDE = re.compile(r"\bCI\b|interval|\bSD\b|\bSE\b|std|^\W*p\W*$|p-value", re.I)
_RANGE = re.compile(r"[-−]?[\d.]+\s?%?\s*(?:–|to)\s*[-−]?[\d.]+\s?%?")
_CHANGE = re.compile(
    r"Δ|\bdelta|differ|\bdiff\b|gain|drop|change|improve|reduction|increase|decrease|gap|loss of",
    re.I,
)
_MEAN = re.compile(r"(?:overall )?(?:mean|average|avg\.?)\b.*", re.I)


def stems(text: str) -> frozenset[str]:
    """What a name is recognised by: stems of its words, capitals, numbers."""
    text = digits(text.replace("-", " "))
    found = {
        w[:6] if len(w) > 6 else w.removesuffix("s") for w in re.findall(r"[a-z]{3,}", text.lower())
    }
    found = {w for w in found if w not in _EMPTY}
    found |= {w.lower() for w in re.findall(r"\b[A-Z]{2,5}\b|\b[A-Z]\d+\b|\b[B-HJ-Z]\b", text)}
    return frozenset(found | set(re.findall(r"(?<![\w.,])\d+(?:\.\d+)*(?![\w]|\.\d|,\d)", text)))


class Sheet:
    """The figures of a table, and which of its rows and columns a text speaks of."""

    def __init__(self, table: Table) -> None:
        self.table = table
        head = table.header[0].strip(" *") if table.header else ""
        self.labels = [_label(row.cells[0] if row.cells else "", head) for row in table.rows]
        self.rows = [stems(label) for label in self.labels]
        self.columns = [
            stems(_BRACKETS.sub(" ", name) if j else "") for j, name in enumerate(table.header)
        ]
        aside = {j for j, name in enumerate(table.header) if _ASIDE.search(name)}
        self.cells: dict[Place, list[Number]] = {
            (i, j): found
            for i, row in enumerate(table.rows)
            for j, cell in enumerate(row.cells)
            if j and j not in aside and (found := figures(cell))
        }

    @cached_property
    def mean_row(self) -> int | None:
        """The row of means, if there is one."""
        found = [i for i, label in enumerate(self.labels) if _MEAN.fullmatch(label.strip(" *"))]
        return found[0] if len(found) == 1 else None

    def holds_changes(self, place: Place) -> bool:
        """Whether a cell is a change by the name of its row or column."""
        row, column = place
        return bool(_CHANGE.search(self.labels[row]) or _CHANGE.search(self.table.header[column]))

    def places(self, number: Number) -> list[Place]:
        """Cells that print a number as the text does."""
        return [
            place
            for place, found in self.cells.items()
            if any(
                abs(n.value - number.value) < 1e-9 and n.decimals == number.decimals for n in found
            )
        ]

    def said_rows(self, text: str) -> dict[int, int]:
        """Rows whose name a text says, with the offset of the name."""
        return _said(self.rows, text, self.labels)

    def said_columns(self, text: str) -> dict[int, int]:
        """Columns whose name a text says, or the part of it that no other column has."""
        names = [re.sub(r"[*%↑↓]", "", _BRACKETS.sub(" ", n)) for n in self.table.header]
        return {j: at for j, at in _said(self.columns, text, names).items() if j}


def figures(cell: str) -> list[Number]:
    """What a cell reports: no spread, no interval, no standard error."""
    if _RANGE.fullmatch(cell.strip()) or re.search(
        r"[^\W\d_]{4,}", re.sub(r"percent|points", "", cell)
    ):
        return []
    masked = _SPREAD.sub(lambda match: " " * len(match[0]), cell)
    return numbers(masked, names=True)[:3]


def _label(cell: str, head: str) -> str:
    """A row's name; a bare number is named by the head of its column: `layer 6`, `k 16`."""
    name = _BRACKETS.sub(" ", cell).strip(" *") or cell.strip(" *")
    return f"{head} {name}" if re.fullmatch(r"[\d.,\s]+", name) else name


def _said(names: list[frozenset[str]], text: str, full: list[str]) -> dict[int, int]:
    """Names that are said as far as they differ from the others; a longer one beats its part."""
    found: dict[int, int] = {}
    said = stems(text)
    lowered = text.lower().replace("-", " ")
    for key, name in enumerate(names):
        if not name:
            continue
        plain = " ".join(full[key].lower().replace("-", " ").split()).strip(" *")
        if match := _phrase(plain, lowered):
            found[key] = match.start()
        elif not _NUMBERED.fullmatch(plain):
            words = {w for w in name if not w[0].isdigit()} or name
            own = {w for w in words if not any(w in o for k, o in enumerate(names) if k != key)}
            if (own and own <= said) or (name <= said and not own):
                found[key] = min(_offset(word, text) for word in own or name)
    return {
        k: at for k, at in found.items() if not any(o != k and names[k] < names[o] for o in found)
    }


def _offset(word: str, text: str) -> int:
    single = len(word) == 1 and word.isalpha()
    match = re.search(
        rf"\b{re.escape(word.upper() if single else word)}", text if single else text.lower()
    )
    return match.start() if match else len(text)


# `layer 6`, `S = 0.5`: the number decides, and it must stand beside its word.
_NUMBERED = re.compile(r"(?P<head>[^\W\d_]+(?: [^\W\d_]+)?)\s*=?\s*(?P<n>[\d.,]+)")


def _phrase(plain: str, lowered: str) -> re.Match[str] | None:
    if numbered := _NUMBERED.fullmatch(plain):
        head, n = numbered["head"].strip(" ="), numbered["n"]
        short = head.rpartition(" ")[2]  # `S` for `Sparsity S`
        names = "|".join(dict.fromkeys(map(re.escape, filter(None, (head, short)))))
        if not names:
            return None
        # An initial stands for its word where it is set equal: `S = 0.5` under `Sparsity`.
        said = rf"(?<!\w)(?:(?:{names})s?(?: of| =)?|{re.escape(head[0])} ?=) ?{re.escape(n)}(?![\w]|\.\d)"
        return re.search(said, lowered)
    if len(plain) < 3:
        return None
    return re.search(rf"(?<!\w){re.escape(plain)}(?:s|es)?(?!\w)", lowered)
