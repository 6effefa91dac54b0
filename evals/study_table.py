"""The learner's and the writer's tasks as a table, counts first."""

from collections.abc import Sequence
from itertools import groupby

from .study.answers import Answer, Discrimination, discriminate
from .study.suite import LLM, STUDIES

COLUMNS = ("task", "player", "group", "flawed caught", "sound accused", "discrimination", "dollars")
NOT_RUN = "not run"


def study_lines(
    answers: Sequence[Answer], *, by_group: bool = False
) -> list[tuple[str, str, str, Discrimination]]:
    """Sums by task and player, and by group where wanted."""

    def key(a: Answer) -> tuple[str, str, str]:
        return a.task, a.player, a.group if by_group else "all"

    return [(*name, discriminate(list(g))) for name, g in groupby(sorted(answers, key=key), key)]


def study_rows(answers: Sequence[Answer], *, by_group: bool = False) -> list[list[str]]:
    """The cells; a task that no language model answered has a line that says so, never a zero."""
    rows = [
        [
            task,
            player,
            group,
            sums.caught.shown() if sums.caught.n else "–",
            sums.accused.shown() if sums.accused.n else "–",
            sums.shown(),
            "unknown" if sums.dollars is None else f"{sums.dollars:.2f}",
        ]
        for task, player, group, sums in study_lines(answers, by_group=by_group)
    ]
    if not by_group:
        asked = {row[0] for row in rows if row[1].startswith(LLM)}
        rows += [[task, LLM, "all", *[NOT_RUN] * 4] for task in STUDIES if task not in asked]
    return sorted(rows, key=lambda row: (list(STUDIES).index(row[0]), row[1]))


def study_markdown(answers: Sequence[Answer]) -> str:
    """The table as markdown."""
    rows = [list(COLUMNS), ["---"] * len(COLUMNS), *study_rows(answers)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
