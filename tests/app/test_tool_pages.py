"""The pages in docs/ are those that the declarations give now."""

import pytest

from mechmentor.app.tool_pages import FOLDER, page, pages
from mechmentor.tools import calibration, catalog
from mechmentor.tools.calibration import Counts


def test_the_pages_are_current() -> None:
    made = pages()
    assert {p.name for p in FOLDER.glob("*.md")} == set(made)
    for name, text in made.items():
        said = "docs/tools is old; make it again: mechmentor dev tool-pages"
        assert (FOLDER / name).read_text(encoding="utf-8") == text, said


def test_a_page_says_how_often_its_tool_cries_wolf(monkeypatch: pytest.MonkeyPatch) -> None:
    tool = catalog.load("rate_texts")
    row = Counts(tool.version, 5, 9, 2, 10, 0, 1)
    monkeypatch.setattr(calibration, "table", lambda: {tool.name: row})
    assert "on 5 of 9 models" in page(tool)
    assert "2 of 10 null-trained" in page(tool)
    old = Counts(tool.version + 1, 5, 9, 2, 10, 0, 1)
    monkeypatch.setattr(calibration, "table", lambda: {tool.name: old})
    assert "Not counted" in page(tool)
