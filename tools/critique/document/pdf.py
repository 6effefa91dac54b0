"""PDF → document, last choice: text by page; tables stay text, so nothing is checked in them."""

import re
from pathlib import Path

from .entries import printed
from .mentions import CAPTION, collect
from .model import Block, Document, DraftError, Figure, Kind, Line
from .sections import kind_of

_NUMBERED = re.compile(r"^(?:\d+(?:\.\d+)*\.?|[A-Z]\.)\s+[A-Z][^.!?]{2,70}$")
MOST_PAGES = 400


def read_pdf(name: str, data: bytes, folder: Path) -> Document:
    """A document from the text of a PDF.

    Raises:
        DraftError: If it is encrypted, broken, too long, or has no text.
    """
    import pypdfium2 as pdfium

    try:
        pdf = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower() or b"/Encrypt" in data:
            raise DraftError(f"{name} is encrypted; save a copy without a password") from None
        raise DraftError(f"{name} is no readable PDF; export it again") from None
    try:
        if len(pdf) > MOST_PAGES:
            raise DraftError(f"{name} has {len(pdf)} pages; split it below {MOST_PAGES}")
        lines: list[Line] = []
        for index in range(len(pdf)):
            page = pdf[index]
            text = page.get_textpage().get_text_bounded().replace("\r\n", "\n").replace("\r", "\n")
            for part in text.split("\n"):
                lines.append(Line(name, len(lines) + 1, _ligatures(part), page=index + 1))
        if not any(line.text.strip() for line in lines):
            raise DraftError(f"{name} holds no text (a scan?); run text recognition over it first")
        document = Document(name, "pdf", lines, folder=folder, pages=len(pdf))
        document.metadata.update(
            {k.lower(): v for k, v in pdf.get_metadata_dict(skip_empty=True).items()}
        )
    finally:
        pdf.close()
    _blocks(document)
    collect(document)
    return document


def _ligatures(text: str) -> str:
    pairs = {"ﬁ": "fi", "ﬂ": "fl", "ﬀ": "ff", "ﬃ": "ffi", "ﬄ": "ffl", "\x02": "-", "\ufffe": "-"}
    for sign, plain in pairs.items():
        text = text.replace(sign, plain)
    return text


def _blocks(document: Document) -> None:
    """Paragraphs: a line much shorter than the text's width that ends a sentence ends one."""
    widths = sorted(len(line.text) for line in document.lines if len(line.text) > 20)
    width = widths[int(0.7 * (len(widths) - 1))] if widths else 0
    kept: list[str] = []
    first, references = 1, False

    def close() -> None:
        if not any(part.strip() for part in kept):
            kept.clear()
            return
        text = "\n".join(kept)
        kept.clear()
        if references:
            document.references.append(printed(text, _mark(text), first, document.name))
            document.bibliography = True
            document.blocks.append(Block("reference", first, text))
            return
        caption = CAPTION.match(text.replace("\n", " "))
        kind: Kind = "caption" if caption else "text"
        block = Block(kind, first, text)
        document.blocks.append(block)
        if caption and caption[1].lower().startswith("f"):
            document.figures.append(Figure(first, "", caption[2], "", block))

    for number, line in enumerate(document.lines, start=1):
        text = line.text.strip()
        named = kind_of(text) != "other" and len(text) < 40 and text[:1].isupper()
        if named or _NUMBERED.match(text):
            close()
            references = kind_of(text) == "references"
            document.blocks.append(Block("heading", number, text, 1))
            continue
        opens = CAPTION.match(text) or (references and re.match(r"\[\d+\]\s", text))
        if not text or re.fullmatch(r"\d{1,3}", text) or opens:
            close()
        if text and not re.fullmatch(r"\d{1,3}", text):
            if not kept:
                first = number
            kept.append(text)
            if len(text) < 0.75 * width and text.endswith((".", "?", "!", ":")):
                close()
    close()


def _mark(text: str) -> str:
    found = re.match(r"\[(\d+)\]", text)
    return found[1] if found else ""
