"""The project's own pages pass its own linter; a silenced finding gives its reason in the page."""

from pathlib import Path

import pytest

import mechmentor
from mechmentor.tools.critique.document.read import read_draft
from mechmentor.tools.critique.linter import lint

ROOT = Path(mechmentor.__file__).parent
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "benchmarks").rglob("*.md")),
    *sorted((ROOT / "context_files").glob("*.md")),
    ROOT / "evals" / "critique" / "README.md",
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_passes(page: Path) -> None:
    report = lint(read_draft(page))
    assert [f"{f.place.line} {f.rule}: {f.message}" for f in report.findings] == []
    assert all(len(item.reason.split()) >= 3 for item in report.silenced)
