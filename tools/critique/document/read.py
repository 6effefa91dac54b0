"""From what the user names to a document."""

import re
from pathlib import Path

from .html import read_html
from .latex import read_latex
from .latex_files import main_file
from .markdown import read_markdown
from .model import Document, DraftError, source_lines
from .notebook import read_notebook
from .pdf import read_pdf

MOST_BYTES = 60_000_000
ARXIV = re.compile(r"^(?:arxiv:)?(\d{4}\.\d{4,5}(?:v\d+)?)$", re.IGNORECASE)
_SIGNS = ((b"\x89PNG", "a PNG picture"), (b"\xff\xd8\xff", "a JPEG picture"),
          (b"PK\x03\x04", "a zip archive (a Word file?); export markdown, LaTeX or PDF"),
          (b"\x1f\x8b", "a gzip archive"), (b"\x7fELF", "a program"))  # fmt: skip


def read_draft(path: Path | str) -> Document:
    """A document from a file or a LaTeX project's folder; the ending says the format.

    Raises:
        DraftError: If it cannot be read; one line that names the fix.
    """
    path = Path(path)
    if path.is_dir():
        return read_latex(str(path), main_file(path))
    if not path.is_file():
        raise DraftError(f"no file {str(path)!r}; give a .md, .tex, .ipynb, .html or .pdf file")
    size = path.stat().st_size
    if size > MOST_BYTES:
        limit = MOST_BYTES // 1_000_000
        raise DraftError(f"{path} has {size / 1e6:.0f} MB; a draft has less than {limit}")
    data = path.read_bytes()
    if not data.strip():
        raise DraftError(f"{path} is empty; there is nothing to check")
    name = str(path)
    if data.startswith(b"%PDF"):
        return read_pdf(name, data, path.parent)
    text = _decoded(name, data)
    ending = path.suffix.lower()
    if ending == ".tex" or (ending == "" and "\\documentclass" in text[:5000]):
        return read_latex(name, path)
    if ending == ".ipynb":
        return read_notebook(name, text, path.parent)
    if ending in (".html", ".htm", ".xhtml"):
        return read_html(name, text, path.parent)
    return read_markdown(name, source_lines(name, text), path.parent)


def read_text(text: str, name: str = "draft.md") -> Document:
    """A document from markdown in memory."""
    return read_markdown(name, source_lines(name, text), Path())


def _decoded(name: str, data: bytes) -> str:
    for sign, what in _SIGNS:
        if data.startswith(sign):
            raise DraftError(f"{name} is {what}, not a draft")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", "replace")
    else:
        if b"\0" in data[:100_000]:
            raise DraftError(f"{name} is binary, not text; give .md, .tex, .ipynb, .html or .pdf")
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")
