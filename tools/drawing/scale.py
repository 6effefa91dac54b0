"""Axes and colours: ranges, round ticks, colour-blind-safe ramps for light and dark paper."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

STEPS = 17  # odd, so that a diverging ramp has a neutral middle

# Single-hue blue for amounts, blue to orange for signed numbers: both are told apart with any
# form of colour blindness and in grey print. On dark paper 'nothing' is dark.
_RAMPS = {
    ("light", "q"): "#f7fafc #dcebf6 #b3d3ea #7db3da #4690c4 #1f6cab #0d4a86 #082f5e",
    ("dark", "q"): "#1c2530 #1b3550 #1d4d7c #2a6ca8 #4a90cc #7fb7e4 #b5d9f5 #e8f5ff",
    ("light", "d"): "#0b3d73 #2b74b3 #82b6dc #d6e6f2 #f8f8f8 #fbe2cd #f0a868 #cf6212 #833103",
    ("dark", "d"): "#b4dbfb #64aae4 #2a6fae #1e3d5c #22272e #4d321f #a05a1c #e58f3c #ffcf9b",
}
_INK = {"light": ("#16191d", "#ffffff"), "dark": ("#f2f5f8", "#10141a")}


def finite(values: Iterable[float | None]) -> list[float]:
    """The values that can be drawn: no gaps, no infinities, nothing that overflows a difference."""
    return [v for v in values if v is not None and abs(v) < 1e150]


def apart(low: float, high: float) -> tuple[float, float]:
    """The range [low, high], widened where it is too narrow to divide by."""
    least = max(abs(low), abs(high), 1e-300) * 1e-9
    return (low, high) if high - low > least else (low, low + max(1.0, 1e3 * least))


@dataclass(frozen=True)
class Scale:
    """A range of values and its steps on a colour ramp."""

    low: float
    high: float
    diverging: bool

    @classmethod
    def over(cls, values: Iterable[float | None], diverging: bool) -> "Scale":
        """The scale that holds all values; a diverging one is symmetric about 0."""
        real = finite(values) or [0.0, 1.0]
        low, high = min(real), max(real)
        if diverging:
            top = max(abs(low), abs(high)) or 1.0
            return cls(-top, top, True)
        if low >= 0 and low <= 0.35 * high:
            low = 0.0  # an amount starts at nothing, unless all values are far from it
        return cls(*apart(low, high), False)

    def share(self, value: float) -> float:
        """Where `value` lies, 0 at the low end, 1 at the high end."""
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)

    def step(self, value: float | None) -> int | None:
        """The step of the ramp, None for a value that can't be drawn."""
        if value is None or not finite([value]):
            return None
        return min(int(self.share(value) * STEPS), STEPS - 1)


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round numbers inside [low, high], about `wanted` of them."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return [low]
    raw = (high - low) / max(wanted, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    size = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
    first = math.ceil(low / size - 1e-9)
    last = math.floor(high / size + 1e-9)
    return [round(i * size, 12) + 0.0 for i in range(first, last + 1)]


def tick_labels(values: list[float]) -> list[str]:
    """Tick labels with one number of decimals for all."""
    if len(values) < 2:
        return [f"{v:g}" for v in values]
    gap = min(abs(b - a) for a, b in pairwise(values))
    top = max(abs(v) for v in values)
    if top >= 1e6 or gap < 1e-4:
        return [f"{v:.3g}" for v in values]
    places = max(0, -math.floor(math.log10(gap) + 1e-9))
    if round(gap * 10**places, 6) % 1:
        places += 1
    return [f"{v:,.{places}f}" for v in values]


def _rgb(color: str) -> tuple[float, float, float]:
    return (int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16))


def _luminance(color: str) -> float:
    def linear(channel: float) -> float:
        c = channel / 255
        return c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4

    r, g, b = (linear(c) for c in _rgb(color))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio of two colours, from 1 to 21."""
    a, b = sorted((_luminance(one), _luminance(other)))
    return (b + 0.05) / (a + 0.05)


def ramp(theme: str, diverging: bool) -> list[str]:
    """The `STEPS` colours of a ramp on `light` or `dark` paper."""
    anchors = [_rgb(c) for c in _RAMPS[theme, "d" if diverging else "q"].split()]
    colors = []
    for i in range(STEPS):
        at = i / (STEPS - 1) * (len(anchors) - 1)
        left = min(int(at), len(anchors) - 2)
        part = at - left
        mixed = [round(a + (b - a) * part) for a, b in zip(*anchors[left : left + 2], strict=True)]
        colors.append("#{:02x}{:02x}{:02x}".format(*mixed))
    return colors


def ink_on(color: str, theme: str) -> str:
    """The text colour that is read best on `color`."""
    best = max(_INK[theme], key=lambda ink: contrast(ink, color))
    if contrast(best, color) >= 4.5:
        return best
    # In the middle of a ramp only pure black or white is readable enough.
    return max(("#000000", "#ffffff"), key=lambda ink: contrast(ink, color))


@cache
def ramp_css(theme: str, diverging: bool) -> str:
    """CSS variables of one ramp: `--q0…` fills and `--tq0…` texts (`d` for diverging)."""
    key = "d" if diverging else "q"
    return "".join(
        f"--{key}{i}:{color};--t{key}{i}:{ink_on(color, theme)};"
        for i, color in enumerate(ramp(theme, diverging))
    )
