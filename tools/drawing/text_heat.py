"""Heat maps as terminal text: a label or a number in each cell, shaded by its value."""

import math
from collections.abc import Sequence

from rich.cells import cell_len

from ..views import HeatMap
from .label import clip, grid_figures, number, pad, paint, token, visible, wrap
from .scale import Scale, finite

_SHADES = " ░▒▓█"
_SIGNED = "⣿⠶⠒⠂ ░▒▓█"  # dots for negative, shades for positive
_BACKS = (17, 18, 24, 25, 31, 38, 74, 110, 153, 195)
_SIGNED_BACKS = (153, 74, 31, 24, 236, 94, 130, 172, 223)
_PALE = {38, 74, 110, 153, 195, 172, 223}  # backgrounds that need dark text
_Grid = Sequence[Sequence[float | None]]


def _at(grid: _Grid | None, row: int, col: int) -> float | None:
    if grid is None or row >= len(grid) or col >= len(grid[row]):
        return None
    return grid[row][col]


def heat_text(view: HeatMap, width: int, color: bool) -> list[str]:
    """The grid as text, with the control beside it where the terminal is wide enough."""
    if not view.rows or not view.columns:
        return ["(nothing to show: the grid is empty)"]
    every = [v for grid in (view.values, view.control or []) for row in grid for v in row]
    scale = Scale.over(every, view.diverging)
    gutter = min(max(cell_len(token(r)) for r in view.rows), 14)
    cell, per_block = _layout(view, width - gutter - 1)
    axes = [f"{visible(view.row_title)} ↓"] if view.row_title else []
    axes += [f"{visible(view.column_title)} →"] if view.column_title else []
    lines = wrap("  ".join(axes), width) if axes else []
    beside = gutter + 1 + cell * len(view.columns) + 3 + 2 * len(view.columns) <= width
    for start in range(0, len(view.columns), per_block):
        block = range(start, min(start + per_block, len(view.columns)))
        main = _heat_panel(view, view.values, scale, block, cell, gutter, color)
        if view.control is not None and beside:
            small = _heat_panel(view, view.control, scale, block, 2, 0, color)
            small[0] = paint("control", "3", color)
            main = [f"{one} ┊ {two}" for one, two in zip(main, small, strict=True)]
        lines += ([""] if start else []) + main
    if cell < 5:
        names = ", ".join(f"{j} {token(c)}" for j, c in enumerate(view.columns))
        lines += wrap(f"columns: {names}", width)
    lines += [_heat_key(scale, view.unit, width, color)]
    lines += wrap(_peak(view, view.values, "largest"), width)
    if view.control is not None:
        if not beside:
            lines += _control_below(view, view.control, scale, width, gutter, color)
        lines += wrap(_peak(view, view.control, "largest in the control"), width)
    if len(finite(every)) < len(every):
        lines.append("x: no value")
    return lines


def _control_below(
    view: HeatMap, grid: _Grid, scale: Scale, width: int, gutter: int, color: bool
) -> list[str]:
    head = paint("control, same scale", "3", color)
    real = finite(v for row in grid for v in row)
    if real and len({_shade(scale.share(v), scale, 1) for v in real}) == 1:
        span = f"{number(min(real))} to {number(max(real))}"
        return [f"{head}:", *wrap(f"all cells share one shade, {span}", width)]
    each = max(min((width - gutter - 1) // len(view.columns), 5), 2)
    fit = max((width - gutter - 1) // each, 1)
    lines = []
    for start in range(0, len(view.columns), fit):
        block = range(start, min(start + fit, len(view.columns)))
        more = " (continued)" if start else ""
        lines += ["", head + more, *_heat_panel(view, grid, scale, block, each, gutter, color)]
    return lines


def _layout(view: HeatMap, room: int) -> tuple[int, int]:
    """Width of a cell, and columns side by side: more go into blocks below each other."""
    count = len(view.columns)
    if count > 3 * (room // 6):
        return 2, max(room // 2, 1)
    # A width in which most labels and column heads are whole: their ninth decile.
    if view.labels is None:
        texts = [t for row in grid_figures(view.values) for t in row]
    else:
        texts = [token(t) for row in view.labels for t in row]
    sizes = sorted(cell_len(t) for t in [*texts, *map(token, view.columns)])
    wanted = min(max(sizes[int(0.9 * (len(sizes) - 1))] + 2, 6), 12)
    blocks = math.ceil(count * wanted / room)
    cell = max(min(room // math.ceil(count / blocks), wanted + 1), 5)
    return cell, max(room // cell, 1)


def _heat_panel(
    view: HeatMap,
    grid: _Grid,
    scale: Scale,
    block: range,
    cell: int,
    gutter: int,
    color: bool,
) -> list[str]:
    """A line of column heads, then a line for each row."""
    main = grid is view.values
    labels = view.labels if main and cell >= 5 else None
    figures = grid_figures(grid) if labels is None and main and cell >= 5 else None
    lines = [(pad("", gutter) + " " if gutter else "") + _heads(view, block, cell)]
    for i, name in enumerate(view.rows):
        cells = []
        for j in block:
            text = None
            if labels is not None:
                text = token(labels[i][j]) if i < len(labels) and j < len(labels[i]) else ""
            elif figures is not None:
                text = figures[i][j] if i < len(figures) and j < len(figures[i]) else "x"
            cells.append(_cell(_at(grid, i, j), text, scale, cell, color))
        lines.append((pad(token(name), gutter, True) + " " if gutter else "") + "".join(cells))
    return lines


def _heads(view: HeatMap, block: range, cell: int) -> str:
    if cell >= 5:
        return "".join(" " + pad(token(view.columns[j]), cell - 1) for j in block)
    # Narrow cells carry their number, every fifth; the labels are listed below.
    step = 5 if cell < 4 else 2
    return "".join(
        pad(str(j) if j % step == 0 else "", cell * min(step, block.stop - j))
        for j in block[::step]
    )


def _cell(value: float | None, text: str | None, scale: Scale, cell: int, color: bool) -> str:
    share = scale.share(value) if value is not None and finite([value]) else None
    if text is None:
        blank = pad("x" if share is None else "", cell)
        return _fill(blank, share, scale, True) if color else _shade(share, scale, cell)
    if color:
        return _fill(" " + pad(text, cell - 1), share, scale, True)
    return _shade(share, scale, 1) + pad(text, cell - 2) + " "


def _shade(share: float | None, scale: Scale, times: int) -> str:
    if share is None:
        return pad("x", times) if times > 1 else " "
    shades = _SIGNED if scale.diverging else _SHADES
    return shades[min(int(share * len(shades)), len(shades) - 1)] * times


def _fill(text: str, share: float | None, scale: Scale, color: bool) -> str:
    """The text on a background of the 256-colour cube: blues, or blue to orange when signed."""
    if not color or share is None:
        return text
    backs = _SIGNED_BACKS if scale.diverging else _BACKS
    back = backs[min(int(share * len(backs)), len(backs) - 1)]
    return f"\x1b[48;5;{back};38;5;{16 if back in _PALE else 231}m{text}\x1b[0m"


def _heat_key(scale: Scale, unit: str, width: int, color: bool) -> str:
    count = 9 if scale.diverging else 5
    shares = [(i + 0.5) / count for i in range(count)]
    swatches = "".join(
        _fill("  ", s, scale, True) if color else _shade(s, scale, 2) for s in shares
    )
    low, high = number(scale.low), number(scale.high)
    room = width - 2 * count - len(low) - len(high) - 11
    return f"scale {low} [{swatches}] {high} {clip(visible(unit), room)}"


def _peak(view: HeatMap, grid: _Grid, word: str) -> str:
    cells = [
        (v, i, j)
        for i, row in enumerate(grid)
        for j, v in enumerate(row)
        if v is not None and finite([v])
    ]
    if not cells:
        return f"{word}: no value"
    value, i, j = max(cells, key=lambda c: abs(c[0]))
    row_name = token(view.rows[i]) if i < len(view.rows) else str(i)
    col_name = token(view.columns[j]) if j < len(view.columns) else str(j)
    unit = f" {visible(view.unit)}" if view.unit else ""
    return f"{word}: {number(value)}{unit} at {row_name} × {col_name}"
