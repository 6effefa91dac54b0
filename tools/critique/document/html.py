"""HTML → document, on the lines of the source."""

from html.parser import HTMLParser
from pathlib import Path

from .captions import attach_captions
from .entries import printed
from .html_table import TABLE_TAGS, TableReader
from .mentions import CAPTION, collect
from .model import Block, Document, Figure, Kind, source_lines
from .sections import kind_of

_SKIP = {"script", "style", "nav", "head", "svg", "template", "noscript"}
_BLOCK: dict[str, Kind] = {
    "p": "text", "li": "item", "blockquote": "quote", "figcaption": "caption", "pre": "code",
    "caption": "caption", "dd": "item", "div": "text", "section": "text", "article": "text",
    "h1": "heading", "h2": "heading", "h3": "heading", "h4": "heading", "h5": "heading",
    "h6": "heading",
}  # fmt: skip


def read_html(name: str, text: str, folder: Path) -> Document:
    """A document from a page."""
    document = Document(name, "html", source_lines(name, text), folder=folder)
    parser = _Parser(document)
    parser.feed(text)
    parser.close()
    parser.flush()
    attach_captions(document)
    collect(document)
    return document


class _Parser(HTMLParser):
    def __init__(self, document: Document) -> None:
        super().__init__(convert_charrefs=True)
        self.document = document
        self.open: list[str] = []
        self.text = ""
        self.first = 1
        self.kind: Kind = "text"
        self.level = 0
        self.in_references = False
        self.skip = 0
        self.table: TableReader | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        line = self.getpos()[0]
        if tag in _SKIP:
            self.skip += 1
            return
        if tag == "meta" and values.get("name") and values.get("content"):
            self.document.metadata[str(values["name"]).lower()] = str(values["content"])
        if tag == "a" and values.get("href"):
            self.document.links.append((str(values["href"]), line))
        elif tag == "img" and values.get("src"):
            self.document.figures.append(Figure(line, str(values["src"])))
        elif tag == "table":
            self.flush()
            self.table = TableReader(line)
        elif self.table is not None and tag in TABLE_TAGS:
            self.table.start(tag, values, line)
        elif tag in _BLOCK:
            self.flush()
            self.kind = _BLOCK[tag]
            self.level = int(tag[1]) if self.kind == "heading" else 0
        elif tag == "br" and not self._in_cell:
            self._take(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIP:
            self.skip = max(self.skip - 1, 0)
        elif tag == "table" and self.table is not None:
            table, self.table = self.table.finished(), None
            if table is not None:
                self.document.tables.append(table)
        elif self.table is not None and tag in TABLE_TAGS:
            self.table.end(tag)
        elif tag in _BLOCK:
            self.flush()
            self.kind, self.level = "text", 0

    def handle_data(self, data: str) -> None:
        if self.skip:
            return
        if self.table is not None and self.table.cell is not None:
            self.table.cell += data
        else:
            self._take(data)

    @property
    def _in_cell(self) -> bool:
        return self.table is not None and self.table.cell is not None

    def _take(self, data: str) -> None:
        line = self.getpos()[0]
        if not self.text.strip():
            lead = data[: len(data) - len(data.lstrip())]
            self.first, self.text = line + lead.count("\n"), data.lstrip()
            return
        # Tags may span lines: what they swallowed is put back, so that offsets stay lines.
        missing = line - (self.first + self.text.count("\n"))
        self.text += "\n" * max(missing, 0) + data

    def flush(self) -> None:
        """End the block that is being collected."""
        text, self.text = self.text.rstrip(), ""
        if not text.strip():
            return
        kind = self.kind
        if kind == "heading":
            self.in_references = kind_of(" ".join(text.split())) == "references"
        elif self.in_references and kind in ("item", "text"):
            kind = "reference"
            where = self.document.anchor(self.first).file
            key = str(len(self.document.references) + 1)
            self.document.references.append(printed(text, key, self.first, where))
            self.document.bibliography = True
        elif kind == "text" and CAPTION.match(text):
            kind = "caption"
        self.document.blocks.append(Block(kind, self.first, text, self.level))
