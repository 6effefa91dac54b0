"""Pictures: every kind is drawn for terminal, SVG and HTML, safely and with its control."""

import importlib.util
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mechmentor.tools.spec import Control, Cost, Data, Failure, Handle, Result, WhiteBox
from mechmentor.tools.view import (
    failure_html,
    failure_text,
    page_css,
    result_html,
    result_text,
    view_html,
    view_svg,
    view_text,
)
from mechmentor.tools.views import Bars, HeatMap, Lines, Passage, Passages, Series

_spec = importlib.util.spec_from_file_location(
    "view_samples", Path(__file__).with_name("view_samples.py")
)
assert _spec is not None
assert _spec.loader is not None
samples = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(samples)

EVERY = list(samples.every().items())
NS = "{http://www.w3.org/2000/svg}"


class Numbers(Data):
    margin: float


def result(**changes: object) -> WhiteBox[Numbers]:
    fields: dict[str, object] = {
        "summary": "The target confirms 'garden'.",
        "data": Numbers(margin=6.31),
        "control": Control(what="32 random words", numbers={"best": -0.57}, beyond=True),
        "view": samples.bars(),
        "warnings": ["12% of the vocabulary was scanned."],
        "handles": [Handle(name="dir:7", shape=(8,), model="m", sha256="s")],
        "cost": Cost(tokens=4096, seconds=2.1, dollars=None),
    }
    return WhiteBox[Numbers](**{**fields, **changes})


# ------------------------------------------------------------------------------------ every kind


@pytest.mark.parametrize(("name", "view"), EVERY)
@pytest.mark.parametrize("width", [40, 80, 200])
def test_text_fits_the_terminal_and_obeys_nothing(name, view, width):
    text = view_text(view, width)
    assert text.strip()
    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\x00" not in text
    text.encode()


@pytest.mark.parametrize(("name", "view"), EVERY)
def test_svg_is_well_formed_named_described_and_inert(name, view):
    root = ET.fromstring(view_svg(view))
    assert root.get("role") == "img"
    title, desc = root.find(f"{NS}title"), root.find(f"{NS}desc")
    assert title is not None
    assert title.text
    assert desc is not None
    assert desc.text
    assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    tags = {element.tag.removeprefix(NS) for element in root.iter()}
    assert tags <= {"svg", "title", "desc", "style", "rect", "path", "text", "g"}
    assert not [k for e in root.iter() for k in e.attrib if k.startswith("on") or "href" in k]
    assert "url(" not in view_svg(view)


@pytest.mark.parametrize(("name", "view"), EVERY)
def test_svg_draws_inside_its_own_frame(name, view):
    root = ET.fromstring(view_svg(view))
    left, top, width, height = map(float, root.get("viewBox", "").split())
    for element in root.iter(f"{NS}rect"):
        x, y = float(element.get("x", 0)), float(element.get("y", 0))
        assert left - 0.5 <= x
        assert x + float(element.get("width", 0)) <= left + width + 0.5
        assert top - 0.5 <= y
        assert y + float(element.get("height", 0)) <= top + height + 0.5
    for element in root.iter(f"{NS}text"):
        if element.get("y"):
            assert top <= float(element.get("y", 0)) <= top + height


@pytest.mark.parametrize(("name", "view"), EVERY)
def test_html_holds_no_foreign_markup(name, view):
    html = view_html(view)
    assert "<script" not in html
    assert "http" not in html.replace("http://www.w3.org/2000/svg", "")
    assert html.count("<figure>") == html.count("</figure>") == 1


@pytest.mark.parametrize(("name", "view"), EVERY)
def test_colour_changes_nothing_but_colour(name, view):
    plain = re.sub(r"\x1b\[[0-9;]*m", "", view_text(view, 80, color=True))
    assert "\x1b" not in plain
    kept = [w for w in view_text(view, 80).split() if w.isalnum()]
    assert set(kept) <= set(re.findall(r"\w+", plain))


@given(st.text(max_size=40), st.integers(40, 120))
def test_any_text_of_a_model_is_drawn(text, width):
    view = Passages(title=text, items=[Passage(label=text, text=text, prompt=text, control=text)])
    ET.fromstring(view_svg(view))
    assert max(map(cell_len, view_text(view, width).split("\n"))) <= width


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=6),
    st.booleans(),
)
def test_any_numbers_are_drawn(values, flag):
    names = [f"n{i}" for i in range(len(values))]
    drawn = [
        Bars(title="t", names=names, values=values, control=list(values), band=(-1.0, 1.0)),
        HeatMap(title="t", rows=["r"], columns=names, values=[list(values)], diverging=flag),
        Lines(
            title="t",
            x=list(map(float, range(len(values)))),
            log_y=flag,
            series=[Series(name="s", y=list(values))],
        ),
    ]
    for view in drawn:
        ET.fromstring(view_svg(view))
        assert max(map(cell_len, view_text(view, 60).split("\n"))) <= 60


# -------------------------------------------------------------------------------- what is shown


def test_a_lens_is_readable_in_a_terminal():
    text = view_text(samples.lens(), 80)
    head = next(line for line in text.splitlines() if "·capital" in line)
    assert "↵" in head  # a line break in a token
    assert "東京" in head
    rows = [line for line in text.splitlines() if line.lstrip().startswith("L")]
    assert len(rows) == 4
    assert rows[3].count("·Paris") == 5
    assert "█·Paris" in rows[3]  # the most certain cell is the darkest
    assert "█" not in rows[0]
    assert "largest: 1.00 probability at L3 × naïve" in text
    assert "largest in the control: 0.0500" in text


def test_columns_of_a_heat_map_stand_under_their_heads():
    lines = view_text(samples.lens(), 80).splitlines()
    head = next(line for line in lines if "·capital" in line)
    row = next(line for line in lines if line.startswith("L3"))
    at = cell_len(head[: head.index("·capital")])
    cells = [cell_len(row[: m.start()]) for m in re.finditer("·Paris", row)]
    assert at in cells


def test_a_missing_value_is_shown_as_missing():
    view = HeatMap(title="t", rows=["a"], columns=["b", "c"], values=[[1.0, None]])
    assert "x: no value" in view_text(view)
    assert "no value" in view_svg(view)
    assert "no value" not in view_svg(view.model_copy(update={"values": [[1.0, 0.0]]}))


def test_bars_show_control_and_band():
    text = view_text(samples.bars(), 80)
    garden = next(line for line in text.splitlines() if line.startswith("·garden"))
    assert "◇" in garden
    assert garden.endswith("6.31    0.200")
    assert "░ control band -0.900 to 1.70" in text
    svg = view_svg(samples.bars())
    assert svg.count('class="dia"') == 3  # the key and two controls
    assert 'class="band"' in svg


def test_a_bar_inside_the_band_is_pale():
    root = ET.fromstring(view_svg(samples.bars()))
    tips = {
        (t.text or "").split(":")[0]: e.get("class")
        for e in root.iter(f"{NS}rect")
        for t in e.findall(f"{NS}title")
    }
    assert tips == {"·garden": "bar", "·winter": "pale", "low": "bar"}


def test_bar_lengths_are_proportional():
    view = Bars(title="t", names=["a", "b"], values=[2.0, 1.0])
    root = ET.fromstring(view_svg(view))
    a, b = (float(e.get("width", 0)) for e in root.iter(f"{NS}rect") if e.get("class") == "bar")
    assert a / b == pytest.approx(2.0, rel=0.01)


def test_control_lines_are_dashed_and_their_envelope_is_shaded():
    svg = view_svg(samples.lines())
    assert svg.count('class="ctl"') == 2
    assert svg.count('class="band"') == 1
    text = view_text(samples.lines())
    assert "● probe: 0.500 to 0.950 accuracy" in text
    assert "· control (shuffled one, shuffled two): 0.400 to 0.600 accuracy" in text


def test_a_logarithmic_axis_says_what_it_can_not_show():
    view = Lines(title="t", x=[1, 2], series=[Series(name="a", y=[0.0, 100.0])], log_y=True)
    assert "not drawn are 1 values" in view_text(view)
    assert "not drawn" in view_svg(view)


def test_controls_of_a_table_stand_below_a_rule():
    lines = view_text(samples.table()).splitlines()
    rule = next(i for i, line in enumerate(lines) if "control" in line)
    assert "winter" in lines[rule - 1]
    assert "best of the null" in lines[rule + 1]
    html = view_html(samples.table())
    assert html.index("winter") < html.index("rowgroup") < html.index("best of the null")


def test_passages_stand_beside_their_control_in_a_wide_terminal():
    wide = view_text(samples.passages(), 120)
    assert any("In Portugal." in x and "Anywhere." in x for x in wide.splitlines())
    narrow = view_text(samples.passages(), 60)
    assert not any("In Portugal." in x and "Anywhere." in x for x in narrow.splitlines())
    assert "┊ Anywhere." in narrow


def test_more_bars_than_fit_are_counted():
    svg = view_svg(samples.every()["many bars"])
    assert "120 more bars are not drawn" in svg


def test_bare_leaves_the_title_to_the_page():
    drawn = ET.fromstring(view_svg(samples.lines(), bare=True))
    assert "Probe accuracy" not in [e.text for e in drawn.iter(f"{NS}text")]
    assert view_html(samples.lines()).count("<figcaption>Probe accuracy</figcaption>") == 1


def test_a_page_carries_the_style_once():
    assert "<style" not in view_html(samples.lens(), style=False)
    assert page_css().count("prefers-color-scheme:dark") == 1
    for name in set(re.findall(r"var\((--\w+)\)", page_css())):
        assert f"{name}:" in page_css(), f"{name} is used but never set"


# ------------------------------------------------------------------------------------- results


def test_a_result_as_text_has_all_its_parts():
    text = result_text(result())
    assert text.startswith("The target confirms 'garden'.")
    for part in (
        "Margins",
        "Control: 32 random words (best -0.57). The result lies beyond the control.",
        "Warning: 12% of the vocabulary was scanned.",
        "Kept: dir:7",
        "Cost: 1 call, 4,096 tokens, 2.1 s, dollars unknown",
    ):
        assert part in text
    assert str(result()) == text


def test_a_result_inside_its_control_says_so():
    inside = result(control=Control(what="32 random words", beyond=False))
    assert "within the control: no effect beyond it" in " ".join(result_text(inside).split())
    assert "beyond the control" not in result_html(inside)
    none = result(control=Control.none("the weights are read, not sampled"))
    assert "No control: the weights are read, not sampled." in result_text(none)


def test_a_result_as_html_is_whole_and_escaped():
    html = result_html(result(summary="<b>bold</b>", warnings=["<i>odd</i>"]))
    assert "&lt;b&gt;bold" in html
    assert "&lt;i&gt;odd" in html
    assert "<svg" in html
    assert "dollars unknown" in html
    assert result()._repr_html_().startswith('<div class="mm"><style>')


def test_a_result_without_a_picture_or_control():
    bare = Result[Numbers](summary="Said hello.", data=Numbers(margin=0.0))
    assert result_text(bare) == "Said hello.\nCost: 1 call, 0 tokens, 0 ms"
    assert "<figure>" not in result_html(bare)


def test_a_failure_names_the_way_out():
    failure = Failure(code="no_base", message="There is <no> base.", hint="Use target_only.")
    assert failure_text(failure) == "no_base: There is <no> base.\nInstead: Use target_only."
    assert "&lt;no&gt;" in failure_html(failure)
