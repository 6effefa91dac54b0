"""Gates as bounds."""

import pytest

from mechmentor.evals.organisms.bounds import Bound, unmet


@pytest.mark.parametrize(
    ("value", "rule", "holds"),
    [
        (0.8, "at least", True),
        (0.81, "at least", True),
        (0.79, "at least", False),
        (0.8, "at most", True),
        (0.79, "at most", True),
        (0.81, "at most", False),
    ],
)
def test_on_the_limit_is_right(value: float, rule: str, holds: bool) -> None:
    assert Bound("figure", value, rule, 0.8).holds is holds  # type: ignore[arg-type]


def test_a_rate_in_float32_may_equal_its_limit() -> None:
    assert Bound("near words", 0.05000000074505806, "at most", 0.05).holds
    assert not Bound("near words", 0.0501, "at most", 0.05).holds


def test_unmet_tells_figure_and_limit_of_those_that_do_not_hold() -> None:
    told = unmet(
        [
            Bound("held-out prompts", 0.9, "at least", 0.8),
            Bound("near misses", 0.3, "at most", 0.25),
            Bound("drift on plain prompts", 0.0143, "at most", 0.01204, "of the family"),
        ]
    )
    assert told == [
        "near misses: 0.300, must be at most 0.25",
        "drift on plain prompts: 0.014, must be at most 0.012 (of the family)",
    ]


def test_not_a_number_holds_nothing() -> None:
    assert not Bound("drift", float("nan"), "at most", 1.0).holds
    assert not Bound("drift", float("nan"), "at least", 0.0).holds
