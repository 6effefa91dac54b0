"""The evaluation as one offline page and as a markdown table."""

from collections.abc import Sequence
from importlib import resources
from itertools import groupby
from typing import NamedTuple

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from ..tools.view import page_css, view_html
from ..tools.views import Bars, Lines
from .intervals import models_needed
from .table import Outcome, Summary, summarise

COLUMNS = (
    "access",
    "driver",
    "models found",
    "false positives",
    "identical",
    "not planted",
    "headline",
    "abstained",
    "Brier",
    "seconds",
    "left out",
)


class Line(NamedTuple):
    """A line of the table."""

    access: str
    driver: str
    family: str
    sums: Summary


def lines(outcomes: Sequence[Outcome], *, by_family: bool = False) -> list[Line]:
    """Sums by access and driver, and by family where wanted; accesses are never pooled."""

    def key(o: Outcome) -> tuple[str, str, str]:
        return o.access, o.driver, o.family if by_family else "all"

    return [
        Line(*name, summarise(list(group)))
        for name, group in groupby(sorted(outcomes, key=key), key=key)
    ]


def cells(line: Line) -> list[str]:
    """What stands in a line's columns; `–` where there is nothing to say."""
    s = line.sums
    left_out = ", ".join(f"{n} {name}" for name, n in s.uncounted.items())
    return [
        line.access,
        line.driver,
        s.hits.shown(),
        s.false_positives.shown(),
        f"{s.identical.k}/{s.identical.n}",
        str(s.not_planted),
        "–" if s.headline is None else f"{s.headline:+.2f}",
        str(s.abstained),
        "–" if s.brier is None else f"{s.brier.score:.2f}",
        f"{s.seconds:.0f}",
        left_out or "–",
    ]


def markdown(outcomes: Sequence[Outcome], missing: Sequence[str] = ()) -> str:
    """The table as markdown, with what was not run below it."""
    rows = [list(COLUMNS), ["---"] * len(COLUMNS), *(cells(line) for line in lines(outcomes))]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    rest = "".join(f"\n- {text}" for text in missing)
    return f"{table}\n{f'{chr(10)}Not run:{chr(10)}{rest}{chr(10)}' if rest else ''}"


def html(outcomes: Sequence[Outcome], missing: Sequence[str] = ()) -> str:
    """The page: table, by family, plots, what was not run. It loads nothing from anywhere."""
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(
        resources.files(__package__).joinpath("page.html.j2").read_text(encoding="utf-8")
    )
    whole = lines(outcomes)
    return template.render(
        css=Markup(page_css()),
        columns=COLUMNS,
        rows=[cells(line) for line in whole],
        families=[(line.family, cells(line)) for line in lines(outcomes, by_family=True)],
        plots=[Markup(view_html(plot)) for plot in _plots(whole)],
        models=len({o.case for o in outcomes}),
        runs=len(outcomes),
        missing=list(missing),
        decisions=[(a, b, compare(outcomes, a, b, access)) for access, a, b in _pairs(whole)],
    )


def compare(outcomes: Sequence[Outcome], first: str, second: str, access: str) -> str:
    """Whether one driver is better than another on the models that both audited.

    A difference that so many models cannot decide is not tested: the number that could is said.
    """
    from .intervals import mcnemar

    def right(driver: str) -> dict[str, bool]:
        return {
            o.case: o.right
            for o in outcomes
            if o.driver == driver and o.access == access and o.counted and o.kind != "identical"
        }

    a, b = right(first), right(second)
    both = sorted(set(a) & set(b))
    if not both:
        return "no model was audited by both"
    wins = sum(a[m] and not b[m] for m in both), sum(b[m] and not a[m] for m in both)
    rate = [sum(r[m] for m in both) / len(both) for r in (a, b)]
    needed = models_needed(*rate)
    said = f"right on {sum(a[m] for m in both)} and {sum(b[m] for m in both)} of {len(both)} models"
    if needed is None or needed > len(both):
        enough = "more than 1000 models" if needed is None else f"about {needed} models"
        return f"{said}: too few to decide; a difference of this size takes {enough}"
    return (
        f"{said}; {wins[0]} to {wins[1]} where they differ, exact McNemar p = {mcnemar(*wins):.3g}"
    )


def _pairs(whole: Sequence[Line]) -> list[tuple[str, str, str]]:
    return [
        (line.access, "playbook", line.driver)
        for line in whole
        if line.driver != "playbook"
        and any(o.driver == "playbook" and o.access == line.access for o in whole)
    ]


def _plots(whole: Sequence[Line]) -> list[Bars | Lines]:
    scored = [line for line in whole if line.sums.headline is not None]
    plots: list[Bars | Lines] = []
    if scored:
        plots.append(
            Bars(
                title="Headline: hits over organisms less false positives over null-trained models",
                caption="0 is what claiming nothing scores",
                names=[f"{line.driver} · {line.access}" for line in scored],
                values=[line.sums.headline or 0.0 for line in scored],
                unit="difference of rates",
            )
        )
    return plots
