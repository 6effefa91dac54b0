"""The pages in docs/ are those that the declarations give now."""

from xml.etree import ElementTree

import pytest

from mechmentor.app.tool_pages import FOLDER, PICTURES, page, pages
from mechmentor.app.tool_pictures import drawable
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
    assert "| 5/9 | 2/10 |" in pages()["index.md"]
    assert "bounds 3% to 56%" in page(tool)  # Clopper and Pearson for 2 of 10
    old = Counts(tool.version + 1, 5, 9, 2, 10, 0, 1)
    monkeypatch.setattr(calibration, "table", lambda: {tool.name: old})
    assert "Not counted" in page(tool)


@pytest.mark.parametrize("alarms", [1, 2])
def test_a_page_warns_of_a_verdict_that_nulls_get_as_well(
    alarms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = catalog.load("rate_texts")
    row = Counts(tool.version, 5, 9, alarms, 7, 0, 1)
    monkeypatch.setattr(calibration, "table", lambda: {tool.name: row})
    assert ("no sign of something planted" in page(tool)) == (alarms == 2)


@pytest.mark.parametrize("name", drawable())
def test_each_tool_that_acts_on_a_model_shows_its_example(name: str) -> None:
    picture = PICTURES / f"{name}.svg"
    assert picture.exists(), "draw it: mechmentor dev tool-pages --pictures"
    svg = ElementTree.parse(picture).getroot()
    assert svg.tag == "{http://www.w3.org/2000/svg}svg"
    assert not [e for e in svg.iter() if e.tag.endswith(("script", "foreignObject"))]
    assert picture.stat().st_size < 300_000
    text = page(catalog.load(name))
    assert f"(pictures/{name}.svg)" in text
    assert " it says:\n\n```\n" in text
