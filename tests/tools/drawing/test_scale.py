"""Axes, colours and labels: round ticks, readable text, nothing hidden."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mechmentor.tools.drawing.label import clip, column, number, pad, token, visible, wrap
from mechmentor.tools.drawing.scale import (
    STEPS,
    Scale,
    contrast,
    ink_on,
    ramp,
    tick_labels,
    ticks,
)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("diverging", [False, True])
def test_text_on_every_colour_is_readable(theme, diverging):
    for color in ramp(theme, diverging):
        assert contrast(color, ink_on(color, theme)) >= 4.5, color


def test_contrast_matches_the_published_extremes():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_signed_numbers_share_one_neutral_middle():
    scale = Scale.over([-1.0, 4.0], diverging=True)
    assert (scale.low, scale.high) == (-4.0, 4.0)
    assert scale.step(0.0) == STEPS // 2
    assert scale.step(4.0) == STEPS - 1
    assert scale.step(None) is None
    assert scale.step(math.nan) is None


def test_amounts_start_at_nothing_unless_all_are_far_from_it():
    assert Scale.over([0.1, 1.0], diverging=False).low == 0.0
    assert Scale.over([0.9, 1.0], diverging=False).low == 0.9


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.integers(2, 9))
def test_ticks_are_few_inside_and_evenly_spaced(low, span, wanted):
    high = low + span
    marks = ticks(low, high, wanted)
    assert len(marks) <= 2 * wanted + 2
    slack = 1e-6 * max(abs(low), abs(high), span)
    assert all(low - slack <= m <= high + slack for m in marks)


def test_tick_labels_have_equal_decimals():
    assert tick_labels(ticks(0, 1, 5)) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert tick_labels([0.0, 2.5, 5.0]) == ["0.0", "2.5", "5.0"]
    assert tick_labels([0.0, 1000.0]) == ["0", "1,000"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "—"),
        (0.0, "0"),
        (6.314, "6.31"),
        (-0.05, "-0.0500"),
        (1234.5, "1,234"),
        (3, "3"),
        (49152, "49,152"),
        (1.5e-7, "1.50e-7"),
        (math.inf, "∞"),
        (math.nan, "NaN"),
    ],
)
def test_numbers_have_three_digits(value, shown):
    assert number(value) == shown


def test_a_column_shares_its_decimals():
    assert column([6.31, -0.05, None]) == ["6.31", "-0.05", "—"]
    assert column([6.31, 0.0005]) == ["6.31", "5.00e-4"]


def test_what_hides_or_reorders_is_shown():
    assert visible("a\nb\tc\x1b[0m\u202e\u200bd") == "a↵b⇥c␛[0m⟨U+202E⟩⟨U+200B⟩d"
    assert visible("a\r\nb", keep_lines=True) == "a\nb"
    assert visible("\ud800\x85\uffff") == "\ufffd" * 3


def test_outer_spaces_of_a_token_are_dots():
    assert token(" Paris") == "·Paris"
    assert token("  ") == "··"
    assert token("a b ") == "a b·"


@given(st.text(max_size=80), st.integers(1, 30))
def test_clip_and_pad_keep_to_their_width(text, cells):
    assert cell_len(clip(visible(text), cells)) <= cells
    assert cell_len(pad(visible(text), cells)) == cells


@given(st.text(max_size=200), st.integers(4, 40))
def test_wrap_loses_nothing_but_spaces(text, cells):
    shown = visible(text, keep_lines=True)
    lines = wrap(shown, cells)
    assert max(map(cell_len, lines)) <= cells
    assert "".join("".join(lines).split()) == "".join(shown.split())
