"""The sheet that SVG figures are drawn on: a growing width, a cursor that moves down."""

from html import escape

from .label import clip, visible


def minus(figure: str) -> str:
    """A printed number with the typographic minus sign."""
    return figure.replace("-", "−") if figure[:1] == "-" or "e-" in figure else figure


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


class Page:
    """Parts of a drawing; coordinates are pixels, `y` is how far down the page is filled."""

    def __init__(self, title: str, bare: bool) -> None:
        self.parts: list[str] = []
        self.width = 0.0
        self.y = 0.0
        self._title = "" if bare else visible(title)
        if self._title:
            self.parts.append("")  # the heading is cut to the final width, known at the end
            self.y = 26.0
        self.widen(320.0)

    def widen(self, width: float) -> None:
        """Make the page at least `width` wide."""
        self.width = max(self.width, width)
        if self._title:
            shown = clip(self._title, int(self.width / 6.9))
            self.parts[0] = f'<text class="h" x="0" y="12">{escape(shown)}</text>'

    def down(self, pixels: float) -> None:
        """Move the cursor down."""
        self.y += pixels

    def add(self, part: str) -> None:
        """Add markup that is already escaped."""
        self.parts.append(part)

    def text(
        self, x: float, dy: float, text: str, style: str = "", whole: str | None = None
    ) -> None:
        """Text at `x`, `dy` below the cursor; `whole` is shown on hover where it was cut."""
        hover = ""
        if whole is not None and visible(whole) != text:
            hover = f"<title>{escape(visible(whole))}</title>"
        style = f' class="{style.strip()}"' if style.strip() else ""
        body = escape(text)
        self.add(f'<text{style} x="{_n(x)}" y="{_n(self.y + dy)}">{hover}{body}</text>')

    def line(self, x1: float, y1: float, x2: float, y2: float, style: str) -> None:
        """A straight line in absolute coordinates."""
        self.add(f'<path class="{style}" d="M{_n(x1)} {_n(y1)}L{_n(x2)} {_n(y2)}"/>')

    def rect(
        self, x: float, y: float, width: float, height: float, style: str, hover: str = ""
    ) -> None:
        """A rectangle in absolute coordinates."""
        box = f'x="{_n(x)}" y="{_n(y)}" width="{_n(max(width, 0))}" height="{_n(max(height, 0))}"'
        tip = f"<title>{escape(hover)}</title>" if hover else ""
        self.add(
            f'<rect class="{style}" {box}>{tip}</rect>' if tip else f'<rect class="{style}" {box}/>'
        )

    def path(self, points: list[tuple[float, float]], style: str, extra: str = "") -> None:
        """A broken line through `points`, absolute."""
        d = "L".join(f"{_n(x)} {_n(y)}" for x, y in points)
        self.add(f'<path class="{style}"{extra} d="M{d}"/>')

    def diamond(self, x: float, y: float, size: float = 4.4, hover: str = "") -> None:
        """The mark of a control value."""
        d = f"M{_n(x)} {_n(y - size)}l{_n(size)} {_n(size)}l{_n(-size)} {_n(size)}"
        tip = f"<title>{escape(hover)}</title>" if hover else ""
        self.add(f'<path class="dia" d="{d}l{_n(-size)} {_n(-size)}z">{tip}</path>')

    def empty(self, why: str) -> None:
        """Say that there is nothing to draw."""
        self.text(0, 14, f"nothing to show: {why}", "soft")
        self.down(20)
