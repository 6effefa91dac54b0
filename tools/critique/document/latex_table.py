"""The rows of a `tabular`."""

import re
from collections.abc import Callable

from .model import Row
from .tex_plain import group, tex_plain

# Rules under some columns only do not end a header.
_WHOLE_RULE = re.compile(r"\\(?:hline|toprule|midrule|bottomrule|specialrule|hhline)")
_RULE = re.compile(r"\\(?:hline|toprule|midrule|bottomrule|cmidrule|cline|specialrule|hhline)")
_MULTI = re.compile(r"\\multicolumn\s*\{(\d+)\}\s*\{[^{}]*\}")
_MULTIROW = re.compile(r"\\multirow\s*(?:\[[^\]]*\])?\{[^{}]*\}\s*\{[^{}]*\}")


def tabular_rows(body: str, line: Callable[[int], int]) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    """Header and rows of what stands between `\\begin{tabular}` and `\\end{tabular}`.

    The header is what stands above the first `\\midrule` or second `\\hline`; else the first row.

    Args:
        body: Column specification included.
        line: Document line of an offset in `body`.
    """
    at = 0
    for _ in range(3):  # position, width, column specification
        optional = re.compile(r"\s*\[[^\]]*\]").match(body, at)
        at = optional.end() if optional else at
        inside = group(body, at)
        if inside is None or "&" in inside[0]:
            break
        at = inside[1]
    rows: list[Row] = []
    heads: list[tuple[str, ...]] = []
    above = 0  # rows above the rule that ends the header
    start = at
    cuts = list(re.finditer(r"\\\\(?:\[[^\]]*\])?|\\tabularnewline", body[at:]))
    for stop, after in [(at + m.start(), at + m.end()) for m in cuts] + [(len(body),) * 2]:
        raw = body[start:stop]
        ruled = _RULE.search(raw) is not None
        if rows and not above and _WHOLE_RULE.search(raw):
            above = len(rows)
        visible = re.sub(r"\\(?:hline|toprule|midrule|bottomrule)|\\c(?:midrule|line)"
                         r"(?:\([^)]*\))?(?:\[[^\]]*\])?\{[^{}]*\}", _blank, raw)  # fmt: skip
        if visible.strip():
            lead = len(visible) - len(visible.lstrip())
            rows.append(Row(_cells(visible), line(start + lead), ruled))
            heads.append(_cells(visible, spread=not above))
        start = after
    above = above or 1
    header = _merged(heads[:above]) if len(rows) > above else ()
    return header, tuple(rows[above:] if header else rows)


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])


def _cells(raw: str, *, spread: bool = False) -> tuple[str, ...]:
    """The cells; a cell over several columns stands in the first, or (`spread`) in each."""
    found: list[str] = []
    for part in re.split(r"(?<!\\)&", raw):
        span = 1
        text = part
        if multi := _MULTI.search(text):
            span = min(int(multi[1]), 50)
            inside = group(text, multi.end())
            text = inside[0] if inside else text[multi.end() :]
        text = _MULTIROW.sub("", text)
        plain = " ".join(tex_plain(text).split())
        found += [plain, *[plain if spread else ""] * (span - 1)]
    return tuple(found)


def _merged(rows: list[tuple[str, ...]]) -> tuple[str, ...]:
    """A header of several rows, joined by column."""
    width = max(map(len, rows))
    return tuple(
        " ".join(filter(None, (row[i] if i < len(row) else "" for row in rows)))
        for i in range(width)
    )
