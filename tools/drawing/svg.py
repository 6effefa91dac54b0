"""Views as SVG figures: no script, no outside font, light and dark through CSS variables.

A figure can be read without colour: the control is always dashed, hollow or in a panel of its own
on the same scale, and its band is a shaded area.
"""

import hashlib
from html import escape

from rich.cells import cell_len

from ..views import Bars, HeatMap, Lines, Passage, Passages, Table, View
from .css import cell_css, svg_css, theme_css
from .label import clip, column, fit_columns, number, visible, wrap
from .scale import STEPS, finite
from .svg_chart import bars_figure, lines_figure
from .svg_heat import heat_figure
from .svg_page import Page, minus


def view_svg(view: View, *, bare: bool = False, style: bool = True) -> str:
    """A view as one `<svg>` element.

    Args:
        view: The picture, as data.
        bare: Leave out title and caption, which the page around it prints.
        style: Put the style sheet into the element; False where the page carries `page_css()`.
    """
    page = Page(view.title, bare)
    match view:
        case HeatMap():
            heat_figure(page, view)
        case Bars():
            bars_figure(page, view)
        case Lines():
            lines_figure(page, view)
        case Table():
            _table(page, view)
        case Passages():
            _passages(page, view)
    if view.caption and not bare:
        page.down(10)
        for line in wrap(visible(view.caption, keep_lines=True), int(page.width / 6.2)):
            page.down(15)
            page.text(0, 0, line, "cap")
        page.down(4)
    return _document(page, view, style)


def _document(page: Page, view: View, style: bool) -> str:
    """The element with its name and description, which screen readers speak."""
    uid = "mm" + hashlib.sha256(repr(view).encode(errors="replace")).hexdigest()[:10]
    ramps = ("d" if view.diverging else "q") if isinstance(view, HeatMap) else ""
    css = theme_css(".mm-svg", ramps, switch=False) + svg_css() + cell_css(ramps, STEPS)
    width, height = round(page.width + 24), round(page.y + 20)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="mm-svg" role="img" width="{width}" '
        f'height="{height}" viewBox="-12 -8 {width} {height}" '
        f'aria-labelledby="{uid}t {uid}d">'
        f'<title id="{uid}t">{escape(visible(view.title))}</title>'
        f'<desc id="{uid}d">{escape(describe(view))}</desc>'
        + (f"<style>{css}</style>" if style else "")
        + f'<rect class="paper" x="-12" y="-8" width="{width}" height="{height}"/>'
        + "".join(page.parts)
        + "</svg>"
    )


def describe(view: View) -> str:
    """A picture in words, for who can't see it."""
    match view:
        case HeatMap():
            real = finite(v for row in view.values for v in row)
            text = f"Heat map, {len(view.rows)} rows by {len(view.columns)} columns"
            text += _span(real, view.unit)
            beside = finite(v for row in view.control or [] for v in row)
            return text + (f". Control{_span(beside, view.unit)}." if beside else ".")
        case Bars():
            top = ", ".join(
                f"{visible(n)} {number(v)}"
                for n, v in list(zip(view.names, view.values, strict=False))[:5]
            )
            text = f"{len(view.names)} bars{_span(finite(view.values), view.unit)}: {top}"
            if view.band:
                text += f". Control band {number(view.band[0])} to {number(view.band[1])}"
            return text + "."
        case Lines():
            parts = [
                f"{visible(s.name)}{' (control)' if s.control else ''}"
                f"{_span(finite(s.y), view.unit)}"
                for s in view.series[:8]
            ]
            return f"{len(view.series)} lines over {visible(view.x_title)}: " + "; ".join(parts)
        case Table():
            return (
                f"Table of {len(view.rows)} rows and {len(view.control_rows)} control rows; "
                f"columns: {', '.join(visible(c) for c in view.columns)}."
            )
        case Passages():
            paired = sum(1 for item in view.items if item.control is not None)
            return f"{len(view.items)} texts, {paired} of them with a control beside."


def _span(values: list[float], unit: str) -> str:
    if not values:
        return ", no values"
    unit = f" {visible(unit)}" if unit else ""
    return f", from {number(min(values))} to {number(max(values))}{unit}"


def _table(page: Page, view: Table) -> None:
    """A table with rules above, below and under the head, as in print."""
    if not view.columns:
        page.empty("no columns")
        return
    every = [*view.rows, *view.control_rows]
    count = len(view.columns)
    heads = [visible(c) for c in view.columns]
    texts: list[list[str]] = [[] for _ in every]
    right = []
    for j in range(count):
        raw = [row[j] if j < len(row) else None for row in every]
        figures = [c for c in raw if not isinstance(c, str)]
        right.append(bool(figures) and len(figures) == len(raw))
        shown = iter(column(figures))
        for i, cell in enumerate(raw):
            texts[i].append(visible(cell) if isinstance(cell, str) else minus(next(shown)))
    natural = [max(map(cell_len, [h, *(row[j] for row in texts)])) for j, h in enumerate(heads)]
    rooms = fit_columns(natural, right, 124 - 3 * count)
    cells = [[wrap(t, rooms[j])[:8] for j, t in enumerate(row)] for row in texts]
    widths = [room * 6.5 + 22 for room in rooms]
    page.widen(sum(widths))
    span = sum(widths)
    starts = [sum(widths[:j]) for j in range(count)]
    page.line(0, page.y, span, page.y, "thick")
    for j, head in enumerate(view.columns):
        at = starts[j] + widths[j] - 22 if right[j] else starts[j]
        page.text(at, 17, clip(visible(head), int(widths[j] / 6)), "b e" if right[j] else "b", head)
    page.down(25)
    page.line(0, page.y, span, page.y, "axis")
    page.down(4)
    for i, row in enumerate(cells):
        if i == len(view.rows):
            page.down(5)
            page.line(0, page.y, span, page.y, "dash")
            page.text(0, 14, "control", "it")
            page.down(18)
        for j, lines in enumerate(row):
            at = starts[j] + widths[j] - 22 if right[j] else starts[j]
            raw_cell = every[i][j] if j < len(every[i]) else None
            whole = raw_cell if isinstance(raw_cell, str) else None
            style = ("e " if right[j] else "") + ("it" if i >= len(view.rows) else "")
            for k, line in enumerate(lines):
                page.text(at, 14 + 15 * k, line, style, whole)
        page.down(15 * max(len(c) for c in row) + 4)
    if not every:
        page.text(0, 14, "no rows", "soft")
        page.down(18)
    page.line(0, page.y + 3, span, page.y + 3, "thick")
    page.down(5)


def _passages(page: Page, view: Passages) -> None:
    """Texts on the left, their controls on the right behind a dashed rule."""
    if not view.items:
        page.empty("no passages")
        return
    page.widen(720.0)
    for item in view.items:
        page.text(0, 14, clip(visible(item.label), 100), "b", item.label)
        page.down(20)
        for line in wrap(visible(item.prompt, keep_lines=True), 104) if item.prompt else []:
            page.text(0, 13, line, "soft")
            page.down(15)
        _pair(page, item)
        page.down(14)


def _pair(page: Page, item: Passage) -> None:
    paired = item.control is not None
    left = wrap(visible(item.text, keep_lines=True) or "(empty)", 48 if paired else 104)
    right = wrap(visible(item.control or "", keep_lines=True) or "(empty)", 48) if paired else []
    name = [clip(visible(item.control_label) or "control", 48)] if paired else []
    top = page.y + 4
    for k, line in enumerate(left):
        page.text(14, 16 + 15 * k, line)
    for k, line in enumerate([*name, *right]):
        page.text(384, 16 + 15 * k, line, "it" if k == 0 else "soft")
    page.line(3, top, 3, top + 15 * len(left) + 2, "bl")
    if paired:
        page.line(373, top, 373, top + 15 * (len(right) + 1) + 2, "dash")
    page.down(15 * max(len(left), len(right) + len(name)) + 8)
