"""How often a model, as a reviewer, condemns documents without a planted error."""

import json
from pathlib import Path

from .documents import HERE, Row

FILE = HERE / "reviewers.jsonl"


class OnClean(Row):
    """A model's findings on clean documents.

    Attributes:
        model: Its name.
        date: When it was measured.
        documents: How many clean documents it read.
        findings: Findings that stood after their defence.
        major: Those of them called major.
    """

    model: str
    date: str
    documents: int
    findings: int
    major: int

    def __str__(self) -> str:
        return (
            f"{self.findings} on {self.documents} clean documents, {self.major} of them major "
            f"({self.date})"
        )


def calibration(model: str, file: Path | None = None) -> str:
    """What was measured of a model, or that nothing was."""
    path = file or FILE
    rows = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    found = [OnClean(**json.loads(row)) for row in rows if row.strip()]
    own = [one for one in found if one.model == model]
    return str(own[-1]) if own else "not measured"
