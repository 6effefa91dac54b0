"""Views as terminal text: readable in 80 columns, without colour, with the control in sight."""

import math
from itertools import pairwise

from rich.cells import cell_len

from ..views import Bars, HeatMap, Lines, Passages, Series, Table, View
from .label import clip, column, fit_columns, number, pad, paint, token, visible, wrap
from .scale import apart, finite, tick_labels, ticks
from .text_heat import heat_text

_MARKS = "●■▲◆▼★"
_HUES = (33, 166, 36, 169, 172, 75)  # blue, vermilion, green, purple, orange, sky


def view_text(view: View, width: int = 80, color: bool = False) -> str:
    """A view as text.

    Args:
        view: The picture, as data.
        width: Columns of the terminal; at least 40 are used.
        color: Use ANSI colours; without them everything is still told apart.
    """
    width = max(width, 40)
    match view:
        case HeatMap():
            body = heat_text(view, width, color)
        case Bars():
            body = _bars(view, width, color)
        case Lines():
            body = _lines(view, width, color)
        case Table():
            body = _table(view, width)
        case Passages():
            body = _passages(view, width, color)
    head = wrap(visible(view.title), width)
    foot = wrap(visible(view.caption, keep_lines=True), width) if view.caption else []
    head = [paint(line, "1", color) for line in head]
    return "\n".join(line.rstrip() for line in [*head, *body, *foot])


# --------------------------------------------------------------------------------------- bars


def _bars(view: Bars, width: int, color: bool) -> list[str]:
    if not view.names:
        return ["(nothing to show: no bars)"]
    control = [*(view.control or []), *[None] * len(view.names)][: len(view.names)]
    band = view.band if view.band and len(finite(view.band)) == 2 else None
    real = finite([*view.values, *control, *(band or ())])
    low, high = min([0.0, *real]), max([0.0, *real])
    low, high = apart(low, high)
    names = [token(n) for n in view.names]
    figures, controls = column(view.values), column(control)
    has_control = any(c is not None for c in control)
    wide, wide_control = max([5, *map(len, figures)]), max([7, *map(len, controls)])
    left = min(max(cell_len(n) for n in names), max(width // 3, 8))
    room = max(width - left - wide - 2 - (wide_control + 2 if has_control else 0), 10)

    def place(value: float) -> int:
        return round((value - low) / (high - low) * (room - 1))

    lines = []
    if has_control:
        lines.append(
            pad("", left + room + 2)
            + pad("value", wide, True)
            + "  "
            + pad("control", wide_control, True)
        )
    for name, value, other, figure, beside in zip(
        names, view.values, control, figures, controls, strict=False
    ):
        track = [" "] * room
        if band:
            for k in range(place(max(band[0], low)), place(min(band[1], high)) + 1):
                track[k] = "░"
        track[place(0.0)] = "│"
        if finite([value]):
            start, stop = sorted((place(0.0), place(value)))
            for k in range(start, stop + 1 if value else start):
                track[k] = "▓" if track[k] == "░" else "█"
        if other is not None and finite([other]):
            track[place(other)] = "◇"
        inside = band is not None and finite([value]) and band[0] <= value <= band[1]
        bar = paint("".join(track), "38;5;245" if inside else f"38;5;{_HUES[0]}", color)
        line = f"{pad(name, left)} {bar} {pad(figure, wide, True)}"
        if has_control:
            line += "  " + pad(beside, wide_control, right=True)
        lines.append(line)
    key = ["█ value" + (f" ({visible(view.unit)})" if view.unit else "")]
    key += ["◇ control"] if has_control else []
    key += [f"░ control band {number(band[0])} to {number(band[1])}"] if band else []
    return [*lines, *wrap("  ".join(key), width)]


# -------------------------------------------------------------------------------------- lines


def _lines(view: Lines, width: int, color: bool) -> list[str]:
    def lift(y: float | None) -> float | None:
        if y is None or not finite([y]) or (view.log_y and y <= 0):
            return None
        return math.log10(y) if view.log_y else y

    lifted = [(s, [lift(y) for y in s.y]) for s in view.series]
    real = finite(y for _, ys in lifted for y in ys)
    xs = finite(view.x)
    if not real or not xs:
        return ["(nothing to show: no points)"]
    low, high = min(real), max(real)
    low, high = (low, high) if high > low else (low - 0.5, high + 0.5)
    low, high = apart(low, high)
    left_x, right_x = min(xs), max(xs)
    height = 13
    marks = ticks(low, high, 4)
    names = [number(10**t) for t in marks] if view.log_y else tick_labels(marks)
    gutter = max(len(n) for n in names)
    room = max(width - gutter - 2, 20)

    def row(y: float) -> float:
        return (high - y) / (high - low) * (height - 1)

    def col(x: float) -> float:
        return (x - left_x) / ((right_x - left_x) or 1.0) * (room - 1)

    canvas = [[" "] * room for _ in range(height)]
    codes: dict[tuple[int, int], int] = {}
    mains = [s for s, _ in lifted if not s.control]
    # Controls first: the result is drawn over them.
    for series, ys in sorted(lifted, key=lambda pair: not pair[0].control):
        index = mains.index(series) if not series.control else 0
        glyph = "·" if series.control else _MARKS[index % len(_MARKS)]
        points = [
            (col(x), row(y)) if y is not None and finite([x]) else None
            for x, y in zip(view.x, ys, strict=False)
        ]
        for r, c in _trace(points):
            canvas[r][c] = glyph
            if not series.control:
                codes[r, c] = _HUES[index % len(_HUES)]
    label_at = {round(row(t)): n for t, n in zip(marks, names, strict=True)}
    lines = []
    for r in range(height):
        cells = "".join(
            paint(ch, f"38;5;{codes[r, c]}", color) if (r, c) in codes else ch
            for c, ch in enumerate(canvas[r])
        )
        lines.append(
            f"{pad(label_at.get(r, ''), gutter, True)} {'┤' if r in label_at else '│'}{cells}"
        )
    lines.append(" " * (gutter + 1) + "└" + "─" * room)
    ends = f"{left_x:g}", f"{right_x:g}"
    title = clip(visible(view.x_title), room - len(ends[0]) - len(ends[1]) - 2)
    gap = room - len(ends[0]) - len(ends[1]) - cell_len(title)
    lines.append(
        " " * (gutter + 2) + ends[0] + " " * (gap // 2) + title + " " * (gap - gap // 2) + ends[1]
    )
    return lines + _line_keys(view, mains, width)


def _trace(points: list[tuple[float, float] | None]) -> list[tuple[int, int]]:
    """Cells of the canvas on a broken line, (row, column)."""
    cells = [(round(p[1]), round(p[0])) for p in points if p is not None]
    for a, b in pairwise(points):
        if a is None or b is None:
            continue
        steps = max(int(abs(b[0] - a[0])), int(abs(b[1] - a[1])), 1)
        for k in range(1, steps):
            x, y = (a[i] + (b[i] - a[i]) * k / steps for i in (0, 1))
            cells.append((round(y), round(x)))
    return cells


def _line_keys(view: Lines, mains: list[Series], width: int) -> list[str]:
    lines = []
    for i, series in enumerate(mains):
        real = finite(series.y)
        span = f"{number(min(real))} to {number(max(real))}" if real else "no value"
        name = f"{_MARKS[i % len(_MARKS)]} {visible(series.name)}"
        lines += wrap(f"{name}: {span} {visible(view.unit)}".rstrip(), width)
    controls = [s for s in view.series if s.control]
    if controls:
        real = finite(y for s in controls for y in s.y)
        span = f"{number(min(real))} to {number(max(real))}" if real else "no value"
        names = ", ".join(visible(s.name) for s in controls[:3])
        more = f" and {len(controls) - 3} more" if len(controls) > 3 else ""
        lines += wrap(f"· control ({names}{more}): {span} {visible(view.unit)}".rstrip(), width)
    hidden = sum(
        1 for s in view.series for y in s.y if y is not None and math.isfinite(y) and y <= 0
    )
    if view.log_y and hidden:
        lines += wrap(f"logarithmic axis: not drawn are {hidden} values of 0 or below", width)
    elif view.log_y:
        lines.append("logarithmic axis")
    return lines


# ---------------------------------------------------------------------------- tables, passages


def _table(view: Table, width: int) -> list[str]:
    if not view.columns:
        return ["(nothing to show: no columns)"]
    count = len(view.columns)
    every = [*view.rows, *view.control_rows]
    texts: list[list[str]] = [[""] * count for _ in every]
    numeric = []
    for j in range(count):
        cells = [row[j] if j < len(row) else None for row in every]
        figures = [c for c in cells if not isinstance(c, str)]
        numeric.append(any(f is not None for f in figures) and len(figures) == len(cells))
        shown = iter(column(figures))
        for i, cell in enumerate(cells):
            texts[i][j] = visible(cell) if isinstance(cell, str) else next(shown)
    heads = [visible(c) for c in view.columns]
    natural = [
        max(cell_len(t) for t in [h, *(row[j] for row in texts)]) for j, h in enumerate(heads)
    ]
    widths = fit_columns(natural, numeric, width - 2 * (count - 1))

    def line(cells: list[str]) -> list[str]:
        wrapped = [
            wrap(c, w) if not numeric[j] else [c]
            for j, (c, w) in enumerate(zip(cells, widths, strict=True))
        ]
        tall = max(map(len, wrapped))
        return [
            "  ".join(
                pad(w[k] if k < len(w) else "", widths[j], numeric[j])
                for j, w in enumerate(wrapped)
            )
            for k in range(tall)
        ]

    rule = "─" * min(sum(widths) + 2 * (count - 1), width)
    lines = [*line(heads), rule]
    for shown_row in texts[: len(view.rows)]:
        lines += line(shown_row)
    if not view.rows:
        lines.append("(no rows)")
    if view.control_rows:
        lines.append("╌╌ control " + "╌" * max(len(rule) - 11, 0))
        for shown_row in texts[len(view.rows) :]:
            lines += line(shown_row)
    return lines


def _passages(view: Passages, width: int, color: bool) -> list[str]:
    if not view.items:
        return ["(nothing to show: no passages)"]
    lines: list[str] = []
    for k, item in enumerate(view.items):
        lines += [""] if k else []
        lines += [paint(line, "1", color) for line in wrap(visible(item.label), width)]
        if item.prompt:
            for n, text in enumerate(wrap(visible(item.prompt, keep_lines=True), width - 4)):
                lines.append(paint(("  > " if n == 0 else "    ") + text, "2", color))
        if item.control is None:
            lines += _quote(item.text, width, "│")
            continue
        name = visible(item.control_label) or "control"
        if width < 100:
            lines += _quote(item.text, width, "│")
            lines += [paint(f"  ┊ {clip(name, width - 6)}:", "3", color)]
            lines += _quote(item.control, width, "┊")
            continue
        half = (width - 3) // 2
        left = ["", *_quote(item.text, half, "│")]
        right = [f"  ┊ {clip(name, half - 6)}:", *_quote(item.control, half, "┊")]
        for n in range(max(len(left), len(right))):
            one = left[n] if n < len(left) else "  │"
            two = right[n] if n < len(right) else "  ┊"
            lines.append(pad(one, half) + "   " + two)
    return lines


def _quote(text: str, width: int, bar: str) -> list[str]:
    body = visible(text, keep_lines=True) or "(empty)"
    return [f"  {bar} {line}" for line in wrap(body, width - 4)]
