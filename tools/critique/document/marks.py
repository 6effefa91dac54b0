"""How printed lists of works mark their entries, and citations that repeat such a mark.

`[3]` is read with the prose (`mentions`); here stand the other forms: `(3)` and raised numbers.
"""

import re
from collections.abc import Iterator

from .model import PROSE, Citation, Document

# Where the entries of one paragraph begin: `[3] A. Author`, `(3) A. Author`, `3. A. Author`.
ENTRY = re.compile(
    r"(?m)^(?:\[?[^\]\n]{1,30}\]:?\s+\S|\(\d{1,3}\)\s+\S|\d{1,3}[.)]\s+[A-Z]|[⁰¹²³⁴-⁹]{1,3}\s*[A-Z]|<sup>\d{1,3}</sup>)"
)
MARK = re.compile(r"\s*(?:\[([^\]]{1,30})\]|\((\d{1,3})\)(?=\s)|(\d{1,3})[.)](?=\s+[A-Z]))")
_ROUND = re.compile(
    r"(?<=[^\W\d_])\s\((?P<list>\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\)(?=[\s.,;:?!)]|$)"
)
_RAISED = re.compile(
    r"(?:(?<=[a-z]{3})|(?<=[a-z][.,;)]))(?P<list>[⁰¹²³⁴-⁹]+(?:[,⁻–][⁰¹²³⁴-⁹]+)*)(?!\w)"
)
_COUNT = re.compile(
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty|hundred)$",
    re.I,
)
_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def collect_marked(document: Document) -> None:
    """Citations in round brackets, or raised, in a draft whose list of works is numbered so."""
    keys = {int(r.key) for r in document.references if re.fullmatch(r"\d{1,3}", r.key)}
    if not keys or any(c.style == "number" for c in document.citations):
        return
    entries = [b.flat for b in document.blocks if b.kind == "reference"]
    round_marks = sum(re.match(r"\s*\(\d{1,3}\)\s", text) is not None for text in entries)
    pattern = _ROUND if round_marks >= 2 and 2 * round_marks > len(entries) else _RAISED
    found = list(_cited(document, pattern))
    if len({key for key, _ in found} & keys) < 2:
        return  # not how this draft cites
    most = max(keys) + 20
    document.citations += [
        Citation(str(key), line, "number") for key, line in found if 0 < key <= most
    ]


def _cited(document: Document, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    for block in document.blocks:
        if block.kind not in PROSE or document.section_at(block.line) == "references":
            continue
        for match in pattern.finditer(block.flat):
            if _COUNT.search(block.flat[: match.start()]):
                continue  # `ten (10)`
            line = block.line_at(match.start())
            for part in re.split(r"\s*[,;]\s*", match["list"].translate(_DIGITS)):
                ends = [int(n) for n in re.findall(r"\d+", part)]
                last = ends[-1] if ends[0] <= ends[-1] < ends[0] + 50 else ends[0]
                yield from ((key, line) for key in range(ends[0], last + 1))
