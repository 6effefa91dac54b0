"""PDF as text, page by page."""

import re
from pathlib import Path

from .decode import MOST_BYTES
from .document import Context, ContextError, Figure, Origin

MOST_PAGES = 2000
# Fewer characters a page are running heads, not text: the pages are pictures.
LEAST_ON_A_PAGE = 40
_CAPTION = re.compile(r"^(?:Figure|Fig\.|Table)\s+\d+[.:].*")


def load_pdf(path: Path, name: str) -> Context:
    """Read a PDF.

    Raises:
        ContextError: If it is broken, encrypted, empty, scanned or too long.
    """
    import pypdfium2 as pdfium

    if path.stat().st_size > 5 * MOST_BYTES:
        raise ContextError(f"{path.name} is larger than {5 * MOST_BYTES / 1e6:.0f} MB; split it")
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        locked = "password" in str(error).lower()
        raise ContextError(
            f"{path.name} is encrypted; save a copy without a password"
            if locked
            else f"{path.name} is no whole PDF; fetch it again"
        ) from None
    try:
        pages = len(document)
        if pages == 0:
            raise ContextError(f"{path.name} has no pages; fetch it again")
        if pages > MOST_PAGES:
            raise ContextError(f"{path.name} has {pages} pages, at most {MOST_PAGES}; split it")
        texts = [_page(document[number]) for number in range(pages)]
        title = str(document.get_metadata_dict().get("Title") or "").strip()
    finally:
        document.close()
    if sum(map(len, texts)) < LEAST_ON_A_PAGE * pages:
        raise ContextError(
            f"{path.name} holds pictures of text (scanned): run a text recognition over it first, "
            "such as ocrmypdf"
        )
    lines: list[str] = []
    origins = []
    for number, text in enumerate(texts, start=1):
        origins.append(Origin(line=len(lines) + 1, place=f"page {number}"))
        lines += text.split("\n")
    figures = [
        Figure(line=number, caption=line)
        for number, line in enumerate(lines, start=1)
        if _CAPTION.match(line)
    ]
    empty = [str(n) for n, text in enumerate(texts, start=1) if not text.strip()]
    notes = [f"no text on page {', '.join(empty)}"] if empty else []
    return Context(
        name=name, title=title or name, source=path.name, kind="pdf",
        text="\n".join(lines), origins=origins, figures=figures, notes=notes,
    )  # fmt: skip


def _page(page: object) -> str:
    text = page.get_textpage().get_text_bounded()  # type: ignore[attr-defined]
    # The library marks a hyphen at a line's end with U+FFFE.
    clean = str(text).replace("\r\n", "\n").replace("\r", "\n").replace("\ufffe", "-")
    return "\n".join(line.rstrip() for line in clean.split("\n"))
