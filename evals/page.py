"""The evaluation as one offline page and as a markdown table."""

from collections.abc import Sequence
from importlib import resources
from itertools import groupby
from typing import NamedTuple

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from ..tools.view import page_css, view_html
from ..tools.views import Bars, Lines
from .calibration import BINS
from .cheats.table import cheat_lines, cheat_table
from .intervals import models_needed
from .study.answers import Answer
from .study.suite import STUDIES
from .study_table import COLUMNS as STUDY_COLUMNS
from .study_table import study_lines, study_markdown, study_rows
from .table import Outcome, Summary, summarise

COLUMNS = (
    "access",
    "driver",
    "family",
    "models found",
    "false positives",
    "identical",
    "not planted",
    "headline",
    "abstained",
    "Brier",
    "reliability",
    "tokens",
    "seconds",
    "dollars",
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
        line.family,
        s.hits.shown(),
        s.false_positives.shown(),
        f"{s.identical.k}/{s.identical.n}",
        str(s.not_planted),
        "–" if s.headline is None else f"{s.headline:+.2f}",
        str(s.abstained),
        "–" if s.brier is None else f"{s.brier.score:.2f}",
        "–" if s.brier is None else f"{s.brier.reliability:.2f}",
        f"{s.tokens:.0f}",
        f"{s.seconds:.0f}" + (f" ({s.looked_up:.0%} looked up)" if s.looked_up else ""),
        "unknown" if s.dollars is None else f"{s.dollars:.2f}",
        left_out or "–",
    ]


def rows(outcomes: Sequence[Outcome], *, by_family: bool = False) -> list[list[str]]:
    """The lines' cells; an access without a language model has a line that says so."""
    found = [cells(line) for line in lines(outcomes, by_family=by_family)]
    if not by_family:
        asked = {o.access for o in outcomes if o.driver == "llm"}
        rest = sorted({o.access for o in outcomes} - asked)
        found += [[access, "llm", "all", *["not run"] * (len(COLUMNS) - 3)] for access in rest]
    return sorted(found, key=lambda row: row[:3])


def markdown(
    outcomes: Sequence[Outcome], missing: Sequence[str] = (), answers: Sequence[Answer] = ()
) -> str:
    """The tables as markdown, with what was not run below them."""
    if not outcomes and answers:
        table = "No audits in these logs."
    else:
        table = _table([list(COLUMNS), ["---"] * len(COLUMNS), *rows(outcomes)])
    families = rows(outcomes, by_family=True)
    if families:
        table += f"\n\n{_table([list(COLUMNS), ['---'] * len(COLUMNS), *families])}"
    if answers:
        table += f"\n\n{study_markdown(answers)}"
    cheats = cheat_lines(outcomes)
    if cheats:
        table += f"\n\n{cheat_table(cheats)}"
    rest = "".join(f"\n- {text}" for text in missing)
    return f"{table}\n{f'{chr(10)}Not run:{chr(10)}{rest}{chr(10)}' if rest else ''}"


def _table(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def html(
    outcomes: Sequence[Outcome], missing: Sequence[str] = (), answers: Sequence[Answer] = ()
) -> str:
    """The page: tables, plots, what was not run. It loads nothing from anywhere."""
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(
        resources.files(__package__).joinpath("page.html.j2").read_text(encoding="utf-8")
    )
    whole = lines(outcomes)
    return template.render(
        css=Markup(page_css()),
        columns=COLUMNS,
        rows=rows(outcomes),
        families=rows(outcomes, by_family=True),
        plots=[Markup(view_html(plot)) for plot in _plots(whole)],
        models=len({o.case for o in outcomes}),
        runs=len(outcomes),
        missing=list(missing),
        decisions=[
            (access, a, b, compare(outcomes, a, b, access)) for access, a, b in _pairs(whole)
        ],
        studies=[(name, study.line) for name, study in STUDIES.items()],
        study_columns=STUDY_COLUMNS,
        study_rows=study_rows(answers) if answers else [],
        study_groups=study_rows(answers, by_group=True) if answers else [],
        study_plots=[Markup(view_html(plot)) for plot in _study_plots(answers)],
        cheats=cheat_lines(outcomes),
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
    honest = [line for line in whole if not line.driver.startswith("cheat:")]
    said = [b for line in honest if line.sums.brier for b in line.sums.brier.bins]
    if said:
        plots.append(
            Bars(
                title="Calibration: said, and what came true",
                caption=f"in each line the stated confidences of a bin, {1 / BINS:.1f} wide, from "
                "the number on; true: how often they came true; n answers, abstentions included",
                names=[
                    # Short, since long names are cut at the end.
                    f"{what} {line.access} {line.driver} {b.low:.1f} n {b.n}"
                    for line in honest
                    if line.sums.brier
                    for b in line.sums.brier.bins
                    for what in ("said", "true")
                ],
                values=[value for b in said for value in (b.said, b.came_true)],
                unit="share",
            )
        )
    return plots


def _study_plots(answers: Sequence[Answer]) -> list[Bars]:
    scored = [row for row in study_lines(answers) if row[3].score is not None]
    if not scored:
        return []
    return [
        Bars(
            title="Discrimination: flawed items caught less sound items accused",
            caption="0 is what praising or condemning everything scores",
            names=[f"{task} · {player}" for task, player, _, _ in scored],
            values=[sums.score or 0.0 for _, _, _, sums in scored],
            unit="difference of rates",
        )
    ]
