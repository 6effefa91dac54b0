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


SECTIONS = [
    "What it answers",
    "When it misleads",
    "Control",
    "How often its verdict appears",
    "Arguments",
    "Data",
    "Example",
    "Source",
]


@pytest.mark.parametrize("name", list(catalog.CATALOG))
def test_a_page_has_every_section_and_none_is_empty(name: str) -> None:
    tool = catalog.load(name)
    parts = page(tool).split("\n## ")[1:]
    found = dict(part.split("\n", 1) for part in parts)
    assert list(found) == SECTIONS
    for section, text in found.items():
        assert len(text.strip()) >= (5 if section in ("Arguments", "Data") else 10), section
    assert "Misleads" not in tool.doc
    assert "Control:" not in found["What it answers"]
    source = found["Source"].split("`")[1]
    assert (FOLDER.parent.parent / source).exists(), source
    if tool.white_box:
        assert not found["Control"].strip().startswith("None"), name


def test_a_page_says_how_often_its_tool_cries_wolf(monkeypatch: pytest.MonkeyPatch) -> None:
    tool = catalog.load("rate_texts")
    row = Counts(tool.version, 5, 9, 2, 10, 0, 1)
    monkeypatch.setattr(calibration, "table", lambda: {tool.name: row})
    assert "on 5 of 9 models" in page(tool)
    assert "2 of 10 null-trained" in page(tool)
    assert "bounds 3% to 56%" in page(tool)  # Clopper and Pearson for 2 of 10
    old = Counts(tool.version + 1, 5, 9, 2, 10, 0, 1)
    monkeypatch.setattr(calibration, "table", lambda: {tool.name: old})
    assert "Not counted" in page(tool)
