"""From what a person types to a context: a file, a folder, a package, or an arXiv id."""

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

from .decode import read_text
from .document import Context, ContextError
from .folder import load_folder, load_package
from .latex import load_latex
from .notebook import load_notebook
from .page import load_html
from .pdf import load_pdf

_HEADING = re.compile(r"^#\s+(.+?)\s*#*$", re.M)
_NAME = re.compile(r"[^\w.\-]+")


def load(source: str, name: str | None = None, patterns: Sequence[str] = ()) -> Context:
    """Read a local source.

    Args:
        source: A file or a folder; a folder with a LaTeX main file is read as that project.
        name: Short name for citations; made from the source without.
        patterns: Which files of a folder are read.

    Raises:
        ContextError: With what to do, where it gives no text.
    """
    path = Path(source).expanduser()
    called = name or short_name(path.stem if path.is_file() else path.name or source)
    if path.is_dir():
        project = not patterns and any(path.glob("*.tex"))
        return load_latex(path, called) if project else load_folder(path, called, patterns)
    if not path.exists():
        raise ContextError(f"there is no {source}; give a file, a folder or an arXiv id")
    suffix = path.suffix.lower()
    if suffix == ".pdf" or path.open("rb").read(5) == b"%PDF-":
        return load_pdf(path, called)
    if suffix in (".zip", ".gz", ".tar", ".tgz", ".bz2", ".xz") or zipfile.is_zipfile(path):
        raise ContextError(f"{path.name} is an archive; unpack it and give the folder")
    if suffix == ".tex":
        return load_latex(path, called)
    text = read_text(path)
    if not text.strip():
        raise ContextError(f"{path.name} is empty")
    if suffix == ".ipynb":
        return load_notebook(text, called, path.name)
    if suffix in (".html", ".htm", ".xhtml"):
        return load_html(text, called, path.name)
    heading = _HEADING.search(text) if suffix in (".md", ".markdown") else None
    return Context(
        name=called,
        title=heading.group(1) if heading else called,
        source=path.name,
        kind="markdown" if suffix in (".md", ".markdown") else "text",
        text=text.rstrip("\n"),
    )


def package(name: str, called: str | None = None, patterns: Sequence[str] = ()) -> Context:
    """Read the installed source of a library.

    Raises:
        ContextError: If it is not installed.
    """
    return load_package(name, called or short_name(name), patterns)


def short_name(text: str) -> str:
    """A name that citations can hold: letters, digits, `.`, `-`, `_`; at most 40."""
    return _NAME.sub("-", text).strip("-.")[:40].lower() or "context"
