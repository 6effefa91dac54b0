"""Bibliography files beside a draft."""

from collections.abc import Iterable

from .entries import BadBibliography, bibtex
from .model import Document, Trouble

MOST_BYTES = 20_000_000


def attach_bibliography(document: Document, names: Iterable[str], line: int = 1) -> None:
    """Read `.bib` files; one that is missing or broken is noted on the document."""
    for name in names:
        file = name.strip()
        if not file:
            continue
        path = document.folder / (file if file.endswith(".bib") else f"{file}.bib")
        if not path.is_file():
            message = f"the bibliography {path.name} is not there"
            document.trouble.append(Trouble("missing-file", line, message))
            continue
        try:
            text = path.read_bytes()[:MOST_BYTES].decode("utf-8", "replace")
            document.references += bibtex(text, str(path))
            document.bibliography = True
        except BadBibliography as error:
            inside = path.is_relative_to(document.folder)
            shown = path.relative_to(document.folder).as_posix() if inside else path.name
            message = f"in {shown}, {error}"
            document.trouble.append(Trouble("bad-bibliography", line, message))
