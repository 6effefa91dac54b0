"""Bytes to text, whatever wrote them."""

from pathlib import Path

from .document import ContextError

MOST_BYTES = 40_000_000


def read_text(path: Path) -> str:
    """A file's text.

    Raises:
        ContextError: If it is missing, too large, or no text.
    """
    if not path.is_file():
        raise ContextError(f"{path} is no file; give a file, a folder or an arXiv id")
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise ContextError(
            f"{path.name} has {size / 1e6:,.0f} MB, at most {MOST_BYTES / 1e6:.0f} are read; "
            "cut out the part that you study"
        )
    return decode(path.read_bytes(), path.name)


def decode(data: bytes, name: str) -> str:
    """Text in UTF-8, UTF-16 with its mark, or Windows-1252; line ends made one.

    Raises:
        ContextError: If it is no text.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", errors="replace")
    else:
        if b"\0" in data[:100_000]:
            raise ContextError(f"{name} is binary, not text; PDF, LaTeX, HTML, markdown are read")
        text = "".join(_line(line) for line in data.splitlines(keepends=True))
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _line(line: bytes) -> str:
    # By line: files that were put together from several sources mix encodings.
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")
