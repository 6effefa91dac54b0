"""Heat maps as SVG: the result, and beside it the control on the same colour scale."""

import math
from collections.abc import Sequence
from html import escape

from rich.cells import cell_len

from ..views import HeatMap
from .label import clip, grid_figures, number, token, visible
from .scale import STEPS, Scale
from .svg_page import Page, minus

_Grid = Sequence[Sequence[float | None]]
_MOST_TIPS = 1600  # cells beyond which hovering is left out, to keep the file small


def heat_figure(page: Page, view: HeatMap) -> None:
    """Draw the grid, its control and the colour scale."""
    if not view.rows or not view.columns:
        page.empty("the grid is empty")
        return
    every = [v for grid in (view.values, view.control or []) for row in grid for v in row]
    scale = Scale.over(every, view.diverging)
    rows, cols = len(view.rows), len(view.columns)
    texts = _texts(view)
    cell_w, cell_h = _cell_size(view, texts)
    gutter = min(max(cell_len(token(r)) for r in view.rows), 22) * 6.4 + 8
    # The first turned label reaches to the left of its column.
    first = cell_len(clip(token(view.columns[0]), 13)) * 6.4
    gutter = max(gutter, first * 0.65 - cell_w / 2) if first > cell_w else gutter
    small_w = min(cell_w, max(9.0, 150 / cols))
    beside = view.control is not None and gutter + cols * (cell_w + small_w) + 40 <= 1010
    row_title = visible(view.row_title) + " ↓" if view.row_title else ""
    page.text(0, 12, row_title, "soft")
    if view.control is not None and beside:
        page.text(max(gutter, cell_len(row_title) * 6.2 + 14), 12, "result", "soft")
    page.down(18)
    top = page.y
    _row_labels(page, view, gutter, cell_h)
    _panel(page, view, view.values, scale, (gutter, top, cell_w, cell_h), texts)
    right = gutter + cols * cell_w
    if view.control is not None and beside:
        left = right + 34
        page.text(left, -6, "control", "it")
        _panel(page, view, view.control, scale, (left, top, small_w, cell_h), None)
        right = left + cols * small_w
    page.widen(right + 8)
    page.y = top + rows * cell_h
    tall = _column_labels(page, view, gutter, cell_w)
    if view.control is not None and beside:
        _column_labels(page, view, gutter + cols * cell_w + 34, small_w)
    page.down(tall)
    if view.column_title:
        page.text(gutter + cols * cell_w / 2, 12, visible(view.column_title), "soft m")
        page.down(18)
    if view.control is not None and not beside:
        page.text(gutter, 14, "control, same scale", "it")
        page.down(22)
        top, flat = page.y, max(4.0, cell_h * 0.6)
        _row_labels(page, view, gutter, flat)
        _panel(page, view, view.control, scale, (gutter, top, cell_w, flat), None)
        page.y = top + rows * flat + 4
    _key(page, scale, view.unit, gutter, any(scale.step(v) is None for v in every))


def _texts(view: HeatMap) -> list[list[str]] | None:
    """What is printed in the cells: labels, or numbers where there are few."""
    if view.labels is not None and len(view.columns) <= 40:
        return [[token(t) for t in row] for row in view.labels]
    if view.labels is None and len(view.columns) <= 12 and len(view.rows) <= 14:
        return [[minus(f) for f in row] for row in grid_figures(view.values)]
    return None


def _cell_size(view: HeatMap, texts: list[list[str]] | None) -> tuple[float, float]:
    rows, cols = len(view.rows), len(view.columns)
    if texts is None:
        return min(max(600 / cols, 5.0), 30.0), min(max(460 / rows, 5.0), 20.0)
    longest = max([cell_len(t) for row in texts for t in row] + [3])
    width = min(max(longest * 5.8 + 8, 30.0), 56.0)
    if view.labels is None:
        return max(width, 44.0), 24.0
    return max(min(width, 900 / cols), 22.0), 16.0


def _panel(
    page: Page,
    view: HeatMap,
    grid: _Grid,
    scale: Scale,
    box: tuple[float, float, float, float],
    texts: list[list[str]] | None,
) -> None:
    """One grid of cells in `box` = (left, top, cell width, cell height)."""
    left, top, width, height = box
    rows, cols = len(view.rows), len(view.columns)
    ramp = "d" if view.diverging else "q"
    control = grid is not view.values
    page.rect(left, top, cols * width, rows * height, "none")
    _blank_marks(page, view, grid, scale, box)
    tips = rows * cols <= _MOST_TIPS
    by_step: list[list[str]] = [[] for _ in range(STEPS)]
    hovers, words = [], []
    row_names, column_names = [token(r) for r in view.rows], [token(c) for c in view.columns]
    unit = f" {visible(view.unit)}" if view.unit else ""
    for i, row in enumerate(grid[:rows]):
        for j, value in enumerate(row[:cols]):
            step = scale.step(value)
            x, y = left + j * width, top + i * height
            if step is not None:
                by_step[step].append(f"M{x:.1f} {y:.1f}h{width:.1f}v{height:.1f}h-{width:.1f}z")
            if tips:
                said = f"{row_names[i]}, {column_names[j]}: {number(value)}{unit}"
                if control:
                    said = f"control, {said}"
                elif view.labels is not None and i < len(view.labels) and j < len(view.labels[i]):
                    said += f", {token(view.labels[i][j])}"
                hovers.append(
                    f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}">'
                    f"<title>{escape(said)}</title></rect>"
                )
            if texts is not None and i < len(texts) and j < len(texts[i]):
                shown = clip(texts[i][j], max(int((width - 4) / 5.75), 1))
                style = f"cell m t{ramp}{step}" if step is not None else "cell m soft"
                words.append(
                    f'<text class="{style}" x="{x + width / 2:.1f}" '
                    f'y="{y + height / 2 + 3.4:.1f}">{escape(shown)}</text>'
                )
    for step, parts in enumerate(by_step):
        if parts:
            page.add(
                f'<path class="{ramp}{step}" shape-rendering="crispEdges" d="{"".join(parts)}"/>'
            )
    page.add("".join(words))
    page.rect(left, top, cols * width, rows * height, "dash" if control else "axis")
    page.add(f'<g fill="transparent">{"".join(hovers)}</g>' if hovers else "")


def _blank_marks(
    page: Page, view: HeatMap, grid: _Grid, scale: Scale, box: tuple[float, float, float, float]
) -> None:
    """A stroke through the cells that have no value."""
    left, top, width, height = box
    strokes = [
        f"M{left + j * width + 2:.1f} {top + (i + 1) * height - 2:.1f}"
        f"l{width - 4:.1f} {4 - height:.1f}"
        for i in range(len(view.rows))
        for j in range(len(view.columns))
        if i >= len(grid) or j >= len(grid[i]) or scale.step(grid[i][j]) is None
    ]
    if strokes:
        page.add(f'<path class="hatch" d="{"".join(strokes)}"/>')


def _row_labels(page: Page, view: HeatMap, gutter: float, height: float) -> None:
    every = math.ceil(10 / height)
    for i, name in enumerate(view.rows):
        if i % every == 0:
            shown = clip(token(name), 22)
            page.text(gutter - 6, i * height + height / 2 + 3.6, shown, "mono e", name)


def _column_labels(page: Page, view: HeatMap, left: float, width: float) -> float:
    """Labels under the columns, turned where they are wider than a column. Returns the height."""
    names = [token(c) for c in view.columns]
    longest = max(cell_len(n) for n in names)
    if longest * 6.4 <= width - 2:
        for j, name in enumerate(names):
            page.text(left + (j + 0.5) * width, 15, name, "mono m")
        return 22.0
    every = math.ceil(13 / width)
    for j, name in list(enumerate(names))[::every]:
        shown = clip(name, 13)
        x, y = left + (j + 0.5) * width + 3, page.y + 9
        whole = f"<title>{escape(name)}</title>" if shown != name else ""
        page.add(
            f'<text class="mono e" transform="translate({x:.1f} {y:.1f}) rotate(-50)">'
            f"{whole}{escape(shown)}</text>"
        )
    return min(longest, 13) * 6.4 * 0.77 + 18


def _key(page: Page, scale: Scale, unit: str, left: float, missing: bool) -> None:
    """The colour scale with its numbers, and the sign for a missing value."""
    page.down(8)
    ramp, width, high = "d" if scale.diverging else "q", 10.0, 10.0
    for step in range(STEPS):
        page.rect(left + step * width, page.y, width + 0.3, high, f"{ramp}{step}")
    page.rect(left, page.y, STEPS * width, high, "rule")
    span = STEPS * width
    middle = (scale.low + scale.high) / 2
    for share, value in ((0.0, scale.low), (0.5, middle), (1.0, scale.high)):
        page.text(left + share * span, high + 13, minus(f"{value:.3g}"), "mono m")
    page.widen(left + span + 20 + cell_len(visible(unit)) * 6.2 + (80 if missing else 0))
    page.text(left + span + 12, high - 1, visible(unit), "soft")
    if missing:
        x = left + span + 20 + cell_len(visible(unit)) * 6.2 + 8
        page.rect(x, page.y, 14, high, "none")
        page.add(f'<path class="hatch" d="M{x + 2:.1f} {page.y + high - 2:.1f}l10 -6"/>')
        page.text(x + 19, high - 1, "no value", "soft")
    page.down(high + 18)
