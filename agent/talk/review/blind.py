"""The draft as a reviewer sees it: numbered lines, nobody's name."""

import re

from ....tools.critique.document.model import Document

GONE = "[name removed]"
_TEX = re.compile(r"\\(?:author|thanks|affiliation|affil|email|institute|address)\b")
_FIELD = re.compile(
    r"^\s*(?:[-*]\s*)?[*_\"']{0,3}(?:authors?|by|written by|affiliations?|e-?mail|contact)"
    r"[\"'*_]{0,3}\s*[:=]",
    re.IGNORECASE,
)
_META = re.compile(r"<meta\b[^>]*\bname=[\"']?(?:author|citation_author)", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")


def blind(document: Document) -> list[str]:
    """Every line of the draft; those that say who wrote it are replaced.

    Names in the bibliography stay: they are needed to judge it, and do not tell whose draft it is.
    """
    gone = _tex_groups(document) | _thanks(document)
    named = document.metadata.get("author", "").strip()
    lines = []
    for number, line in enumerate(document.lines, start=1):
        text = _MAIL.sub(GONE, line.text)
        head = number <= 60
        if number in gone or (head and (_FIELD.match(text) or _META.search(text))):
            text = GONE
        elif head and named and named in text:
            text = text.replace(named, GONE)
        lines.append(text)
    return lines


def numbered(lines: list[str]) -> list[str]:
    """Lines behind their numbers, as quotations are asked for."""
    return [f"L{number}: {line}" for number, line in enumerate(lines, start=1)]


def _tex_groups(document: Document) -> set[int]:
    """Lines that a LaTeX command about the authors covers, braces counted."""
    found: set[int] = set()
    if document.format != "latex":
        return found
    depth = 0
    for number, line in enumerate(document.lines, start=1):
        match = _TEX.search(line.text) if depth == 0 else None
        if match or depth:
            part = line.text[match.start() :] if match else line.text
            depth += part.count("{") - part.count("}")
            found.add(number)
    return found


def _thanks(document: Document) -> set[int]:
    return {
        number
        for section in document.sections
        if section.kind == "acknowledgements"
        for number in range(section.line + 1, section.end + 1)
        if document.lines[number - 1].text.strip()
    }
