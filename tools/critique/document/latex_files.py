"""A LaTeX project as one list of lines: includes in their place, comments blanked."""

import re
from pathlib import Path

from .latex_macros import expanded
from .model import DraftError, Line, Trouble

_INCLUDE = re.compile(
    r"\\(?:input|include|subfile)\s*\{([^{}]+)\}|\\(?:sub)?import\*?\s*\{([^{}]*)\}\s*\{([^{}]+)\}"
)
_COMMENT = re.compile(r"(?<!\\)(?:\\\\)*%")
MOST_LINES = 400_000
MOST_DEPTH = 40


def flatten(main: Path, root: Path) -> tuple[list[Line], list[str], list[Trouble]]:
    """The lines of a project, in reading order.

    Returns:
        Source lines, the same lines without comments, and what is missing.

    Raises:
        DraftError: If an include leads back to a file that is still open, or the project is
            endless.
    """
    source: list[Line] = []
    bare: list[str] = []
    trouble: list[Trouble] = []

    def read(path: Path, folder: Path, trail: tuple[Path, ...]) -> None:
        if path in trail or len(trail) > MOST_DEPTH:
            names = [p.name for p in (*trail[trail.index(path) if path in trail else 0 :], path)]
            raise DraftError(f"endless include: {' → '.join(names[:8])}; take one of them out")
        verbatim = False
        shown = _shown(path, root)
        for number, text in enumerate(_text(path).split("\n"), start=1):
            if len(source) > MOST_LINES:
                raise DraftError(f"more than {MOST_LINES:,} lines with all includes; too long")
            verbatim = verbatim or r"\begin{verbatim" in text or r"\begin{lstlisting" in text
            clean = text if verbatim else without_comment(text)
            if r"\end{verbatim" in text or r"\end{lstlisting" in text:
                verbatim = False
            source.append(Line(shown, number, text))
            includes = list(_INCLUDE.finditer(clean)) if not verbatim else []
            bare.append(_INCLUDE.sub("", clean) if includes else clean)
            for match in includes:
                name = match[1] or f"{match[2]}/{match[3]}"
                found = _find(name.strip(), folder, root)
                if found is None:
                    message = f"the included file {name.strip()!r} is not there"
                    trouble.append(Trouble("missing-file", len(source), message))
                else:
                    read(found, folder if match[1] else found.parent, (*trail, path))

    read(main.resolve(), main.resolve().parent, ())
    return source, expanded(bare), trouble


def without_comment(text: str) -> str:
    """A line up to its first `%` that is no percent sign."""
    found = _COMMENT.search(text)
    return text[: found.end() - 1] if found else text


def main_file(folder: Path) -> Path:
    """The file of a folder that holds `\\documentclass`.

    Raises:
        DraftError: If there is none, or several and none is called main, paper or ms.
    """
    found = [
        p for p in sorted(folder.glob("*.tex")) if re.search(r"(?m)^\s*\\documentclass", _text(p))
    ]
    if len(found) == 1:
        return found[0]
    named = [p for p in found if p.stem in ("main", "paper", "ms")]
    if named:
        return named[0]
    what = "no .tex file with \\documentclass" if not found else "several main .tex files"
    raise DraftError(f"{folder.name or folder} has {what}; name the file itself")


def _find(name: str, folder: Path, root: Path) -> Path | None:
    for base in (folder, root):
        for candidate in (base / name, base / f"{name}.tex"):
            path = candidate.resolve()
            inside = path.is_relative_to(root.resolve())
            if path.is_file() and inside and path.suffix != ".bib":
                return path
    return None


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")


def _shown(path: Path, root: Path) -> str:
    try:
        return str(root / path.relative_to(root.resolve()))
    except ValueError:
        return path.name
