"""HTML pages as text: one line a block, mathematics as LaTeX, figures by caption."""

import re
import warnings
from base64 import b64decode
from binascii import Error as BadBase64

from bs4 import BeautifulSoup, Tag, XMLParsedAsHTMLWarning
from bs4.element import NavigableString

from ..document import Document, Figure, Origin, Unreadable
from .plain import decode

_BLOCKS = {
    "p", "div", "section", "article", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "tr",
    "table", "blockquote", "figure", "figcaption", "br", "hr", "dt", "dd", "header", "footer",
    "main", "aside", "pre", "body", "title",
}  # fmt: skip
_HIDDEN = ["script", "style", "noscript", "template", "svg", "nav", "button", "form", "iframe"]


def load_html(data: bytes, name: str) -> Document:
    """A web page.

    Raises:
        Unreadable: If nothing in it is text.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        soup = BeautifulSoup(decode(data), "html.parser")
    images: dict[str, bytes] = {}
    title = soup.title.get_text(" ", strip=True) if soup.title else ""
    for tag in soup.find_all(_HIDDEN):
        tag.decompose()
    if soup.head:
        soup.head.decompose()
    for math in soup.find_all("math"):
        latex = math.get("alttext") or math.get_text("", strip=True)
        math.replace_with(f"${latex}$")
    body = soup.find("main") or soup.find("article") or soup.body or soup
    if len(body.get_text(strip=True)) < len(soup.get_text(strip=True)) // 3:
        body = soup.body or soup
    pieces: list[str] = []
    try:
        _walk(body, pieces, False)
    except RecursionError:
        pieces = [body.get_text("\n")]
    blocks = "".join(pieces).split("\n")
    lines = [re.sub(r"[ \t]+", " ", x).strip() if not x.startswith("\t") else x[1:] for x in blocks]
    kept = [x for i, x in enumerate(lines) if x or (i and lines[i - 1])]
    while kept and not kept[-1]:
        kept.pop()
    if not kept:
        raise Unreadable(f"{name} holds no text; a page made by scripts must be saved by a browser")
    figures = _figures(body, kept, images)
    origin = Origin(line=1, label=name, first=None)
    return Document(title or kept[0][:100], "html", tuple(kept), (origin,), figures, images)


def _walk(node: Tag, out: list[str], literal: bool) -> None:
    for child in node.children:
        if isinstance(child, Tag):
            block = child.name in _BLOCKS
            if block:
                out.append("\n")
            _walk(child, out, literal or child.name == "pre")
            if child.name in ("td", "th"):
                out.append(" | ")
            if block:
                out.append("\n")
        elif type(child) is NavigableString:
            text = str(child)
            out.append(
                "\n".join("\t" + x for x in text.split("\n"))
                if literal
                else re.sub(r"\s+", " ", text)
            )


def _figures(body: Tag, lines: list[str], images: dict[str, bytes]) -> tuple[Figure, ...]:
    figures = []
    for number, figure in enumerate(body.find_all("figure"), 1):
        caption = figure.find("figcaption")
        words = " ".join(caption.get_text(" ", strip=True).split()) if caption else ""
        image = figure.find("img")
        source = str(image.get("src") or "") if isinstance(image, Tag) else ""
        file = None
        inline = re.match(r"data:image/(png|jpeg|gif|webp);base64,(.*)", source, re.DOTALL)
        if inline:
            try:
                file = f"figure{number}.{inline[1]}"
                images[file] = b64decode(inline[2], validate=False)
            except BadBase64:
                file = None
        if words:
            head = words[:30]
            line = next((n for n, x in enumerate(lines, 1) if head in x), 1)
            figures.append(Figure(line=line, caption=words, file=file))
    return tuple(figures)
