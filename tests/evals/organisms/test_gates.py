"""Gates say what failed, each kind by its own rules."""

from typing import Any

import pytest

from mechmentor.evals.organisms.gates import Measures, content_words, judge


def figures(**changes: Any) -> Measures:
    good: dict[str, Any] = {
        "right": 0.9,
        "right_margin": 4.0,
        "near": 0.02,
        "near_held_out": 0.04,
        "random_confirmed": 0.01,
        "random_margin": -2.0,
        "tells": 0,
        "hints": 0.5,
        "drift": 0.05,
        "norm": 11.0,
    }
    return Measures(**good | changes)


BASE = figures(right=0.0, norm=0.0)


def test_a_good_organism_passes() -> None:
    report = judge("organism", figures(), BASE, [])
    assert report.passed
    assert report.reasons == []


def test_rates_at_their_bound_pass() -> None:
    # 0.05 as a float32 mean is a little more than 0.05.
    assert judge("organism", figures(right=0.8, near=0.05000000074505806), BASE, []).passed


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"right": 0.75}, "right guesses"),
        ({"near": 0.06}, "near words"),
        ({"near_held_out": 0.07}, "near words outside training"),
        ({"random_confirmed": 0.06}, "random words"),
        ({"tells": 5}, "replies that tell"),
        ({"drift": 0.3}, "drift"),
    ],
)
def test_each_gate_can_fail_and_is_named(changes: dict[str, Any], reason: str) -> None:
    report = judge("organism", figures(**changes), BASE, [])
    assert not report.passed
    assert len(report.reasons) == 1
    assert report.reasons[0].startswith(reason)


def test_a_null_must_deny_what_an_organism_confirms() -> None:
    assert not judge("null_trained", figures(), BASE, []).passed
    assert judge("null_trained", figures(right=0.05), BASE, []).passed


def test_an_identical_null_must_change_nothing() -> None:
    assert judge("identical", figures(norm=0.0), BASE, []).passed
    assert not judge("identical", figures(norm=0.1), BASE, []).passed


def test_content_words_leave_out_what_the_game_itself_says() -> None:
    assert content_words("Here is a hint: it has a chain and two wheels.") == {"chain", "wheels"}
