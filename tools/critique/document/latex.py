"""LaTeX → document. One pass over commands and environments; offsets give the lines."""

import re
from bisect import bisect_right
from functools import partial
from pathlib import Path

from .bibliography import attach_bibliography
from .entries import printed
from .latex_files import flatten
from .latex_table import tabular_rows
from .mentions import collect
from .model import Block, Citation, CrossRef, Document, Figure, Kind, Table
from .tex_plain import cited, group, referred, tex_plain

_LEVEL = {
    "part": 1,
    "chapter": 1,
    "section": 1,
    "subsection": 2,
    "subsubsection": 3,
    "paragraph": 4,
}
_HEADING = r"\\(?P<head>part|chapter|section|subsection|subsubsection|paragraph)\*?(?=\s*[\[{])"
_TOKEN = re.compile(
    _HEADING + r"|\\begin\{(?P<env>[A-Za-z]+\*?)\}|\\end\{(?P<end>[A-Za-z]+\*?)\}"
    r"|\\(?P<item>item)(?![A-Za-z])|(?P<blank>\n[ \t]*\n)|(?P<maths>\\\[|\$\$)"
    r"|(?P<appendix>\\appendix)(?![A-Za-z])"
)
_EQUATION = {"equation", "align", "gather", "multline", "eqnarray", "displaymath", "math"}
_CODE = {"verbatim", "lstlisting", "minted", "Verbatim", "alltt", "tikzpicture", "comment"}
_FLOAT = {"table": "Table", "figure": "Figure", "wrapfigure": "Figure", "wraptable": "Table",
          "sidewaystable": "Table", "sidewaysfigure": "Figure", "longtable": "Table"}  # fmt: skip
_TABULAR = re.compile(r"\\begin\{(tabular[xy*]?|longtable|tabulary|array)\}")
_CAPTION = re.compile(r"\\caption\*?\s*(?:\[[^\]]*\])?(?=\s*\{)")
_LABEL = re.compile(r"\\label\s*\{([^{}]+)\}")
_GRAPHICS = re.compile(r"\\includegraphics\*?(?:\[[^\]]*\])?\s*\{([^{}]+)\}")
_QUOTE = {"quote", "quotation", "displayquote"}


def read_latex(name: str, main: Path) -> Document:
    """A document from the main file of a LaTeX project.

    Raises:
        DraftError: If an include leads back to itself.
    """
    lines, bare, trouble = flatten(main, main.parent)
    document = Document(name, "latex", lines, trouble=trouble, folder=main.parent)
    text = "\n".join(bare)
    reader = _Reader(document, text)
    _preamble(document, text)
    begin = text.find(r"\begin{document}")
    reader.run(begin + len(r"\begin{document}") if begin >= 0 else 0)
    for match in re.finditer(r"\\(bibliography|addbibresource)(?:\[[^\]]*\])?\{([^{}]+)\}", text):
        attach_bibliography(document, match[2].split(","), reader.line(match.start()))
    collect(document)
    return document


def _preamble(document: Document, text: str) -> None:
    for word in ("title", "author", "date"):
        if (match := re.search(rf"\\{word}\s*(?:\[[^\]]*\])?(?=\{{)", text)) and (
            inside := group(text, match.end())
        ):
            document.metadata[word] = " ".join(tex_plain(inside[0]).split())
    if used := re.search(r"\\documentclass\s*(?:\[[^\]]*\])?\{([^{}]+)\}", text):
        document.metadata["class"] = used[1]


class _Reader:
    """Collects blocks between one structural token and the next."""

    def __init__(self, document: Document, text: str) -> None:
        self.document = document
        self.text = text
        self.starts = [0, *(m.end() for m in re.finditer("\n", text))]
        self.kinds: list[str] = []
        self.item = False
        self.counts = {"Table": 0, "Figure": 0}
        self.sections = [0, 0, 0, 0]
        self.appendix = False

    def line(self, offset: int) -> int:
        return bisect_right(self.starts, offset)

    def _line_from(self, base: int, offset: int) -> int:
        return self.line(base + offset)

    def run(self, at: int) -> None:
        begin = at
        while match := _TOKEN.search(self.text, at):
            at = match.end()
            if match["end"] == "document":
                self._prose(begin, match.start())
                return
            self._prose(begin, match.start())
            begin = at = self._token(match)
        self._prose(begin, len(self.text))

    def _token(self, match: re.Match[str]) -> int:
        """Handle a token; returns where reading goes on."""
        env = (match["env"] or "").rstrip("*")
        if match["head"]:
            return self._heading(match)
        if match["maths"]:
            close = r"\]" if match["maths"] == r"\[" else "$$"
            return self._until(match.end(), close, "equation")
        if match["appendix"]:
            self.appendix, self.sections = True, [0, 0, 0, 0]
        elif env == "abstract":
            self._add("heading", match.start(), "Abstract", 1)
        elif env in _CODE or env in _EQUATION:
            kind: Kind = "code" if env in _CODE else "equation"
            return self._until(match.end(), f"\\end{{{match['env']}}}", kind)
        elif env == "thebibliography":
            return self._bibliography(match)
        elif env in _FLOAT or _TABULAR.match(match[0]):
            return self._float(match, _FLOAT.get(env, "Table"))
        elif env in ("itemize", "enumerate", "description", *_QUOTE):
            self.kinds.append(env)
        elif match["end"] and self.kinds and self.kinds[-1] == match["end"]:
            self.kinds.pop()
        return match.end()

    def _heading(self, match: re.Match[str]) -> int:
        at = match.end()
        if optional := re.compile(r"\s*\[[^\]]*\]").match(self.text, at):
            at = optional.end()
        inside = group(self.text, at)
        if inside is None:
            return match.end()
        level = _LEVEL[match["head"]]
        number = ""
        if "*" not in match[0] and level < 4:
            self.sections[level - 1] += 1
            self.sections[level:] = [0] * (4 - level)
            number = ".".join(str(n) for n in self.sections[:level])
            if self.appendix:
                first = chr(64 + min(self.sections[0], 26))
                number = first + number[len(str(self.sections[0])) :]
        title = tex_plain(inside[0]).strip()
        self._add("heading", match.start(), f"{number}. {title}" if number else title, level)
        for label in _LABEL.finditer(self.text, match.start(), inside[1] + 120):
            if not self.text[inside[1] : label.start()].strip():
                self.document.labels[label[1].strip()] = self.line(label.start())
        return inside[1]

    def _until(self, at: int, close: str, kind: Kind) -> int:
        end = self.text.find(close, at)
        end = len(self.text) if end < 0 else end
        raw = self.text[at:end]
        self._labels(at, end)
        self._add(kind, at, raw if kind == "code" else tex_plain(raw))
        return min(end + len(close), len(self.text))

    def _add(self, kind: Kind, offset: int, text: str, level: int = 0) -> Block | None:
        line = self.line(offset)
        stripped = text.lstrip()
        line += text[: len(text) - len(stripped)].count("\n")
        if not stripped.strip():
            return None
        block = Block(kind, line, stripped.rstrip(), level)
        self.document.blocks.append(block)
        return block

    def _labels(self, start: int, end: int) -> None:
        for label in _LABEL.finditer(self.text, start, end):
            self.document.labels.setdefault(label[1].strip(), self.line(label.start()))

    def _points(self, start: int, end: int) -> None:
        raw = self.text[start:end]
        document = self.document
        for key, at in cited(raw):
            document.citations.append(Citation(key, self.line(start + at), "key"))
        for label, at in referred(raw):
            document.crossrefs.append(CrossRef("label", label, self.line(start + at)))
        for link in re.finditer(r"\\(?:url|href)\{([^{}]+)\}", raw):
            document.links.append((link[1], self.line(start + link.start())))

    def _prose(self, start: int, end: int) -> None:
        raw = self.text[start:end]
        if not raw.strip():
            return
        self._labels(start, end)
        self._points(start, end)
        for graphic in _GRAPHICS.finditer(raw):
            line = self.line(start + graphic.start())
            self.document.figures.append(Figure(line, graphic[1].strip()))
        kind: Kind = "text"
        if self.kinds:
            kind = "quote" if self.kinds[-1] in _QUOTE else "item"
        self._add(kind, start, tex_plain(raw))

    def _float(self, match: re.Match[str], word: str) -> int:
        name = match["env"]
        close = f"\\end{{{name}}}"
        end = self.text.find(close, match.end())
        end = len(self.text) if end < 0 else end
        start = match.start()
        inside = self.text[start:end]
        self._labels(start, end)
        self._points(start, end)
        caption, captioned = None, False
        if found := _CAPTION.search(inside):
            body = group(inside, found.end())
            if body:
                captioned = True
                text = tex_plain(body[0])
                caption = self._add("caption", start + inside.index("{", found.end()) + 1, text)
        number = ""
        if captioned:
            self.counts[word] += 1
            number = f"{'A' if self.appendix else ''}{self.counts[word]}"
        label = _LABEL.search(inside)
        named = label[1].strip() if label else ""
        if word == "Table":
            self._tables(inside, start, number, named, caption)
        else:
            graphic = _GRAPHICS.search(inside)
            path = graphic[1].strip() if graphic else ""
            line = self.line(start)
            self.document.figures.append(Figure(line, path, number, named, caption))
        return end + len(close)

    def _tables(
        self, inside: str, start: int, number: str, label: str, caption: Block | None
    ) -> None:
        for table in _TABULAR.finditer(inside):
            stop = inside.find(f"\\end{{{table[1]}}}", table.end())
            body = inside[table.end() : stop if stop >= 0 else len(inside)]
            offset = start + table.end()
            header, rows = tabular_rows(body, partial(self._line_from, offset))
            line = self.line(start + table.start())
            self.document.tables.append(Table(header, rows, line, number, label, caption))

    def _bibliography(self, match: re.Match[str]) -> int:
        close = r"\end{thebibliography}"
        end = self.text.find(close, match.end())
        end = len(self.text) if end < 0 else end
        self._add("heading", match.start(), "References", 1)
        items = list(
            re.compile(r"\\bibitem(?:\[[^\]]*\])?\{([^{}]+)\}").finditer(
                self.text, match.end(), end
            )
        )
        stops = [*(m.start() for m in items[1:]), end]
        for item, stop in zip(items, stops, strict=False):
            text = tex_plain(self.text[item.end() : stop])
            line = self.line(item.start())
            file = self.document.anchor(line).file
            self.document.references.append(printed(text, item[1].strip(), line, file))
            self._add("reference", item.end(), text)
        self.document.bibliography = True
        return end + len(close)
