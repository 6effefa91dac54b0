"""Markdown → document. Blocks come from markdown-it with their line numbers."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from .bibliography import attach_bibliography
from .captions import attach_captions
from .entries import printed
from .html_table import html_tables
from .markdown_inline import images, links, markdown_plain
from .marks import ENTRY, MARK
from .mentions import CAPTION, collect, footnotes, pandoc_citations
from .model import Block, Citation, Document, Figure, Format, Kind, Line, Reference, Row, Table
from .sections import kind_of
from .tex_plain import tex_plain

_PARSER = MarkdownIt("commonmark").enable("table")
_NOTE = re.compile(r"(?m)^[ ]{0,3}\[\^[\w-]+\]:")
# A work has a year and somebody's name, title or place.
_WORK = re.compile(
    r"(?s)(?=.*\b(?:19[5-9]\d|20\d\d)\b)(?=.*(?:et al|arXiv|doi|[“\"*_]|\b[A-Z]\.)).{30,}"
)
_BOLD_HEADING = re.compile(r"^(?:\*\*|__)([^*_]{2,60}?)[.:]?(?:\*\*|__)[.:]?$")


def read_markdown(
    name: str, lines: list[Line], folder: Path, kind: Format = "markdown"
) -> Document:
    """A document from lines of markdown (of a file, or of a notebook's cells)."""
    document = Document(name, kind, lines, folder=folder)
    body = _without_front_matter(document)
    tokens = _PARSER.parse(body)
    _Reader(document, tokens).run()
    attach_captions(document)
    source = document.metadata.get("bibliography", "")
    attach_bibliography(document, re.split(r"\s*,\s*", source) if source else [])
    collect(document)
    return document


def _without_front_matter(document: Document) -> str:
    texts = [line.text for line in document.lines]
    if texts and texts[0].strip() == "---" and "---" in (t.strip() for t in texts[1:]):
        end = next(i for i, t in enumerate(texts) if i and t.strip() == "---")
        try:
            values = yaml.safe_load("\n".join(texts[1:end])) or {}
        except yaml.YAMLError:
            values = {}
        if isinstance(values, dict):
            document.metadata.update(
                {
                    str(k).lower(): ", ".join(map(str, v)) if isinstance(v, list) else str(v)
                    for k, v in values.items()
                }
            )
            abstract = values.get("abstract")
            if isinstance(abstract, str):
                _front_abstract(document, abstract, texts[:end])
        texts[: end + 1] = [""] * (end + 1)
    return "\n".join(texts)


def _front_abstract(document: Document, abstract: str, head: Sequence[str]) -> None:
    at = next((i for i, t in enumerate(head) if t.lower().startswith("abstract:")), 0)
    if abstract.strip():
        document.blocks += [
            Block("heading", at + 1, "Abstract", level=1),
            Block("text", at + 1, " ".join(abstract.split())),
        ]


class _Reader:
    """Walks the block tokens once."""

    def __init__(self, document: Document, tokens: Sequence[Token]) -> None:
        self.document = document
        self.tokens = list(tokens)
        self.nesting: list[str] = []
        self.in_references = False
        self.references_level = 0
        self.ordered = 0

    def run(self) -> None:
        at = 0
        while at < len(self.tokens):
            token = self.tokens[at]
            if token.type == "table_open":
                end = self._close(at, "table_close")
                self._table(self.tokens[at : end + 1])
                at = end
            elif token.type == "ordered_list_open":
                self.ordered = int(token.attrs.get("start", 1) or 1)
            elif token.type in ("fence", "code_block"):
                self._code(token)
            elif token.type == "inline":
                self._inline(token, self.tokens[at - 1])
            elif token.type == "html_block":
                self._html(token)
            if token.nesting == 1:
                self.nesting.append(token.type)
            elif token.nesting == -1 and self.nesting and token.type != "table_close":
                self.nesting.pop()
            at += 1

    def _close(self, at: int, kind: str) -> int:
        return next(i for i in range(at, len(self.tokens)) if self.tokens[i].type == kind)

    def _code(self, token: Token) -> None:
        first = (token.map or [0])[0] + (token.type == "fence")
        first = min(first, len(self.document.lines) - 1)  # a fence that the draft ends with
        text = token.content.rstrip("\n")
        if token.info.strip() == "math":
            self.document.blocks.append(Block("equation", first + 1, tex_plain(text)))
        else:
            self.document.blocks.append(Block("code", first + 1, text))

    def _html(self, token: Token) -> None:
        line = (token.map or [0])[0] + 1
        for match in re.finditer(r"<img\b[^>]*\bsrc=[\"']([^\"']+)", token.content):
            offset = token.content.count("\n", 0, match.start())
            self.document.figures.append(Figure(line + offset, match[1]))
        self._html_tables(token.content, line)
        caption = re.search(r"<figcaption>(.*?)</figcaption>", token.content, re.DOTALL)
        if caption:
            offset = token.content.count("\n", 0, caption.start(1))
            self._add("caption", line + offset, markdown_plain(caption[1]))

    def _html_tables(self, content: str, line: int) -> None:
        for table, title, at in html_tables(content):
            rows = tuple(replace(row, line=row.line + line - 1) for row in table.rows)
            moved = replace(table, rows=rows, line=table.line + line - 1)
            self.document.tables.append(moved)
            self._add("caption", line + at - 1, title)

    def _add(self, kind: Kind, line: int, text: str, level: int = 0) -> None:
        if text.strip():
            self.document.blocks.append(Block(kind, line, text, level))

    def _inline(self, token: Token, opener: Token) -> None:
        line = (token.map or [0])[0] + 1
        raw = token.content
        if opener.type == "heading_open":
            title = markdown_plain(raw)
            level = int(opener.tag[1])
            self._heading(title, line, level)
            return
        bold = _BOLD_HEADING.match(raw)
        if bold and opener.type == "paragraph_open" and kind_of(bold[1]) != "other":
            self._heading(bold[1], line, 6)
            return
        self.document.links += [(target, line + at) for target, at in links(raw)]
        if self.in_references:
            self._references(raw, line)
            return
        if _NOTE.match(raw) and self._notes(raw, line):
            return
        for alt, path, at in images(raw):
            self.document.figures.append(Figure(line + at, path))
            if CAPTION.match(markdown_plain(alt)) and not _bare(markdown_plain(alt)):
                self._add("caption", line + at, markdown_plain(alt))
        text = _maths(raw)
        kind: Kind = "equation"
        if text is None:
            text, kind = markdown_plain(raw), self._kind()
            head = re.match(r"(?:Abstract|TL;?DR)\s*[:.—–-]\s+(?=\S)", text, re.IGNORECASE)
            if head:  # a run-in heading: 'TL;DR: …'
                self._heading(head[0].strip(" :.—–-\n"), line, 6)
        if kind == "text" and CAPTION.match(text):
            kind = "caption"
        self._cited(raw, line)
        self._add(kind, line, text)

    def _heading(self, title: str, line: int, level: int) -> None:
        if kind_of(title) == "references":
            self.in_references, self.references_level = True, level
        elif self.in_references and level <= self.references_level:
            self.in_references = False
        self._add("heading", line, title, level)

    def _kind(self) -> Kind:
        if "blockquote_open" in self.nesting:
            return "quote"
        return "item" if "list_item_open" in self.nesting else "text"

    def _cited(self, raw: str, line: int) -> None:
        plain = re.sub(r"`[^`]*`|<[^>]*>|https?://\S+", lambda m: " " * len(m[0]), raw)
        bib = "bibliography" in self.document.metadata
        for key, at in pandoc_citations(plain) if bib else []:
            style = Citation(key, line + raw.count("\n", 0, at), "key")
            self.document.citations.append(style)
        for key, at in footnotes(plain):
            self.document.citations.append(
                Citation(f"^{key}", line + raw.count("\n", 0, at), "footnote")
            )

    def _references(self, raw: str, line: int) -> None:
        number = ""
        if "ordered_list_open" in self.nesting and "list_item_open" in self.nesting:
            number, self.ordered = str(self.ordered), self.ordered + 1
        starts = [m.start() for m in ENTRY.finditer(raw)]
        parts = [0, *starts[1:]] if starts and starts[0] == 0 else [0]
        for start, end in zip(parts, [*parts[1:], len(raw)], strict=True):
            text = markdown_plain(raw[start:end])
            mark = MARK.match(text)
            key = number or (next(filter(None, mark.groups())) if mark else "")
            where = line + raw.count("\n", 0, start)
            self._add("reference", where, text)
            bare = text[mark.end() :].strip() if mark and not mark[1] else text
            entry: Reference = printed(bare, key, where, self.document.anchor(where).file)
            self.document.references.append(entry)
            self.document.bibliography = True

    def _notes(self, raw: str, line: int) -> bool:
        """Footnotes that hold works are entries; others stay text, also among works."""
        starts = [m.start() for m in _NOTE.finditer(raw)]
        notes = [raw[a:b] for a, b in zip(starts, [*starts[1:], len(raw)], strict=True)]
        works = [_WORK.search(note) is not None for note in notes]
        if not all(works) and sum(works) < 3:
            return False
        for start, note in zip(starts, notes, strict=True):
            where = line + raw.count("\n", 0, start)
            name = note[2 : note.index("]")]
            text = markdown_plain(note[note.index(":") + 1 :]).strip()
            if not _WORK.search(note):
                self._cited(note[note.index(":") + 1 :], where)
                self._add("text", where, text)
                continue
            self._add("reference", where, text)
            file = self.document.anchor(where).file
            self.document.references.append(printed(text, f"^{name}", where, file))
        return True

    def _table(self, tokens: Sequence[Token]) -> None:
        rows: list[tuple[tuple[str, ...], int]] = []
        cells: list[str] = []
        line = (tokens[0].map or [0])[0] + 1
        for token in tokens:
            if token.type == "tr_open":
                cells, line = [], (token.map or [line - 1])[0] + 1
            elif token.type == "inline":
                cells.append(" ".join(markdown_plain(token.content).split()))
                self._cited(token.content, line)
            elif token.type == "tr_close":
                rows.append((tuple(cells), line))
        if rows:
            body = tuple(Row(cells, at) for cells, at in rows[1:])
            self.document.tables.append(Table(rows[0][0], body, rows[0][1]))


def _bare(alt: str) -> bool:
    """Whether a picture's alternative text is but its name: the caption stands below."""
    return CAPTION.sub("", alt).strip() == ""


def _maths(raw: str) -> str | None:
    """The plain text of a paragraph that is nothing but displayed mathematics."""
    bare = raw.strip()
    if len(bare) > 4 and bare.startswith("$$") and bare.endswith("$$"):
        return tex_plain(raw)
    return None


def footnote_definitions(document: Document) -> set[str]:
    """Names of the footnotes that a markdown document defines."""
    found: Any = re.findall(r"(?m)^\s{0,3}\[\^([\w-]+)\]:", document.text)
    return set(found)
