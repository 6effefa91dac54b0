"""Findings: what is wrong, where exactly, and what to do about it.

Whoever finds something, a rule or a reviewer, says it in this one form.
"""

import hashlib
from collections.abc import Iterable
from typing import Literal

from pydantic import computed_field

from ..spec import Frozen
from .document.model import Document

Severity = Literal["note", "minor", "major"]
SEVERITIES: tuple[Severity, ...] = ("note", "minor", "major")
State = Literal["new", "open", "fixed"]


class Place(Frozen):
    """Where something stands.

    Attributes:
        file: The source file, as shown to the user.
        line: Its first line, from 1.
        end_line: Its last line.
        document_line: The first line counted through all includes.
        page: Page of a PDF.
        cell: Cell of a notebook.
        quote: The words that are meant, as in the source without markup.
    """

    file: str
    line: int
    end_line: int
    document_line: int
    page: int | None = None
    cell: int | None = None
    quote: str = ""

    @property
    def anchor(self) -> str:
        """`file:line`, with page or cell."""
        more = f" (page {self.page})" if self.page else f" (cell {self.cell})" if self.cell else ""
        return f"{self.file}:{self.line}{more}"


class Finding(Frozen):
    """One thing that is wrong with a draft.

    Attributes:
        rule: Id of the rule, or of the reviewer's aspect.
        theme: What it is about: `numbers`, `references`, `statistics`, …
        severity: `major`: a reader would draw a wrong conclusion, or cannot check it; `minor`:
            worth mending; `note`: for the author to decide.
        message: What is wrong, one or two sentences.
        fix: What to do.
        places: The place itself first, then the evidence elsewhere in the draft.
        source: Who found it.
        settle: What would settle it, where a reviewer says so.
        state: Against an earlier report: new, open (was there), fixed (was there, is gone).
    """

    rule: str
    theme: str
    severity: Severity
    message: str
    fix: str
    places: tuple[Place, ...]
    source: Literal["linter", "reviewer"] = "linter"
    settle: str = ""
    state: State | None = None

    @property
    def place(self) -> Place:
        """Where it is shown."""
        return self.places[0]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def fingerprint(self) -> str:
        """Stays the same when lines move: made of rule, file and words, not of line numbers."""
        words = " ".join((self.place.quote or self.message).lower().split())
        return hashlib.sha256(f"{self.rule}\n{self.place.file}\n{words}".encode()).hexdigest()[:16]


def place(document: Document, line: int, end: int | None = None, quote: str = "") -> Place:
    """A place from document lines, on the anchors of its source."""
    first = document.anchor(line)
    last = document.anchor(end or line)
    end_line = last.number if last.file == first.file and last.number >= first.number else 0
    return Place(
        file=first.file,
        line=first.number,
        end_line=end_line or first.number,
        document_line=min(max(line, 1), len(document.lines)),
        page=first.page,
        cell=first.cell,
        quote=" ".join(quote.split())[:300],
    )


def at_least(severity: Severity, floor: Severity) -> bool:
    """Whether a severity reaches a floor."""
    return SEVERITIES.index(severity) >= SEVERITIES.index(floor)


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """The gravest first, then as they stand in the draft."""
    return sorted(
        findings,
        key=lambda f: (-SEVERITIES.index(f.severity), f.place.document_line, f.rule),
    )
