"""The quotations and line citations of a chat reply."""

import re
from dataclasses import dataclass

_FENCE = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.MULTILINE | re.DOTALL)
_CITE = re.compile(r"\[(?P<name>[\w.\-]+):L(?P<first>\d+)(?:\s*[-–]\s*L?(?P<last>\d+))?\]")
_PAIRS = re.compile(
    r"“(?P<curly>[^“”]+)”|„(?P<low>[^„“”]+)[“”]|«(?P<angle>[^«»]+)»"
    r"|``(?P<latex>(?:(?!``|'').)+)''"
    r"|(?<![\w‘])‘(?P<single>[^‘\n]{12,}?)’(?!\w)"
    r'|(?<!\w)"(?=\S)(?P<straight>[^"]+?)"(?!\w)',
    re.DOTALL,
)
_BLOCK = re.compile(r"(?m)(?:^[ \t]*>[^\n]*\n?)+")
# Shorter ones are terms and scare quotes, checked only with a citation behind them.
LEAST_WORDS = 4


@dataclass(frozen=True)
class Cited:
    """A line citation `[paper:L3-L5]` in a reply."""

    name: str
    first: int
    last: int


@dataclass(frozen=True)
class Quotation:
    """A quotation in a reply.

    Attributes:
        text: Without its marks.
        start: Where it begins in the reply, marks included.
        end: Where it ends.
        cited: The line citation right behind it.
    """

    text: str
    start: int
    end: int
    cited: Cited | None = None


def citations(reply: str) -> list[Cited]:
    """All line citations of a reply."""
    return [_cited(m) for m in _CITE.finditer(reply)]


def quotations(reply: str) -> list[Quotation]:
    """All quotations of a reply that are long enough to be checked; code blocks are left alone."""
    hidden = [m.span() for m in _FENCE.finditer(reply)]
    found: list[Quotation] = []
    blocks = []
    for match in _BLOCK.finditer(reply):
        if not _inside(match.start(), hidden):
            blocks.append(match.span())
            text = re.sub(r"(?m)^[ \t]*>[ \t]?", "", match.group())
            found += _quotation(_CITE.sub("", text).strip(' \n\t"“”—'), reply, *match.span())
    for start, end in _paragraphs(reply):
        for match in _PAIRS.finditer(reply, start, end):
            if not _inside(match.start(), hidden + blocks):
                text = next(g for g in match.groups() if g is not None)
                found += _quotation(text, reply, *match.span())
    return sorted(found, key=lambda q: q.start)


def unclosed(reply: str) -> int:
    """Paragraphs with a quotation mark that is opened and never closed."""
    count = 0
    for start, end in _paragraphs(_FENCE.sub("", reply)):
        rest = _PAIRS.sub("", _FENCE.sub("", reply)[start:end])
        count += bool(re.search(r'(?<!\w)["“„«](?=\w+\W+\w+)', rest))
    return count


def _quotation(text: str, reply: str, start: int, end: int) -> list[Quotation]:
    inside = _CITE.search(reply, start, end)
    behind = inside or _CITE.match(
        reply, end + len(reply[end:]) - len(reply[end:].lstrip(" \n(—,."))
    )
    cited = _cited(behind) if behind else None
    if len(re.findall(r"\w+", text)) < LEAST_WORDS and cited is None:
        return []
    return [Quotation(text, start, end, cited)]


def _cited(match: re.Match[str]) -> Cited:
    first = int(match["first"])
    return Cited(match["name"], first, int(match["last"] or first))


def _paragraphs(text: str) -> list[tuple[int, int]]:
    spans, at = [], 0
    for gap in re.finditer(r"\n[ \t]*\n", text):
        spans.append((at, gap.start()))
        at = gap.end()
    return [*spans, (at, len(text))]


def _inside(position: int, spans: list[tuple[int, int]]) -> bool:
    return any(start <= position < end for start, end in spans)
