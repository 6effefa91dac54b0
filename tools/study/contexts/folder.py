"""A folder, a repository or an installed package as one text, file after file."""

import fnmatch
import importlib.metadata
from collections.abc import Sequence
from pathlib import Path

from .decode import MOST_BYTES, read_text
from .document import Context, ContextError, Origin

TEXT = (
    "*.py", "*.md", "*.rst", "*.txt", "*.toml", "*.yaml", "*.yml", "*.cfg", "*.tex", "*.bib",
    "*.json", "*.html", "*.js", "*.ts", "*.c", "*.h", "*.cpp", "*.rs", "*.jl", "*.r",
)  # fmt: skip
SKIPPED = {
    ".git", ".venv", "venv", "node_modules", "__pycache__", ".mypy_cache", ".pytest_cache",
    ".ruff_cache", "build", "dist", "site-packages", ".ipynb_checkpoints",
}  # fmt: skip
MOST_CHARACTERS = 8_000_000


def load_folder(path: Path, name: str, patterns: Sequence[str] = ()) -> Context:
    """Pack the text files of a folder.

    Args:
        path: The folder.
        name: Of the context.
        patterns: File patterns such as `*.py`; by default all kinds of text.

    Raises:
        ContextError: If nothing is left to read.
    """
    files = [p for p in sorted(path.rglob("*")) if p.is_file() and _wanted(p, path, patterns)]
    return _packed(files, path, name, path.resolve().name, "folder")


def load_package(package: str, name: str, patterns: Sequence[str] = ()) -> Context:
    """Pack the installed source of a library, read in place.

    Raises:
        ContextError: If it is not installed.
    """
    try:
        found = importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError:
        raise ContextError(f"{package} is not installed here; pip install {package}") from None
    files = [Path(str(found.locate_file(f))) for f in found.files or []]
    chosen = [
        p for p in sorted(files)
        if p.is_file() and any(fnmatch.fnmatch(p.name, w) for w in patterns or ("*.py",))
    ]  # fmt: skip
    root = Path(str(found.locate_file("")))
    return _packed(chosen, root, name, f"{package} {found.version}", "package")


def _wanted(path: Path, root: Path, patterns: Sequence[str]) -> bool:
    parts = path.relative_to(root).parts
    hidden = any(part in SKIPPED or part.startswith(".") for part in parts)
    return not hidden and any(fnmatch.fnmatch(path.name, w) for w in patterns or TEXT)


def _packed(files: Sequence[Path], root: Path, name: str, source: str, kind: str) -> Context:
    lines: list[str] = []
    origins: list[Origin] = []
    notes: list[str] = []
    characters = 0
    for path in files:
        shown = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
        if path.stat().st_size > MOST_BYTES:
            notes.append(f"{shown} is too large and was left out")
            continue
        try:
            text = read_text(path)
        except ContextError as error:
            notes.append(str(error))
            continue
        if characters + len(text) > MOST_CHARACTERS:
            notes.append(f"from {shown} on nothing was read: more than 8 MB of text; use a filter")
            break
        characters += len(text)
        lines += [f"==== {shown}"]
        origins.append(Origin(line=len(lines) + 1, place=shown))
        lines += [*text.rstrip("\n").split("\n"), ""]
    if not lines:
        raise ContextError(f"no text file in {source}; say which with --filter '*.py'")
    return Context(
        name=name, title=source, source=source, kind=kind,
        text="\n".join(lines), origins=origins, notes=notes,
    )  # fmt: skip
