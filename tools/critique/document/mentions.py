"""What prose points at: tables, figures, sections by number; citations by number or by name."""

import re

from .marks import collect_marked
from .model import PROSE, Citation, CrossRef, Document

CAPTION = re.compile(
    r"^\s*(Table|Tab\.?|Figure|Fig\.?)\s+([A-Z]?\.?\d+(?:\.\d+)?)[a-z]?(?:\s*(?:[:.|–—]|-\s|$)|[ \t]*\n)",
    re.IGNORECASE,
)
_TARGET = r"[A-Z]?\.?\d+(?:\.\d+)*"
_CROSSREF = re.compile(
    rf"\b(Tables?|Tabs?\.|Figures?|Figs?\.|Sections?|Secs?\.|§+)\s*({_TARGET})[a-z]?(?![\w%]|\.\d)"
    rf"((?:\s*(?:,|,?\s*and|&|or)\s*{_TARGET}(?![\w%]|\.\d))*)"
    rf"(?:\s*(?:–|-|to|through)\s*({_TARGET})(?!\w))?"
)
_NUMERIC = re.compile(r"(?<![\w\]])\[(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\](?![(\[])")
_ALPHA = r"[A-Z][A-Za-z+⁺]{0,8}\d\d[a-z]?"
_ALPHABETIC = re.compile(rf"(?<![\w\]])\[({_ALPHA}(?:\s*[,;]\s*{_ALPHA})*)\](?![(:\[])")
_PANDOC = re.compile(r"(?<![\w.@/])@([A-Za-z][\w:.+-]*\w)")
_NAME = r"[A-Z][\w'’-]+"
_AND = rf"(?:(?:,?\s+(?:and|&)\s+{_NAME})|\s+et\s+al\.?)?"
_NARRATIVE = re.compile(rf"\b({_NAME}){_AND}(?:['’]s)?\s+\(((?:19|20)\d\d)[a-z]?\)")
_INSIDE = re.compile(rf"({_NAME})((?:,\s+{_NAME})*){_AND},?\s+((?:19|20)\d\d)[a-z]?(?=[;,)\]\s])")
_BRACKETS = re.compile(r"\(([^()]{4,300})\)")
_SQUARE = re.compile(r"(?<![\w\]])\[([^\[\]()]{6,200})\](?![(\[:])")
_FOOTNOTE = re.compile(r"\[\^([\w-]+)\](?!:)")
# 'Table 3 of Smith et al.' is somebody else's table.
_ELSEWHERE = re.compile(
    r"^\s*(?:of|in|from)\s+(?:\[|@|the (?:original|previous|paper)|[A-Z][\w-]+ (?:et al|and [A-Z]|\())"
)


def collect(document: Document) -> None:
    """Fill in what the prose of a read document points at."""
    numbered = any(re.fullmatch(r"\d{1,3}", entry.key) for entry in document.references)
    lettered = any(re.fullmatch(_ALPHA, entry.key) for entry in document.references)
    named = any(entry.authors and entry.year and entry.listed for entry in document.references)
    for block in document.blocks:
        if block.kind not in PROSE or document.section_at(block.line) == "references":
            continue
        start = 0
        if block.kind == "caption" and (head := CAPTION.match(block.flat)):
            start = head.end()
        _crossrefs(document, block.flat, start, block.line_at)
        if numbered:
            for match in _NUMERIC.finditer(block.flat):
                if match.start() == 0 and block.flat[match.end() :][:1] == ":":
                    continue  # the definition of a link
                for key in _expanded(match[1]):
                    document.citations.append(Citation(key, block.line_at(match.start()), "number"))
        if lettered:
            for match in _ALPHABETIC.finditer(block.flat):
                line = block.line_at(match.start())
                keys = re.split(r"\s*[,;]\s*", match[1])
                document.citations += [Citation(key, line, "key") for key in keys]
        if named:
            for who, year, at in _authors_years(block.flat):
                document.citations.append(
                    Citation(f"{who} {year}", block.line_at(at), "author-year")
                )
    collect_marked(document)


def pandoc_citations(text: str) -> list[tuple[str, int]]:
    """`@key` citations of a piece of markdown, with offsets; e-mail addresses are none."""
    return [(m[1], m.start()) for m in _PANDOC.finditer(text)]


def footnotes(text: str) -> list[tuple[str, int]]:
    """`[^name]` marks of a piece of markdown, with offsets."""
    return [(m[1], m.start()) for m in _FOOTNOTE.finditer(text)]


def _crossrefs(document: Document, flat: str, start: int, line_at) -> None:  # type: ignore[no-untyped-def]
    for match in _CROSSREF.finditer(flat, start):
        if _ELSEWHERE.match(flat[match.end() :]):
            continue
        word = match[1].lower()
        kind = "table" if word[0] == "t" else "figure" if word[0] == "f" else "section"
        targets = [match[2], *re.findall(_TARGET, match[3])]
        if match[4] and match[2].isdigit() and match[4].isdigit():
            first, last = int(targets[-1]), int(match[4])
            targets += [str(n) for n in range(first + 1, min(last, first + 30) + 1)]
        line = line_at(match.start())
        document.crossrefs += [CrossRef(kind, target, line) for target in targets]  # type: ignore[arg-type]


def _expanded(text: str) -> list[str]:
    found: list[str] = []
    for part in re.split(r"\s*[,;]\s*", text):
        ends = [int(n) for n in re.findall(r"\d+", part)]
        if len(ends) == 2 and ends[0] < ends[1] < ends[0] + 50:
            found += [str(n) for n in range(ends[0], ends[1] + 1)]
        else:
            found += [str(n) for n in ends]
    return found


def _authors_years(flat: str) -> list[tuple[str, str, int]]:
    found = [(m[1], m[2], m.start()) for m in _NARRATIVE.finditer(flat)]
    for square in _SQUARE.finditer(flat):
        parts = re.split(r"\s*;\s*", square[1])
        names = [
            re.fullmatch(rf"({_NAME}){_AND},?\s+((?:19|20)\d\d)[a-z]?", part) for part in parts
        ]
        found += [(m[1], m[2], square.start()) for m in names if m and all(names)]
    for outer in _BRACKETS.finditer(flat):
        inside = outer[1] + ")"
        for match in _INSIDE.finditer(inside):
            found.append((match[1], match[3], outer.start() + 1 + match.start()))
    return found
