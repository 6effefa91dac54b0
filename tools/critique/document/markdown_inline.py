"""Markdown's inline markup taken away, line by line: every line break stays where it was."""

import re

from .tex_plain import tex_plain

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_MATH = re.compile(r"(?<![\\$\w])\$(?!\s|\$)([^$]+?)(?<!\s)\$(?![\w$])", re.DOTALL)
_IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]*)[^)]*\)")
_LINK = re.compile(r"\[([^\]\[]+)\]\(([^)\s]*)[^)]*\)")
_HTML = re.compile(r"</?[A-Za-z][^<>]*>")
_EMPHASIS = re.compile(r"(?<![\w*])(\*{1,3}|_{1,3})(?=\S)(.+?)(?<=\S)\1(?![\w*])", re.DOTALL)
_ENTITY = {"&nbsp;": " ", "&lt;": "<", "&gt;": ">", "&amp;": "&", "&plusmn;": "±", "&times;": "×"}
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!%$&|~<>-])")


def breaks(text: str) -> str:
    """Only the line breaks of a text, to stand in its place."""
    return "\n" * text.count("\n")


def images(text: str) -> list[tuple[str, str, int]]:
    """The images of a piece of markdown: alternative text, path, line from 0."""
    return [(m[1], m[2], text.count("\n", 0, m.start())) for m in _IMAGE.finditer(text)]


def links(text: str) -> list[tuple[str, int]]:
    """The addresses of a piece of markdown with their lines from 0."""
    inline = [(m[2], m.start()) for m in _LINK.finditer(text)]
    bare = [(m[0].rstrip(".,;:"), m.start()) for m in re.finditer(r"https?://[^\s)>\]\"'`]+", text)]
    return [(target, text.count("\n", 0, at)) for target, at in {*inline, *bare}]


def markdown_plain(text: str) -> str:
    """What a reader sees of a piece of inline markdown, with the line breaks of the source."""
    if "<" in text:
        text = _COMMENT.sub(lambda m: breaks(m[0]), text)
    if "[" in text:
        text = _IMAGE.sub(lambda m: breaks(m[0]), text)
        text = _LINK.sub(lambda m: m[1], text)
    if "$" in text:
        text = _MATH.sub(lambda m: tex_plain(m[1]), text)
    if "<" in text:
        text = _HTML.sub(lambda m: breaks(m[0]), text)
    text = text.replace("`", "")
    for _ in range(2):
        if "*" in text or "_" in text:
            text = _EMPHASIS.sub(lambda m: m[2], text)
    if "&" in text:
        for name, sign in _ENTITY.items():
            text = text.replace(name, sign)
    return _ESCAPE.sub(r"\1", text)
