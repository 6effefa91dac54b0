"""What a venue asks for: length, anonymity, headings, statements."""

import re
from collections.abc import Iterator

from .document.model import Document
from .findings import Finding, Severity, place
from .settings import Venue

_PERSONAL = re.compile(
    r"https?://(?:www\.)?(?:github\.com|gitlab\.com|huggingface\.co|[\w-]+\.github\.io|"
    r"colab\.research\.google\.com|drive\.google\.com|wandb\.ai|linkedin\.com|(?:x|twitter)\.com|"
    r"lesswrong\.com/users|alignmentforum\.org/users)[^\s)>\]}\"']*",
    re.IGNORECASE,
)
_MAIL = re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.]+\w\b")
_OWN = re.compile(
    r"\b(?:(?:in )?our (?:own )?(?:previous|prior|earlier|recent) (?:work|paper|study|post|results?)|"
    r"we (?:previously|earlier) (?:showed|found|introduced|proposed))\b",
    re.IGNORECASE,
)
_NOBODY = re.compile(r"anonym|^\s*$|author(?:s|\(s\))?$|\bunknown\b", re.IGNORECASE)
_PROGRAMS = ("author", "authors")


def check_venue(document: Document, venue: Venue) -> list[Finding]:
    """Everything that the venue asks for and the draft does not give."""
    found = [*_length(document, venue), *_headings(document, venue)]
    if venue.anonymous:
        found += _anonymity(document, venue)
    return found


def _finding(
    document: Document, rule: str, line: int, message: str, fix: str, quote: str = "",
    severity: Severity = "major",
) -> Finding:  # fmt: skip
    return Finding(
        rule=rule,
        theme="venue",
        severity=severity,
        message=message,
        fix=fix,
        places=(place(document, line, None, quote),),
    )


def _length(document: Document, venue: Venue) -> Iterator[Finding]:
    if venue.words and document.words > venue.words:
        message = f"The prose has {document.words:,} words; {venue.name} takes {venue.words:,}."
        yield _finding(document, "venue-length", 1, message, "Shorten it, or move detail behind.")
    if not venue.pages:
        return
    if document.format != "pdf":
        message = f"{venue.name} takes {venue.pages} pages; pages can only be counted in a PDF."
        fix = "Run it on the PDF too, or set `words` in the venue file."
        yield _finding(document, "venue-length", 1, message, fix, severity="note")
        return
    end = next(
        (s.line - 1 for s in document.sections if s.kind in ("references", "appendix")),
        len(document.lines),
    )
    pages = document.anchor(max(end, 1)).page or 0
    if pages > venue.pages:
        message = f"The main text ends on page {pages}; {venue.name} takes {venue.pages}."
        yield _finding(document, "venue-length", end, message, "Shorten the main text.")


def _headings(document: Document, venue: Venue) -> Iterator[Finding]:
    titles = [s.title for s in document.sections]
    last = len(document.lines)
    for wanted in venue.sections:
        if not any(_matches(wanted, title) for title in titles):
            message = f"{venue.name} asks for a section “{wanted}”; no heading matches."
            yield _finding(document, "venue-section", last, message, "Add the section.")
    for item, pattern in venue.statements.items():
        if not _matches(pattern, document.everything):
            message = f"Checklist of {venue.name}, “{item}”: no sentence says it."
            yield _finding(document, "venue-checklist", last, message, "Add the statement.")


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text, re.IGNORECASE) is not None
    except re.error:
        return pattern.lower() in text.lower()


def _anonymity(document: Document, venue: Venue) -> Iterator[Finding]:
    why = f"{venue.name} reviews blind: "
    fix = "Take it out of the submitted version."
    for name in _PROGRAMS:
        value = document.metadata.get(name, "")
        if value and not _NOBODY.search(value):
            where = "The file's metadata names" if document.format == "pdf" else "The draft names"
            message = f"{why}{where[0].lower()}{where[1:]} the author."
            yield _finding(
                document, "venue-anonymity", _where(document, value), message, fix, value
            )
    for section in document.sections:
        if section.kind == "acknowledgements":
            message = f"{why}acknowledgements tell who you are."
            yield _finding(document, "venue-anonymity", section.line, message, fix, section.title)
    for number, line in enumerate(document.lines, start=1):
        if document.section_at(number) == "references":
            continue
        for match in (*_PERSONAL.finditer(line.text), *_MAIL.finditer(line.text)):
            if "anonymous" in match[0].lower():
                continue
            message = f"{why}this address may name you."
            yield _finding(document, "venue-anonymity", number, message, fix, match[0])
    for sentence, match in document.find(_OWN.pattern):
        message = f"{why}“{match[0]}” ties the draft to its authors."
        fix_own = "Cite the work in the third person."
        at = sentence.line_at(match.start())
        yield _finding(document, "venue-anonymity", at, message, fix_own, sentence.text)


def _where(document: Document, value: str) -> int:
    first = value.split(",", maxsplit=1)[0].split()[-1:] or [value]
    return next((i for i, x in enumerate(document.lines, 1) if first[0] in x.text), 1)
