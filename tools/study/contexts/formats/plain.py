"""Bytes to text, whatever their encoding, and plain-text documents."""

from pathlib import Path

from charset_normalizer import from_bytes

from ..document import Document, Origin, Unreadable


def decode(data: bytes) -> str:
    """Text of any common encoding, with Unix line ends and without control characters.

    Raises:
        Unreadable: If the bytes are no text.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", errors="replace")
    elif b"\0" in data[:8192]:
        raise Unreadable("this is a binary file, not text; add its PDF, HTML or source instead")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            best = from_bytes(data[:200_000]).best()
            text = data.decode(best.encoding if best else "latin-1", errors="replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n")
    # str.splitlines would break lines at these, and the numbers would differ between readers.
    return text.translate({0x0B: "\n", 0x85: "\n", 0x2028: "\n", 0x2029: "\n", 0x1B: ""})


def load_text(data: bytes, name: str) -> Document:
    """A text or source file."""
    lines = decode(data).rstrip("\n").split("\n")
    if not any(line.strip() for line in lines):
        raise Unreadable(f"{name} is empty; there is nothing to read in it")
    kind = "markdown" if Path(name).suffix.lower() in (".md", ".markdown") else "text"
    title = next((x.lstrip("# ").strip() for x in lines if x.startswith("# ")), Path(name).name)
    return Document(title, kind, tuple(lines), (Origin(line=1, label=Path(name).name, first=1),))  # type: ignore[arg-type]
