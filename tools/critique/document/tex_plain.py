"""LaTeX markup taken away, line by line: every line break stays where it was."""

import re

_SIGN = {
    r"\pm": "±", r"\times": "×", r"\cdot": "·", r"\leq": "≤", r"\le": "≤", r"\geq": "≥",
    r"\ge": "≥", r"\approx": "≈", r"\sim": "~", r"\chi": "χ", r"\alpha": "α", r"\beta": "β",
    r"\Delta": "Δ", r"\delta": "δ", r"\mu": "μ", r"\sigma": "σ", r"\lambda": "λ", r"\rho": "ρ",
    r"\ldots": "…", r"\dots": "…", r"\to": "→", r"\rightarrow": "→", r"\neq": "≠", r"\infty": "∞",
    r"\percent": "%", r"\textpm": "±", r"\textendash": "–", r"\textemdash": "—", r"\quad": " ",
    r"\qquad": " ", r"\kappa": "κ", r"\eta": "η", r"\ell": "l", r"\min": "min", r"\max": "max",
    r"\log": "log", r"\exp": "exp", r"\LaTeX": "LaTeX", r"\TeX": "TeX", r"\newline": " ",
    r"\textbackslash": "\\", r"\lt": "<", r"\gt": ">", r"\ll": "≪", r"\gg": "≫",
}  # fmt: skip
# Commands whose argument is no text for the reader.
_SILENT = (
    "label|vspace|hspace|includegraphics|bibliographystyle|bibliography|addbibresource|centering|"
    "setlength|vskip|thispagestyle|pagestyle|input|include|color|definecolor|usepackage|"
    "graphicspath|newcommand|renewcommand|captionsetup|setcounter|addtocounter|phantomsection|"
    "cellcolor|rowcolor|arraystretch|hypersetup|fontsize|cmidrule|cline"
)
_DROP = re.compile(
    rf"\\(?:{_SILENT})\*?(?:\([^()]*\))?(?:\[[^\]]*\])*(?:\{{[^{{}}]*\}})*(?![A-Za-z])"
)
_CITE = re.compile(r"\\(?P<name>[A-Za-z]*cite[A-Za-z]*)\*?(?:\[[^\]]*\])*\s*\{(?P<keys>[^{}]*)\}")
_REF = re.compile(r"\\(?:auto|c|C|eq|name|page|v|sub)?ref\*?\s*\{([^{}]*)\}")
_HREF = re.compile(r"\\href\{[^{}]*\}")
_COMMAND = re.compile(r"\\[A-Za-z]+\*?(?:\[[^\]\n]*\])?[ \t]?")
_SUPERSCRIPT = re.compile(r"\^\s*\{([^{}]*)\}")
_ACCENT = re.compile(r"\\[`'^\"~=.cvHuk]\s*\{?([A-Za-z])\}?")


def _breaks(text: str) -> str:
    return "\n" * text.count("\n")


def tex_plain(text: str) -> str:
    """What a reader sees of a piece of LaTeX, with the line breaks of the source.

    Citations become `[cite:key]` and references `[ref:label]`, so that nobody takes a key for a
    word or a number.
    """
    if "\\" in text:
        text = _CITE.sub(lambda m: f"[cite:{_squeezed(m['keys'])}]{_breaks(m[0])}", text)
        text = _REF.sub(lambda m: f"[ref:{_squeezed(m[1])}]{_breaks(m[0])}", text)
        text = _DROP.sub(lambda m: _breaks(m[0]), text)
        text = _HREF.sub(lambda m: _breaks(m[0]), text)
        text = re.sub(r"\\(?:SI|qty)(\{[^{}]*\})\{(?!\\)", r"\\num\1 {", text)  # a unit in letters
        text = re.sub(r"\\url\{([^{}]*)\}", r"\1", text)
        text = text.replace("\\\\", " ").replace("\\%", "%").replace("\\&", "&")
        text = re.sub(r"(?<=\d)\\,(?=\d{3}(?!\d))", ",", text)  # thousands
        text = re.sub(r"\\[,;:! >]", " ", text)
        text = re.sub(r"\\([#$_{}])", r"\1", text)
        text = re.sub(r"\\[dt]?frac\{([^{}]*)\}\{([^{}]*)\}", r"\1/\2", text)
        text = re.sub(r"\\[A-Za-z]+", lambda m: _SIGN.get(m[0], m[0]), text)
        text = _ACCENT.sub(r"\1", text)
        text = _COMMAND.sub(lambda m: _breaks(m[0]), text)
        text = re.sub(r"\\[()\[\]]", "", text)
    if "^" in text:
        text = _SUPERSCRIPT.sub(r"^\1", text)
    text = text.replace("{", "").replace("}", "").replace("$", "").replace("~", " ")
    return text.replace("---", "—").replace("--", "–").replace("``", "“").replace("''", "”")


def _squeezed(keys: str) -> str:
    return ",".join(key.strip() for key in keys.split(","))


def cited(text: str) -> list[tuple[str, int]]:
    """Cited keys of a piece of LaTeX with their offsets."""
    return [
        (key.strip(), m.start()) for m in _CITE.finditer(text) for key in m["keys"].split(",")
        if key.strip() and m["name"] != "nocite"
    ]  # fmt: skip


def referred(text: str) -> list[tuple[str, int]]:
    """Labels that a piece of LaTeX refers to, with their offsets."""
    return [(label.strip(), m.start()) for m in _REF.finditer(text) for label in m[1].split(",")]


def group(text: str, start: int) -> tuple[str, int] | None:
    """The balanced `{…}` that begins at or after `start` (white space between allowed).

    Returns:
        Its inside and the offset behind it, or None where no group begins or it never ends.
    """
    begin = start
    while begin < len(text) and text[begin].isspace():
        begin += 1
    if begin >= len(text) or text[begin] != "{":
        return None
    depth = 0
    at = begin
    while at < len(text):
        sign = text[at]
        if sign == "\\":
            at += 2
            continue
        depth += (sign == "{") - (sign == "}")
        if depth == 0:
            return text[begin + 1 : at], at + 1
        at += 1
    return None
