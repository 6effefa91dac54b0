"""LaTeX sources flattened into one text; every line remembers its file and line there."""

import posixpath
import re

from ..document import Document, Figure, Origin, Unreadable
from .plain import decode

_INCLUDE = re.compile(
    r"\\(?P<command>input|include|subfile|subfileinclude)\s*(?:\{(?P<braced>[^{}]+)\}|(?P<bare>[\w./-]+))"
    r"|\\(?:sub)?(?:import|includefrom)\*?\{(?P<folder>[^{}]*)\}\{(?P<inside>[^{}]+)\}"
    r"|\\(?P<bibliography>bibliography)\{(?P<bib>[^{}]*)\}"
)
_COMMENT = re.compile(r"(?<!\\)(?:\\\\)*%.*$")
_VERBATIM = re.compile(r"\\(begin|end)\{(verbatim\*?|lstlisting|minted|Verbatim|comment)\}")
MAX_DEPTH = 20
MAX_LINES = 400_000


def load_latex(files: dict[str, bytes], name: str, main: str | None = None) -> Document:
    """Flatten a LaTeX source.

    Args:
        files: Contents by path, relative to the source's top folder.
        name: Said in messages.
        main: The main file; None finds it.

    Raises:
        Unreadable: If no file begins a document.
    """
    flat = _Flattener(files)
    chosen = main or _main(files, name)
    flat.add(chosen, ())
    lines, origins = flat.lines, flat.origins
    text = "\n".join(lines)
    if not text.strip():
        raise Unreadable(f"{name}: {chosen} holds no text")
    figures, images = _figures(lines, files, chosen)
    return Document(
        _title(text) or chosen,
        "latex",
        tuple(lines),
        tuple(origins),
        figures,
        images,
        tuple(dict.fromkeys(flat.warnings)),
    )


def _main(files: dict[str, bytes], name: str) -> str:
    sources = {p: decode(d) for p, d in files.items() if p.lower().endswith((".tex", ".ltx"))}
    whole = [p for p, t in sources.items() if re.search(r"^[^%\n]*\\begin\{document\}", t, re.M)]
    whole = whole or [
        p for p, t in sources.items() if re.search(r"^[^%\n]*\\documentclass", t, re.M)
    ]
    if not whole:
        if len(sources) == 1:
            return next(iter(sources))
        raise Unreadable(f"{name}: no .tex file has \\begin{{document}}; name the main file itself")
    used = {
        posixpath.splitext(posixpath.basename((m["braced"] or m["bare"] or "").strip()))[0]
        for text in sources.values()
        for m in _INCLUDE.finditer(text)
    }
    roots = [p for p in whole if posixpath.splitext(posixpath.basename(p))[0] not in used] or whole
    return max(roots, key=lambda p: (-p.count("/"), len(sources[p])))


class _Flattener:
    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.lines: list[str] = []
        self.origins: list[Origin] = []
        self.warnings: list[str] = []

    def add(self, path: str, trail: tuple[str, ...]) -> None:
        """Append a file, its includes in place."""
        literal = False
        folder = posixpath.dirname(path)
        top = posixpath.dirname(trail[0]) if trail else folder
        for number, raw in enumerate(decode(self.files[path]).rstrip("\n").split("\n"), 1):
            fence = _VERBATIM.search(raw)
            if fence:
                literal = fence[1] == "begin"
            line = raw if literal or fence else _COMMENT.sub("", raw).rstrip()
            if not line.strip() and raw.strip():
                continue  # a line that was only a comment does not end the paragraph
            if len(self.lines) >= MAX_LINES:
                self.warnings.append(f"stopped after {MAX_LINES} lines, in {path}")
                return
            at = 0
            for match in () if literal else _INCLUDE.finditer(line):
                target = self._target(match, folder, top, path, number)
                if target is None:
                    continue
                if line[at : match.start()].strip():
                    self._put(line[at : match.start()], path, number)
                at = match.end()
                if target in (*trail, path):
                    self.warnings.append(
                        f"{path}:{number} includes {target}, which includes it: left out"
                    )
                elif len(trail) >= MAX_DEPTH:
                    self.warnings.append(
                        f"{path}:{number}: includes deeper than {MAX_DEPTH}: left out"
                    )
                else:
                    self.add(target, (*trail, path))
            if line[at:].strip() or at == 0:
                self._put(line[at:], path, number)

    def _put(self, line: str, path: str, number: int) -> None:
        here = len(self.lines) + 1
        last = self.origins[-1] if self.origins else None
        if (
            not last
            or last.label != path
            or last.first is None
            or last.first + here - last.line != number
        ):
            self.origins.append(Origin(line=here, label=path, first=number))
        self.lines.append(line)

    def _target(
        self, match: re.Match[str], folder: str, top: str, path: str, number: int
    ) -> str | None:
        if match["bibliography"]:
            found = [p for p in self.files if p.endswith(".bbl")]
            return found[0] if len(found) == 1 else None
        named = (match["braced"] or match["bare"] or match["inside"] or "").strip().strip('"')
        inside = posixpath.join((match["folder"] or "").strip(), named)
        for start in dict.fromkeys((top, folder, "")):
            for ending in ("", ".tex", ".ltx"):
                tried = posixpath.normpath(posixpath.join(start, inside) + ending)
                if tried in self.files and tried.lower().endswith(
                    (".tex", ".ltx", ".bbl", ".tikz", ".txt")
                ):
                    return tried
        self.warnings.append(f"{path}:{number} includes {named!r}, which is not there")
        return None


def _title(text: str) -> str:
    match = re.search(r"\\title(?:\[[^\]]*\])?\s*\{", text)
    return plain(_braced(text, match.end() - 1)) if match else ""


def plain(text: str) -> str:
    """A short LaTeX text without its markup."""
    from ...quotes.projections import project

    cleaned = re.sub(r"\\thanks\{[^{}]*\}|\\(?:vspace|hspace)\*?\{[^{}]*\}|\\\\", " ", text)
    return project(cleaned, "uncited").text.strip()


def _braced(text: str, start: int) -> str:
    depth = 0
    for at in range(start, min(len(text), start + 5000)):
        if text[at] in "{}" and text[at - 1] != "\\":
            depth += 1 if text[at] == "{" else -1
            if depth == 0:
                return text[start + 1 : at]
    return ""


def _figures(
    lines: list[str], files: dict[str, bytes], main: str
) -> tuple[tuple[Figure, ...], dict[str, bytes]]:
    figures, images, start = [], {}, None
    top = posixpath.dirname(main)
    for number, line in enumerate(lines, 1):
        if re.search(r"\\begin\{(?:sub|wrap)?figure\*?\}", line) and start is None:
            start = number
        if start and re.search(r"\\end\{(?:wrap)?figure\*?\}", line):
            body = "\n".join(lines[start - 1 : number])
            caption = re.search(r"\\caption(?:\[[^\]]*\])?\s*\{", body)
            file = None
            for named in re.findall(r"\\includegraphics\*?(?:\[[^\]]*\])?\{([^{}]+)\}", body):
                path = _image(named, files, top)
                if path:
                    kept = path.replace("/", "_")
                    images[kept] = files[path]
                    file = file or kept
            if caption:
                at = start + body[: caption.start()].count("\n")
                words = plain(_braced(body, caption.end() - 1))
                figures.append(Figure(line=at, caption=words, file=file))
            start = None
    return tuple(figures), images


def _image(named: str, files: dict[str, bytes], top: str) -> str | None:
    for start in dict.fromkeys((top, "")):
        stem = posixpath.normpath(posixpath.join(start, named.strip()))
        for ending in ("", ".pdf", ".png", ".jpg", ".jpeg"):
            if stem + ending in files:
                return stem + ending
    return None
