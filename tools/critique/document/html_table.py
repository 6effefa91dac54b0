"""The rows of an HTML table: spans filled in, a header of several rows joined by column."""

from collections.abc import Mapping
from html.parser import HTMLParser

from .model import Row, Table

TABLE_TAGS = frozenset({"thead", "tbody", "tfoot", "tr", "td", "th"})
_MOST = 200


class TableReader:
    """Takes the tags of one table; `cell` is the text of the cell that is open, or None."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.cell: str | None = None
        self._rows: list[tuple[list[str], int, bool]] = []  # cells, line, whether of the header
        self._head = False
        self._all_th = True
        self._span = (1, 1)
        self._below: dict[int, tuple[int, str]] = {}  # column: rows still to fill, text

    def start(self, tag: str, attributes: Mapping[str, str | None], line: int) -> None:
        """A tag inside the table begins."""
        if tag == "thead":
            self._head = True
        elif tag == "tr":
            self.end("tr")
            self._rows.append(([], line, self._head))
            self._all_th = True
        elif tag in ("td", "th") and self._rows:
            self.end("td")
            self.cell = ""
            self._all_th = self._all_th and tag == "th"
            self._span = (_count(attributes.get("colspan")), _count(attributes.get("rowspan")))

    def end(self, tag: str) -> None:
        """A tag inside the table ends; the end tags of cells and rows may be left out."""
        if self.cell is not None and tag in ("td", "th", "tr", "thead", "tbody"):
            self._close_cell(" ".join(self.cell.split()))
        if tag == "tr" and self._rows and self._rows[-1][0]:
            cells, line, head = self._rows[-1]
            self._fill(cells)
            self._rows[-1] = (cells, line, head or (self._all_th and self._only_heads()))
        if tag == "thead":
            self._head = False

    def finished(self) -> Table | None:
        """The table, or None where it has no cell."""
        self.end("tr")
        rows = [row for row in self._rows if row[0]]
        if not rows:
            return None
        heads = max(sum(head for *_, head in rows), 1)
        width = max(len(cells) for cells, *_ in rows[:heads])
        header = tuple(
            " ".join(dict.fromkeys(c[i] for c, *_ in rows[:heads] if i < len(c) and c[i]))
            for i in range(width)
        )
        return Table(header, tuple(Row(tuple(c), at) for c, at, _ in rows[heads:]), self.line)

    def _only_heads(self) -> bool:
        return all(head for *_, head in self._rows[:-1])

    def _close_cell(self, text: str) -> None:
        cells, _, head = self._rows[-1]
        self._fill(cells)
        wide, high = self._span
        for index in range(wide):
            shown = text if index == 0 or head or self._all_th else ""
            if high > 1:
                self._below[len(cells)] = (high - 1, text)
            cells.append(shown)
        self.cell = None

    def _fill(self, cells: list[str]) -> None:
        """Put in what hangs down from the rows above."""
        while (hanging := self._below.get(len(cells))) is not None:
            rows, text = hanging
            if rows == 1:
                del self._below[len(cells)]
            else:
                self._below[len(cells)] = (rows - 1, text)
            cells.append(text)


def _count(text: str | None) -> int:
    return min(max(int(text), 1), _MOST) if text and text.isdigit() else 1


class _Tables(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[Table, str, int]] = []
        self.reader: TableReader | None = None
        self.caption: str | None = None
        self.title, self.at = "", 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line = self.getpos()[0]
        if tag == "table":
            self.reader, self.title, self.at = TableReader(line), "", line
        elif tag == "caption":
            self.caption, self.at = "", line
        elif self.reader is not None and tag in TABLE_TAGS:
            self.reader.start(tag, dict(attrs), line)

    def handle_endtag(self, tag: str) -> None:
        if tag == "caption" and self.caption is not None:
            self.title, self.caption = " ".join(self.caption.split()), None
        elif tag == "table" and self.reader is not None:
            if (table := self.reader.finished()) is not None:
                self.found.append((table, self.title, self.at))
            self.reader = None
        elif self.reader is not None and tag in TABLE_TAGS:
            self.reader.end(tag)

    def handle_data(self, data: str) -> None:
        if self.caption is not None:
            self.caption += data
        elif self.reader is not None and self.reader.cell is not None:
            self.reader.cell += data


def html_tables(text: str) -> list[tuple[Table, str, int]]:
    """The tables of a piece of HTML, each with its caption and the caption's line."""
    if "<table" not in text.lower():
        return []
    parser = _Tables()
    parser.feed(text)
    parser.close()
    return parser.found
