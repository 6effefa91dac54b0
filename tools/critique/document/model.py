"""The document model. Everything points at lines, and every line knows its file.

Plain text keeps the line breaks of its source, so that an offset in it gives the line exactly.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

from .sections import Section, sections_of
from .sentences import spans

Kind = Literal["heading", "text", "item", "quote", "caption", "code", "equation", "reference"]
PROSE: frozenset[str] = frozenset({"text", "item", "quote", "caption"})
Format = Literal["markdown", "latex", "notebook", "html", "pdf"]


class DraftError(ValueError):
    """A draft that cannot be read; the text is one line that names the fix."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the source, where a reader finds it.

    Attributes:
        file: Path as shown to the user.
        number: 1-based line of that file (of the extracted text for a PDF).
        text: The line as it stands in the source.
        page: 1-based page of a PDF.
        cell: 1-based cell of a notebook.
    """

    file: str
    number: int
    text: str
    page: int | None = None
    cell: int | None = None

    @property
    def anchor(self) -> str:
        """`file:line`, with the page of a PDF or the cell of a notebook."""
        more = f" (page {self.page})" if self.page else f" (cell {self.cell})" if self.cell else ""
        return f"{self.file}:{self.number}{more}"


def source_lines(name: str, text: str) -> list[Line]:
    """Lines of one file."""
    return [Line(name, i, part) for i, part in enumerate(text.split("\n"), start=1)]


@dataclass(frozen=True, eq=False)
class Block:
    """A heading, paragraph, list item, caption, code or equation.

    Attributes:
        kind: What it is.
        line: 1-based document line on which it begins.
        text: Markup taken away, line breaks of the source kept.
        level: Depth of a heading.
    """

    kind: Kind
    line: int
    text: str
    level: int = 0

    @cached_property
    def flat(self) -> str:
        """The text with line breaks as spaces; offsets are the same as in `text`."""
        return self.text.replace("\n", " ")

    def line_at(self, offset: int) -> int:
        """The document line of a character."""
        return self.line + self.text.count("\n", 0, offset)

    @property
    def last_line(self) -> int:
        """The last document line."""
        return self.line + self.text.count("\n")


@dataclass(frozen=True, eq=False)
class Sentence:
    """A sentence of prose.

    Attributes:
        block: Where it stands.
        start: Its first character in `block.flat`.
        text: Its words.
        section: Kind of the section it stands in (`abstract`, `results`, …).
    """

    block: Block
    start: int
    text: str
    section: str

    def line_at(self, offset: int = 0) -> int:
        """The document line of a character of the sentence."""
        return self.block.line_at(self.start + offset)

    @property
    def line(self) -> int:
        """The document line on which it begins."""
        return self.line_at(0)


@dataclass(frozen=True)
class Row:
    """A row of a table. `ruled`: a line is drawn above it."""

    cells: tuple[str, ...]
    line: int
    ruled: bool = False


@dataclass(frozen=True, eq=False)
class Table:
    """A table with its caption.

    Attributes:
        header: The column names ("" where none).
        rows: The rows below the header.
        line: First document line.
        number: As readers call it: `2`, `A1`; "" when it has none.
        label: LaTeX label or "".
        caption: Its caption.
    """

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    line: int
    number: str = ""
    label: str = ""
    caption: Block | None = None

    @property
    def name(self) -> str:
        """How a message calls it."""
        return f"Table {self.number}" if self.number else f"the table at line {self.line}"

    @property
    def last_line(self) -> int:
        """The last line of the table proper."""
        return max([self.line, *(row.line for row in self.rows)])


@dataclass(frozen=True, eq=False)
class Figure:
    """A figure: where it stands, its picture file, its caption."""

    line: int
    path: str = ""
    number: str = ""
    label: str = ""
    caption: Block | None = None


@dataclass(frozen=True)
class Citation:
    """A place in the text that cites a key (`author year` for that style)."""

    key: str
    line: int
    style: Literal["key", "number", "author-year", "footnote"]


@dataclass(frozen=True)
class Reference:
    """An entry of the bibliography.

    Attributes:
        key: As citations call it.
        line: Document line, or line of the bibliography file.
        file: The file that holds it.
        text: The entry as it stands.
        title: Title, or "" where it could not be told.
        authors: Family names.
        year: Year or None.
        doi: DOI in lower case or "".
        arxiv: arXiv id without version or "".
        listed: Whether the draft prints the whole list itself (a `.bib` file may hold more).
        venue: Journal, conference or publisher, as far as told.
    """

    key: str
    line: int
    file: str
    text: str
    title: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    doi: str = ""
    arxiv: str = ""
    listed: bool = True
    venue: str = ""


@dataclass(frozen=True)
class CrossRef:
    """A place that refers to a table, figure or section: by number, or by LaTeX label."""

    kind: Literal["table", "figure", "section", "label"]
    target: str
    line: int


@dataclass(frozen=True)
class Trouble:
    """Something that reading met: a missing include, an unknown bibliography."""

    what: Literal["missing-file", "bad-bibliography"]
    line: int
    message: str


@dataclass(eq=False)
class Document:
    """A draft.

    Attributes:
        name: How the user called it.
        format: What it was read from.
        lines: Every line of the source, includes in their place; `lines[n - 1]` is line n.
        blocks: Headings, prose, code, equations in order.
        tables: Tables in order.
        figures: Figures in order.
        citations: Places that cite.
        references: Entries of the bibliography.
        crossrefs: Places that refer to tables, figures and sections.
        labels: LaTeX labels and what they stand on.
        links: Addresses with their lines.
        trouble: What reading met.
        metadata: Title, author and so on, as far as the file says.
        pages: Number of pages of a PDF.
        folder: Where pictures and other files are looked up.
        bibliography: Whether a bibliography was found (an empty one counts).
    """

    name: str
    format: Format
    lines: list[Line]
    blocks: list[Block] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    crossrefs: list[CrossRef] = field(default_factory=list)
    labels: dict[str, int] = field(default_factory=dict)
    links: list[tuple[str, int]] = field(default_factory=list)
    trouble: list[Trouble] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    pages: int | None = None
    folder: Path = Path()
    bibliography: bool = False

    @cached_property
    def text(self) -> str:
        """The source, includes in their place."""
        return "\n".join(line.text for line in self.lines)

    def anchor(self, line: int) -> Line:
        """The source line behind a document line; the last one for lines beyond the end."""
        return self.lines[min(max(line, 1), len(self.lines)) - 1]

    def where(self, line: int) -> str:
        """The anchor of a line for a message: its file as seen from the draft's own folder."""
        found = self.anchor(line)
        path = Path(found.file)
        inside = path.is_relative_to(self.folder)
        name = path.relative_to(self.folder).as_posix() if inside else path.name
        return replace(found, file=name).anchor

    @cached_property
    def sections(self) -> list[Section]:
        """The headings with their extent; an abstract or TL;DR without heading counts too."""
        heads = [b for b in self.blocks if b.kind == "heading"]
        return sections_of(((b.flat.strip(), b.level, b.line) for b in heads), len(self.lines))

    def section_at(self, line: int) -> str:
        """Kind of the section that a line stands in; an appendix covers its subsections."""
        found = "opening"
        for section in self.sections:
            if section.line <= line <= section.end:
                if found in ("appendix", "references") and section.kind == "other":
                    continue
                found = section.kind if section.kind != "other" or section.level <= 2 else found
        return found

    @cached_property
    def sentences(self) -> list[Sentence]:
        """Sentences of prose, captions included, bibliography left out."""
        found = []
        for block in self.blocks:
            if block.kind not in PROSE:
                continue
            section = self.section_at(block.line)
            if section != "references":
                found += [
                    Sentence(block, start, block.flat[start:end], section)
                    for start, end in spans(block.flat)
                ]
        return found

    @cached_property
    def prose(self) -> str:
        """All sentences, one a line."""
        return "\n".join(sentence.text for sentence in self.sentences)

    @cached_property
    def everything(self) -> str:
        """Prose, headings, code, equations and table cells: where 'is it said at all' looks."""
        cells = (cell for t in self.tables for r in t.rows for cell in r.cells)
        headers = (cell for t in self.tables for cell in t.header)
        own = (b.flat for b in self.blocks if b.kind != "reference")
        return "\n".join([*own, *headers, *cells])

    @cached_property
    def words(self) -> int:
        """Number of words of prose."""
        return len(re.findall(r"[^\W\d_]{2,}", self.prose))

    def has(self, pattern: str) -> bool:
        """Whether a pattern occurs anywhere but in the bibliography, whatever the case."""
        return re.search(pattern, self.everything, re.IGNORECASE) is not None

    def find(self, pattern: str) -> Iterator[tuple[Sentence, re.Match[str]]]:
        """Every sentence in which a pattern occurs, with its first match."""
        compiled = re.compile(pattern, re.IGNORECASE)
        for sentence in self.sentences:
            if match := compiled.search(sentence.text):
                yield sentence, match
