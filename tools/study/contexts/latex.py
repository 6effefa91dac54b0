"""A LaTeX project as one text: includes put in their places, comments left out."""

import re
from pathlib import Path

from .decode import read_text
from .document import Context, ContextError, Figure, Origin

_INPUT = re.compile(r"\\(?:input|include|subfile)\s*\{([^{}]+)\}")
_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%.*$")
_TITLE = re.compile(r"\\title\*?(?:\[[^\]]*\])?\{((?:[^{}]|\{[^{}]*\})*)\}")
_CAPTION = re.compile(r"\\caption\*?(?:\[[^\]]*\])?\{")
_GRAPHICS = re.compile(r"\\includegraphics\*?(?:\[[^\]]*\])?\{([^{}]+)\}")
MOST_FILES = 500


def load_latex(path: Path, name: str) -> Context:
    """Read a project from its main file, or from a folder that holds one.

    Raises:
        ContextError: If there is no main file or an include leads back to itself.
    """
    main = main_file(path) if path.is_dir() else path
    lines: list[str] = []
    origins: list[Origin] = []
    notes: list[str] = []
    _flatten(main, main.parent, (), lines, origins, notes)
    text = "\n".join(lines)
    title = _TITLE.search(text)
    return Context(
        name=name,
        title=" ".join(title.group(1).split()) if title else name,
        source=main.name,
        kind="latex",
        text=text,
        origins=origins,
        figures=_figures(text),
        notes=notes,
    )


def main_file(folder: Path) -> Path:
    """The file of a folder that has a documentclass; the largest of several.

    Raises:
        ContextError: If there is none.
    """
    found = [p for p in sorted(folder.rglob("*.tex")) if "\\documentclass" in read_text(p)]
    if not found:
        raise ContextError(f"no .tex file below {folder.name} has a \\documentclass; name the file")
    return max(found, key=lambda p: (p.parent == folder, p.stat().st_size))


def _flatten(
    path: Path,
    root: Path,
    above: tuple[Path, ...],
    lines: list[str],
    origins: list[Origin],
    notes: list[str],
) -> None:
    if path.resolve() in above:
        chain = " → ".join(p.name for p in (*above, path))
        raise ContextError(f"an include leads back to itself: {chain}; remove one of them")
    if len(origins) > MOST_FILES:
        raise ContextError(f"more than {MOST_FILES} includes; name the part that you study")
    shown = _relative(path, root)
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        clean = _COMMENT.sub(r"\1", line)
        if clean != line and not clean.strip():
            continue  # a whole-line comment
        match = _INPUT.search(clean)
        _note(origins, len(lines) + 1, shown, number)
        if match is None:
            lines.append(clean.rstrip())
            continue
        if clean[: match.start()].strip():
            lines.append(clean[: match.start()].rstrip())
        target = _target(match.group(1).strip(), path, root)
        if target is None:
            notes.append(f"{shown}:{number} includes {match.group(1)}, which is not there")
            lines.append(clean[match.start() :].rstrip())
        else:
            _flatten(target, root, (*above, path.resolve()), lines, origins, notes)
            if clean[match.end() :].strip():
                _note(origins, len(lines) + 1, shown, number)
                lines.append(clean[match.end() :].strip())


def _note(origins: list[Origin], line: int, place: str, at: int) -> None:
    """Add an origin where the last one does not already say so."""
    last = origins[-1] if origins else None
    if last and last.place == place and last.at + line - last.line == at:
        return
    if last and last.line == line:
        origins.pop()
    origins.append(Origin(line=line, place=place, at=at))


def _target(name: str, path: Path, root: Path) -> Path | None:
    for folder in (root, path.parent):
        for candidate in (folder / name, folder / f"{name}.tex"):
            inside = candidate.resolve().is_relative_to(root.resolve())
            if inside and candidate.is_file():
                return candidate
    return None


def _relative(path: Path, root: Path) -> str:
    resolved, base = path.resolve(), root.resolve()
    return resolved.relative_to(base).as_posix() if resolved.is_relative_to(base) else path.name


def _figures(text: str) -> list[Figure]:
    found = []
    for match in _CAPTION.finditer(text):
        end, depth = match.end(), 1
        while end < len(text) and depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0) if text[end - 1] != "\\" else 0
            end += 1
        before = list(_GRAPHICS.finditer(text, max(0, match.start() - 1500), match.start()))
        found.append(
            Figure(
                line=text.count("\n", 0, match.start()) + 1,
                caption=" ".join(text[match.end() : end - 1].split()),
                file=before[-1].group(1) if before else None,
            )
        )
    return found
