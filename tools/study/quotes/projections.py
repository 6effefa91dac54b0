"""Typographic projections: the same words, however they were typeset.

A projection may change how a text looks (ligatures, quotation marks, dashes, hyphens at a line's
end, white space, markup) and never what it says: no word, digit, sign or negation is dropped.
Citations are the one exception, and only the source may lose them, never the quotation.
"""

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from typing import Literal

Mode = Literal["plain", "joined", "markup", "uncited"]
MODES: tuple[Mode, ...] = ("plain", "joined", "markup", "uncited")

_SYMBOLS = {
    **dict(zip("alpha beta gamma delta epsilon zeta eta theta iota kappa".split(), "αβγδεζηθικ",
               strict=True)),
    **dict(zip("lambda mu nu xi pi rho sigma tau phi chi psi omega".split(), "λμνξπρστφχψω",
               strict=True)),
    **dict(zip("Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega".split(), "ΓΔΘΛΞΠΣΦΨΩ",
               strict=True)),
    "times": "×", "cdot": "·", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠",
    "approx": "≈", "sim": "∼", "pm": "±", "to": "→", "rightarrow": "→", "leftarrow": "←",
    "infty": "∞", "sum": "∑", "prod": "∏", "in": "∈", "ldots": "…", "dots": "…", "cdots": "…",
    "ell": "ℓ", "partial": "∂", "nabla": "∇", "propto": "∝", "ll": "≪", "gg": "≫", "ss": "ß",
    "S": "§", "textendash": "-", "textemdash": "—", "textquotesingle": "'", "LaTeX": "LaTeX",
    "ae": "æ", "oe": "œ", "o": "ø", "varepsilon": "ε", "varphi": "φ", "textasciitilde": "∼",
}  # fmt: skip
_QUIET = (
    "textbf textit texttt textsc textrm textsf textup textmd textnormal text emph underline "
    "mathbf mathrm mathit mathsf mathtt mathcal mathbb mathnormal operatorname boldsymbol bm "
    "mbox hbox ensuremath section subsection subsubsection paragraph subparagraph chapter title "
    "caption footnote textcolor uppercase centering noindent left right bigl bigr big Big Bigl "
    "Bigr displaystyle textstyle limits bf it em tt rm sc small large item xspace url href"
).split()
_SUPER = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱ", "0123456789+-ni")
_SUB = str.maketrans("₀₁₂₃₄₅₆₇₈₉₊₋", "0123456789+-")
_ACCENTS = {"'": "\u0301", "`": "\u0300", '"': "\u0308", "^": "\u0302", "~": "\u0303",
            "c": "\u0327", "=": "\u0304", "v": "\u030c"}  # fmt: skip
_CHARS = {
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032", "'"),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d", "-"),
    **dict.fromkeys("\u2014\u2015", "—"),
    **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff\ufffe\u0002", ""),
    "\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl",
    "\ufb05": "st", "\ufb06": "st", "\u00b5": "μ", "\u2215": "/", "\u223c": "∼",
}  # fmt: skip

_PLAIN = [
    ("elided", r"\.\s?\.\s?\."),
    ("emdash", r"\s*(?:[\u2014\u2015]|(?<=\s)[\u2013-]{1,3}(?=\s)|(?<!-)---(?!-))\s*"),
    ("space", r"\s+"),
    ("super", "[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱ]+"),
    ("sub", "[₀₁₂₃₄₅₆₇₈₉₊₋]+"),
    ("char", "[" + "".join(map(re.escape, _CHARS)) + "]"),
    ("composed", r".[\u0300-\u036f]+"),
]
_JOINED = [("hyphen", r"(?<=[^\W\d_])[-\u2010\u2011\u00ad\ufffe\u0002]\s*(?=[^\W\d_])")]
_LATEX_CITE = r"[~\s]*\\[a-zA-Z]*cite[a-zA-Z]*\*?(?:\[[^\]\n]*\]){0,2}\{[^{}]*\}"
_MARKUP = [
    ("dropped", r"\\label\{[^{}]*\}|\\(?:begin|end)\{[^{}]*\}(?:\[[^\]\n]*\])?"),
    ("accent", r"\\(?P<acc>['`\"^~=]|[cv](?=\{))\{?(?P<letter>[A-Za-z])\}?"),
    ("thin", r"\\[,;:! ]|\\quad\b|\\qquad\b|\\\\"),
    ("escaped", r"\\(?P<esc>[%&_#${}])"),
    ("quiet", rf"\\(?:{'|'.join(_QUIET)})(?![A-Za-z])\*?[ \t]*"),
    ("symbol", rf"\\(?P<sym>{'|'.join(sorted(_SYMBOLS, key=len, reverse=True))})(?![A-Za-z])"),
    ("math", r"\\[()\[\]]|(?<!\\)\$(?!\d[\d,.]*(?![^$\n]*\$))"),
    ("latexquote", r"``|''"),
    ("endash", r"(?<=\w)--(?=\w)"),
    ("tie", r"(?<=[^\s~])~(?=[^\s~])"),
    ("link", r"\[(?P<words>[^\[\]\n]+)\]\((?:https?:|#|\.)[^()\s]*\)"),
    ("star", r"(?<![\w*])\*{1,3}(?=\S)|(?<=[^\s*])\*{1,3}(?![\w*])"),
    ("underline", r"(?<!\w)_{1,2}(?=\w)|(?<=\w)_{1,2}(?!\w)(?![{(])"),
    ("code", r"`+"),
    ("block", r"(?m:^[ \t]*(?:>[ \t]?|#{1,6}[ \t]+|[-*+][ \t]+))"),
    ("brace", r"[{}]"),
]
_CITED = [
    ("cited", _LATEX_CITE),
    ("number", r"[~\s]*\[\d{1,3}(?:\s?[,\u2013-]\s?\d{1,3})*\]"),
    ("authors", r"\s*\((?:[^()\d]{0,8}[A-Z][^()\d]{1,60},?\s(?:19|20)\d\d[a-z]?;?\s?)+\)"),
]


def _compiled(rules: list[tuple[str, str]]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in rules))


_RULES: dict[Mode, re.Pattern[str]] = {
    "plain": _compiled(_PLAIN),
    "joined": _compiled(_JOINED + _PLAIN),
    "markup": _compiled(_MARKUP + _JOINED + _PLAIN),
    "uncited": _compiled(_CITED + _MARKUP + _JOINED + _PLAIN),
}


@dataclass(frozen=True)
class Projected:
    """A projected text, with the way back to the offsets of the original.

    Attributes:
        text: The projection.
        positions: Starts of pieces in the projection, ascending.
        sources: Their starts in the original.
        verbatim: Whether a piece is a copy, so that offsets run in step.
    """

    text: str
    positions: tuple[int, ...]
    sources: tuple[int, ...]
    verbatim: tuple[bool, ...]

    def source(self, position: int) -> int:
        """The offset in the original of a position in the projection."""
        at = max(0, bisect_right(self.positions, position) - 1)
        if not self.positions:
            return 0
        step = position - self.positions[at] if self.verbatim[at] else 0
        return self.sources[at] + step


def project(text: str, mode: Mode) -> Projected:
    """Project a text.

    Args:
        text: Any text.
        mode: `plain` (white space, ligatures, quotes, dashes), `joined` (and hyphens inside words),
            `markup` (and LaTeX or Markdown), `uncited` (and citations; for sources only).
    """
    writer = _Writer()
    at = 0
    for match in _RULES[mode].finditer(text):
        if match.start() > at:
            writer.put(text[at : match.start()], at, True)
        writer.put(_replacement(match), match.start(), False)
        at = match.end()
    if at < len(text):
        writer.put(text[at:], at, True)
    return Projected(
        "".join(writer.pieces),
        tuple(writer.positions),
        tuple(writer.sources),
        tuple(writer.verbatim),
    )


class _Writer:
    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.positions: list[int] = []
        self.sources: list[int] = []
        self.verbatim: list[bool] = []
        self.length, self.last = 0, ""

    def put(self, piece: str, source: int, copy: bool) -> None:
        """Append a piece; spaces never double, and none stands before a mark."""
        if not piece or (piece == " " and self.last in ("", " ", "—")):
            return
        if self.last == " " and (piece[0] in ".,;:!?)" or piece == "—"):
            # Where markup or a citation was dropped before a mark, its space goes too.
            self.pieces[-1] = self.pieces[-1][:-1]
            self.length -= 1
        self.pieces.append(piece)
        self.positions.append(self.length)
        self.sources.append(source)
        self.verbatim.append(copy)
        self.length += len(piece)
        self.last = piece[-1]


def _replacement(match: re.Match[str]) -> str:
    kind, found = str(match.lastgroup), match.group()
    groups = match.groupdict()
    if groups.get("accent"):
        return unicodedata.normalize("NFC", groups["letter"] + _ACCENTS[groups["acc"]])
    if groups.get("escaped"):
        return str(groups["esc"])
    if groups.get("symbol"):
        return _SYMBOLS[groups["sym"]]
    if groups.get("link"):
        return str(groups["words"])
    if kind == "char":
        return _CHARS[found]
    if kind == "composed":
        return unicodedata.normalize("NFC", found)
    if kind == "super":
        return "^" + found.translate(_SUPER)
    if kind == "sub":
        return "_" + found.translate(_SUB)
    fixed = {"space": " ", "elided": "…", "emdash": "—", "latexquote": '"', "endash": "-",
             "tie": " ", "thin": " ", "dropped": " "}  # fmt: skip
    return fixed.get(kind, "")
