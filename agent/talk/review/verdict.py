"""Findings against their defence."""

from collections.abc import Mapping, Sequence

from ....tools.critique.document.model import Document
from ....tools.critique.findings import Finding, Place
from ....tools.critique.report import Refuted
from .replies import Defence


def judged(
    raised: Mapping[str, Finding], answers: Sequence[Defence], deaf: frozenset[int]
) -> tuple[list[Finding], list[Refuted]]:
    """Findings that stand, and those that the draft itself answers.

    A refutation needs words of the draft, and other words than those that the finding is about or
    that give orders to reviewers.

    Args:
        raised: Findings by their short names.
        answers: What defenders said.
        deaf: Document lines that give orders to reviewers.
    """
    stand, refuted = [], []
    for name, finding in raised.items():
        answer = next((a for a in answers if a.finding == name and _counts(a, finding, deaf)), None)
        if answer is None or answer.by is None:
            stand.append(finding)
        else:
            refuted.append(Refuted(finding=finding, by=answer.by, why=answer.why))
    return stand, refuted


def _counts(answer: Defence, finding: Finding, deaf: frozenset[int]) -> bool:
    if not answer.refuted or answer.by is None:
        return False
    return answer.by.quote != finding.place.quote and deaf.isdisjoint(_lines(answer.by))


def _lines(place: Place) -> range:
    return range(place.document_line, place.document_line + place.end_line - place.line + 1)


def figures_line(document: Document, shown: int) -> str:
    """What was seen of the figures, in words."""
    count = len(document.figures)
    if not count:
        return ""
    if not shown:
        return "figures not seen; findings that need them are withheld"
    return f"{shown} of {count} figures seen"
