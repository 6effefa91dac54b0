"""Bars and lines as SVG: the control hollow or dashed, its band a shaded area behind."""

import math
from collections.abc import Callable

from rich.cells import cell_len

from ..views import Bars, Lines, Series
from .label import clip, column, number, token, visible
from .scale import apart, finite, tick_labels, ticks
from .svg_page import Page, minus

_WIDTH = 720.0
_MOST_BARS = 80
_HUES = 6


def bars_figure(page: Page, view: Bars) -> None:
    """Horizontal bars; a bar inside the control's band is pale."""
    if not view.names:
        page.empty("no bars")
        return
    shown = min(len(view.names), _MOST_BARS)
    control = [*(view.control or []), *[None] * len(view.names)]
    band = view.band if view.band and len(finite(view.band)) == 2 else None
    drawn = finite([*view.values[:shown], *control[:shown], *(band or ())])
    low, high = min([0.0, *drawn]), max([0.0, *drawn])
    low, high = apart(low, high)
    figures = [minus(f) for f in column(view.values)]
    left = min(max(cell_len(token(n)) for n in view.names[:shown]), 34) * 6.4 + 14
    right = _WIDTH - max(map(len, figures)) * 6.4 - 18
    low_room = (max(map(len, figures)) * 6.4 + 10) if low < 0 else 0.0
    page.widen(_WIDTH)
    _bars_key(page, view, band)
    step = 23.0 if shown <= 30 else 16.0
    top = page.y + 4

    def at(value: float) -> float:
        return left + low_room + (value - low) / (high - low) * (right - left - low_room)

    bottom = top + shown * step + 4
    if band:
        start, stop = at(max(band[0], low)), at(min(band[1], high))
        page.rect(start, top - 4, max(stop - start, 1.5), bottom - top + 4, "band")
    marks = ticks(low, high, 6)
    for mark, label in zip(marks, tick_labels(marks), strict=True):
        page.line(at(mark), top - 4, at(mark), bottom, "grid")
        page.y = bottom
        page.text(at(mark), 15, minus(label), "mono soft m")
    page.line(at(0), top - 4, at(0), bottom, "axis")
    for i in range(shown):
        value, beside = view.values[i] if i < len(view.values) else math.nan, control[i]
        page.y = top + i * step
        middle = step / 2
        name = token(view.names[i])
        page.text(left - 8, middle + 3.8, clip(name, 34), "mono e", name)
        hover = f"{name}: {number(value)}" + (
            f", control {number(beside)}" if beside is not None else ""
        )
        if finite([value]):
            inside = band is not None and band[0] <= value <= band[1]
            x, wide = min(at(0), at(value)), abs(at(value) - at(0))
            thick = step * 0.58
            page.rect(
                x, page.y + middle - thick / 2, wide, thick, "pale" if inside else "bar", hover
            )
        if beside is not None and finite([beside]):
            page.diamond(at(beside), page.y + middle, hover=hover)
        end = at(value) if finite([value]) else at(0)
        rest = at(beside) if beside is not None and finite([beside]) else end
        if finite([value]) and value < 0:
            page.text(min(end, rest) - 8, middle + 3.8, figures[i], "mono e")
        else:
            page.text(max(end, rest, at(0)) + 8, middle + 3.8, figures[i], "mono")
    page.y = bottom + 20
    if view.unit:
        page.text((at(low) + at(high)) / 2, 12, visible(view.unit), "soft m")
        page.down(16)
    if shown < len(view.names):
        page.text(left, 14, f"{len(view.names) - shown} more bars are not drawn", "soft")
        page.down(18)


def _bars_key(page: Page, view: Bars, band: tuple[float, float] | None) -> None:
    """What bar, diamond and shade mean; left out where there is only one of them."""
    has_control = any(c is not None for c in view.control or [])
    if not has_control and not band:
        return
    x = 0.0
    page.rect(x, page.y + 4, 14, 9, "bar")
    page.text(x + 20, 12, "result", "soft")
    x += 68
    if has_control:
        page.diamond(x + 6, page.y + 8.5)
        page.text(x + 18, 12, "control", "it")
        x += 74
    if band:
        page.rect(x, page.y + 4, 14, 9, "band")
        words = f"control band, {minus(number(band[0]))} to {minus(number(band[1]))}"
        page.text(x + 20, 12, words, "it")
        if any(band[0] <= v <= band[1] for v in finite(view.values)):
            x += 34 + len(words) * 6
            page.rect(x, page.y + 4, 14, 9, "pale")
            page.text(x + 20, 12, "result inside the band", "soft")
    page.down(24)


def lines_figure(page: Page, view: Lines) -> None:
    """Lines named at their right end; controls dashed and grey, their envelope shaded."""
    curves = [(s, _lifted(s, view.log_y)) for s in view.series]
    real = finite(y for _, ys in curves for y in ys)
    xs = finite(view.x)
    if not real or not xs:
        page.empty("no points")
        return
    low, high = min(real), max(real)
    room = (high - low) * 0.05 or 0.5
    low, high = apart(low - room, high + room)
    marks = ticks(low, high, 5)
    if view.log_y:
        marks = [m for m in marks if abs(m - round(m)) < 1e-9] or marks
        names = [number(10**m, 2) for m in marks]
    else:
        names = tick_labels(marks)
    page.widen(_WIDTH)
    left = max(len(n) for n in names) * 6.4 + 14
    ends = _ends(view)
    right = _WIDTH - min(max([cell_len(n) for n in ends] + [4]), 30) * 6.5 - 16
    if view.unit:
        scale = ", logarithmic" if view.log_y else ""
        page.text(left - 4, 10, visible(view.unit) + scale, "soft")
        page.down(18)
    top, bottom = page.y, page.y + 290
    x_low, x_high = min(xs), max(xs)
    x_room = (x_high - x_low) * 0.015 or 0.5

    def to_x(x: float) -> float:
        return left + (x - x_low + x_room) / (x_high - x_low + 2 * x_room) * (right - left)

    def to_y(y: float) -> float:
        return bottom - (y - low) / (high - low) * (bottom - top)

    for mark, name in zip(marks, names, strict=True):
        page.line(left, to_y(mark), right, to_y(mark), "grid")
        page.text(left - 7, to_y(mark) - page.y + 3.6, minus(name), "mono soft e")
    x_marks = ticks(x_low, x_high, 8)
    for mark, name in zip(x_marks, tick_labels(x_marks), strict=True):
        page.line(to_x(mark), bottom, to_x(mark), bottom + 4, "axis")
        page.text(to_x(mark), bottom - page.y + 17, minus(name), "mono soft m")
    page.line(left, bottom, right, bottom, "axis")
    # Drawn from the back: the controls' envelope, the controls, the results.
    at = [to_x(x) if finite([x]) else None for x in view.x]
    _envelope(page, curves, at, to_y)
    labels: list[tuple[float, str, str]] = []
    main = 0
    for series, ys in sorted(curves, key=lambda c: not c[0].control):
        hue = f' style="stroke:var(--s{main % _HUES})"'
        style, extra = ("ctl", "") if series.control else ("ln", hue)
        points = [
            (x, to_y(y)) if x is not None and y is not None else None
            for x, y in zip(at, ys, strict=False)
        ]
        last = _curve(page, points, style, extra)
        if last is not None and series.name in ends:
            tint = "it" if series.control else f"s{main % _HUES}"
            labels.append((last[1], series.name, tint))
        main += 0 if series.control else 1
    controls = [s for s in view.series if s.control]
    if controls and controls[0].name not in ends:
        tail = finite(ys[-1] for s, ys in curves if s.control and ys)
        spot = to_y(sum(tail) / len(tail)) if tail else bottom - 8
        labels.append((spot, f"control ({len(controls)} draws)", "it"))
    _names(page, labels, right, top, bottom)
    page.y = bottom + 24
    if view.x_title:
        page.text((left + right) / 2, 12, visible(view.x_title), "soft m")
        page.down(16)
    hidden = sum(1 for s in view.series for y in finite(s.y) if view.log_y and y <= 0)
    if hidden:
        page.text(left, 14, f"not drawn on the logarithmic axis: {hidden} of value ≤ 0", "soft")
        page.down(18)
    page.down(4)


def _lifted(series: Series, log_y: bool) -> list[float | None]:
    ys = [y if finite([y]) else None for y in series.y]
    if not log_y:
        return ys
    return [math.log10(y) if y is not None and y > 0 else None for y in ys]


def _ends(view: Lines) -> list[str]:
    """Names written at the ends of lines; more than three controls share one name."""
    controls = [s.name for s in view.series if s.control]
    mains = [s.name for s in view.series if not s.control]
    return [*mains, *(controls if len(controls) <= 3 else [])]


def _curve(
    page: Page, points: list[tuple[float, float] | None], style: str, extra: str
) -> tuple[float, float] | None:
    """Draw a line with gaps; a point alone becomes a short dash. Returns the last point."""
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    for run in filter(None, runs):
        drawn = run if len(run) > 1 else [(run[0][0] - 3, run[0][1]), (run[0][0] + 3, run[0][1])]
        page.path(drawn, style, extra)
    real = [p for p in points if p is not None]
    return real[-1] if real else None


def _envelope(
    page: Page,
    curves: list[tuple[Series, list[float | None]]],
    at: list[float | None],
    to_y: Callable[[float], float],
) -> None:
    """Shade what lies between the lowest and the highest of two or more controls."""
    controls = [ys for series, ys in curves if series.control]
    if len(controls) < 2:
        return
    edges: list[tuple[float, float, float]] = []
    for k, x in enumerate(at):
        here = finite(ys[k] for ys in controls if k < len(ys))
        if x is not None and here:
            edges.append((x, to_y(max(here)), to_y(min(here))))
    edges.sort()
    outline = [(x, y) for x, y, _ in edges] + [(x, y) for x, _, y in reversed(edges)]
    if len(edges) > 1:
        page.path(outline, "band")


def _names(
    page: Page, labels: list[tuple[float, str, str]], right: float, top: float, bottom: float
) -> None:
    """Write the names beside the ends of their lines, pushed apart where they would touch."""
    spots = sorted(labels)
    ys = [y for y, _, _ in spots]
    for k in range(1, len(ys)):
        ys[k] = max(ys[k], ys[k - 1] + 14)
    over = max(ys[-1] - bottom, 0.0) if ys else 0.0
    ys = [y - over for y in ys]
    for k in range(len(ys) - 2, -1, -1):
        ys[k] = min(ys[k], ys[k + 1] - 14)
    for y, (_, name, tint) in zip(ys, spots, strict=True):
        text = clip(visible(name), 30)
        if tint == "it":
            page.text(right + 8, y - page.y + 4, text, "it", name)
        else:
            page.add(f'<g style="--ink:var(--{tint})">')
            page.text(right + 8, y - page.y + 4, text, "b", name)
            page.add("</g>")
