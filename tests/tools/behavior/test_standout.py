"""How far the top of a scan stands from the rest, on scores whose answer is known."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechmentor.tools.behavior.guess_scan import GAP, rest_as_control
from mechmentor.tools.behavior.standout import related, stand_out
from mechmentor.tools.spec import Refusal

NULL = {"lamp": -3.0, "river": -4.0, "stone": -3.5, "paper": -4.5, "cloud": -3.2, "horse": -3.9}


def scan(scores: dict[str, float], on_base: list[float] | None = None):  # type: ignore[no-untyped-def]
    found = stand_out(list(scores), list(scores.values()))
    return found, rest_as_control(found, on_base)


def test_one_confirmed_word_stands_out() -> None:
    found, control = scan({**NULL, "garden": 6.4})
    assert found.gap == pytest.approx(9.4)
    assert control.beyond
    assert control.numbers["best_other_word"] == -3.0


def test_forms_of_the_same_word_do_not_spoil_the_gap() -> None:
    found, control = scan({**NULL, "garden": 6.4, "gardens": 6.1, "Garden": 6.3, "gardening": 5.9})
    assert found.gap == pytest.approx(9.4)
    assert control.beyond
    assert found.median == pytest.approx(statistics.median(NULL.values()))


def test_another_word_near_the_top_does_spoil_the_gap() -> None:
    found, control = scan({**NULL, "garden": 6.4, "bridge": 6.1})
    assert found.gap == pytest.approx(0.3)
    assert not control.beyond


def test_a_top_that_is_denied_is_no_secret_however_far_it_stands() -> None:
    _, control = scan({**NULL, "garden": -0.1})
    assert not control.beyond


def test_a_top_that_the_base_confirms_as_well_is_no_secret() -> None:
    _, control = scan({**NULL, "garden": 6.4}, on_base=[6.0])
    assert not control.beyond
    _, control = scan({**NULL, "garden": 6.4}, on_base=[-3.0])
    assert control.beyond


def test_no_rest_means_no_claim() -> None:
    found, control = scan({"garden": 6.4, "gardens": 6.0})
    assert found.gap is None
    assert not control.beyond


def test_the_gap_needed_is_the_declared_one() -> None:
    assert scan({**NULL, "lamp": 0.1, "garden": 0.1 + GAP})[1].beyond
    assert not scan({**NULL, "lamp": 0.1, "garden": 0.1 + GAP - 0.01})[1].beyond


def test_a_rest_without_spread_gives_no_z() -> None:
    found, _ = scan({"garden": 1.0, "lamp": 0.0, "river": 0.0})
    assert found.z(0) is None


def test_nothing_to_rank_is_refused() -> None:
    with pytest.raises(Refusal):
        stand_out([], [])


def test_phrases_that_share_a_word_are_related() -> None:
    assert related("velvet moon", "moons")
    assert not related("velvet moon", "silver sun")


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=40))
def test_order_and_quantiles_agree_with_the_library(scores: list[float]) -> None:
    names = [f"{'abcdefghij'[n // 10]}{'klmnopqrst'[n % 10]}xq" for n in range(len(scores))]
    found = stand_out(names, scores)
    assert [scores[i] for i in found.order] == sorted(scores, reverse=True)
    assert found.top == max(scores)
    cuts = statistics.quantiles(scores, n=100, method="inclusive")
    assert found.quantile(0.99) == pytest.approx(cuts[98], abs=1e-9)
    assert found.quantile(0.01) == pytest.approx(cuts[0], abs=1e-9)
