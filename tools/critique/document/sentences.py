"""Where sentences begin and end."""

import re

_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|et al|cf|vs|Figs?|Tabs?|Eqs?|Secs?|Sect|App|Refs?|Nos?|approx|resp|Dr|"
    r"Prof|Mr|Ms|St|ca|dept|Inc|Ltd|Vol|pp|al|w\.r\.t|s\.d|s\.e|S\.D|S\.E)|\b[A-Z])\.$"
)
_END = re.compile(r"""[.!?]["'”’)\]]*\s+(?=["'“‘(\[]?[A-Z0-9])""")


def spans(text: str) -> list[tuple[int, int]]:
    """Offsets of the sentences of a paragraph, without the white space around them."""
    cuts = [0]
    for match in _END.finditer(text):
        before = text[cuts[-1] : match.start() + 1]
        if not _ABBREVIATION.search(before):
            cuts.append(match.end())
    found = []
    for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True):
        part = text[start:end]
        left = start + len(part) - len(part.lstrip())
        right = start + len(part.rstrip())
        if right > left:
            found.append((left, right))
    return found
