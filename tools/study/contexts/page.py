"""HTML as text: headings, paragraphs, lists, tables; without scripts, styles and navigation."""

import re

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from .document import Context, ContextError, Figure

_DROP = ("script", "style", "nav", "noscript", "template", "svg", "form", "button", "head")
_BLOCKS = {
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "pre", "blockquote", "tr", "figcaption", "dt",
    "dd", "caption", "div", "section", "article", "main", "header", "footer", "table", "ul", "ol",
}  # fmt: skip


def load_html(text: str, name: str, source: str) -> Context:
    """Read a page.

    Raises:
        ContextError: If it holds no text.
    """
    soup = BeautifulSoup(text, "html.parser")
    title = " ".join(soup.title.get_text().split()) if soup.title else ""
    body = soup.find("main") or soup.find("article") or soup.body or soup
    for tag in soup.find_all(_DROP):
        tag.decompose()
    for math in soup.find_all("math"):
        math.replace_with(str(math.get("alttext") or math.get_text()))
    lines: list[str] = []
    figures: list[Figure] = []
    _walk(body, lines, figures)
    while lines and not lines[-1]:
        lines.pop()
    if not lines:
        raise ContextError(f"{source} holds no text; a page that a script builds must be saved")
    return Context(
        name=name, title=title or name, source=source, kind="html",
        text="\n".join(lines), figures=figures,
    )  # fmt: skip


def _walk(tag: Tag, lines: list[str], figures: list[Figure]) -> None:
    inline: list[str] = []

    def flush() -> None:
        said = re.sub(r"\s+", " ", "".join(inline)).strip()
        inline.clear()
        if said:
            lines.extend([said, ""])

    for child in list(tag.children):
        if isinstance(child, Tag) and (child.name in _BLOCKS or child.find(list(_BLOCKS))):
            flush()
            _block(child, lines, figures)
        elif isinstance(child, Tag):
            inline.append("\n" if child.name == "br" else child.get_text())
        elif type(child) is NavigableString:
            inline.append(str(child))
    flush()


def _block(tag: Tag, lines: list[str], figures: list[Figure]) -> None:
    said = " ".join(tag.get_text(" ").split()) if tag.name == "tr" else None
    if tag.name == "pre":
        lines.extend([*tag.get_text().rstrip("\n").split("\n"), ""])
    elif tag.name == "tr":
        cells = [" ".join(c.get_text().split()) for c in tag.find_all(["td", "th"])]
        lines.append(" | ".join(cells) if cells else said or "")
    elif tag.name == "figcaption":
        caption = " ".join(tag.get_text().split())
        figures.append(Figure(line=len(lines) + 1, caption=caption))
        lines.extend([caption, ""])
    elif tag.name in ("h1", "h2", "h3", "h4", "h5", "h6"):
        level = int(tag.name[1])
        lines.extend([f"{'#' * level} {' '.join(tag.get_text().split())}", ""])
    elif tag.name == "li":
        before = len(lines)
        _walk(tag, lines, figures)
        if len(lines) > before:
            lines[before] = f"- {lines[before]}"
    else:
        _walk(tag, lines, figures)
        if tag.name == "table":
            lines.append("")
