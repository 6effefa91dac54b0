"""How strings and numbers are printed in pictures: visible, safe, aligned, cut to a width."""

import math
import re
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

MISSING = "—"
# Characters that reorder or hide the text around them: shown as their code, never obeyed.
_HIDING = {0x00AD, 0x061C, 0x200B, 0x200E, 0x200F, 0xFEFF, *range(0x202A, 0x202F)}
_HIDING |= {*range(0x2060, 0x2070)}
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ud800-\udfff\ufff9-\uffff]"
)


def visible(text: str, keep_lines: bool = False) -> str:
    """`text` with nothing in it that a terminal or an XML parser would obey.

    Args:
        text: Any string, from a model or a file.
        keep_lines: Leave line breaks; else they become ↵.
    """

    if text.isprintable():
        return text  # the usual case, and no character below is printable

    def shown(match: re.Match[str]) -> str:
        code = ord(match.group())
        if code in (0x0A, 0x2028, 0x2029):
            return "\n" if keep_lines else "↵"
        if code == 0x09:
            return "    " if keep_lines else "⇥"
        if code < 0x20:
            return chr(0x2400 + code)
        if code == 0x7F:
            return "␡"
        return f"⟨U+{code:04X}⟩" if code in _HIDING else "\ufffd"

    return _UNSAFE.sub(shown, text.replace("\r\n", "\n"))


def token(text: str) -> str:
    """A token as a label: visible, and with its outer spaces as dots, which carry meaning."""
    core = text.strip(" ")
    head = len(text) - len(text.lstrip(" "))
    tail = len(text) - len(text.rstrip(" ")) if core else 0
    return "·" * head + visible(core) + "·" * tail


def clip(text: str, cells: int) -> str:
    """`text` in at most `cells` terminal cells, with … where it was cut."""
    if cell_len(text) <= cells:
        return text
    return set_cell_size(text, max(cells - 1, 0)).rstrip() + "…" if cells > 0 else ""


def pad(text: str, cells: int, right: bool = False) -> str:
    """`text` clipped or filled to exactly `cells` terminal cells."""
    cut = clip(text, cells)
    fill = " " * (cells - cell_len(cut))
    return fill + cut if right else cut + fill


def wrap(text: str, cells: int) -> list[str]:
    """Lines of at most `cells` terminal cells, broken at spaces where possible."""
    cells = max(cells, 4)
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in re.findall(r"\s*\S+|\s+$", paragraph):
            if cell_len(line + word) <= cells:
                line += word
                continue
            if line:
                lines.append(line)
                word = word.lstrip()  # noqa: PLW2901
            while cell_len(word) > cells:
                piece = set_cell_size(word, cells)
                # A wide character that does not fit leaves a space in place of its half.
                piece = piece if word.startswith(piece) else piece[:-1]
                lines.append(piece)
                word = word[len(piece) :]  # noqa: PLW2901
            line = word
        lines.append(line)
    return lines


def number(value: float | int | None, digits: int = 3) -> str:
    """A number with `digits` significant digits; `—` where there is none."""
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("∞" if value > 0 else "-∞")
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if size >= 6 or size < -3:
        mantissa, power = f"{value:.{digits - 1}e}".split("e")
        return f"{mantissa}e{int(power)}"
    return f"{value:,.{max(digits - 1 - size, 0)}f}"


def column(values: Sequence[float | int | None]) -> list[str]:
    """Numbers of one column with the same decimals, where their sizes allow it."""
    real = [abs(v) for v in values if isinstance(v, float) and math.isfinite(v) and v != 0]
    if not real:
        return [number(v) for v in values]
    places = min(max(2 - math.floor(math.log10(max(real))), 0), 4)
    places = max(places, 2) if max(real) < 100 else places
    if max(real) >= 1e6 or min(real) < 0.5 * 10**-places:
        return [number(v) for v in values]
    return [
        f"{v:,.{places}f}" if isinstance(v, float) and math.isfinite(v) else number(v)
        for v in values
    ]


def paint(text: str, code: str, color: bool) -> str:
    """`text` with an ANSI style, if colour is wanted and there is something to colour."""
    return f"\x1b[{code}m{text}\x1b[0m" if color and text.strip() else text


def grid_figures(grid: Sequence[Sequence[float | None]]) -> list[list[str]]:
    """The numbers of a grid with one number of decimals, three digits for the largest."""
    top = max(
        (abs(v) for row in grid for v in row if v is not None and math.isfinite(v)), default=1.0
    )
    top = top or 1.0
    places = 2 - math.floor(math.log10(top))
    if not 0 <= places <= 4:
        return [[number(v, 2) for v in row] for row in grid]
    return [
        [
            f"{round(v, places) + 0.0:.{places}f}" if v is not None and math.isfinite(v) else "x"
            for v in row
        ]
        for row in grid
    ]


def fit_columns(natural: list[int], numeric: list[bool], room: int) -> list[int]:
    """Column widths that fit: the widest text columns give way first."""
    widths = list(natural)
    while sum(widths) > room:
        candidates = [j for j, w in enumerate(widths) if w > 6 and not numeric[j]]
        candidates = candidates or [j for j, w in enumerate(widths) if w > 4]
        if not candidates:
            break
        widths[max(candidates, key=lambda j: widths[j])] -= 1
    return widths
