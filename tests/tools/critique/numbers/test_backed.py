"""Roles of numbers, and what the numbers beside one bear out."""

import pytest

from mechmentor.tools.critique.numbers.backed import backed, began, wholes
from mechmentor.tools.critique.numbers.roles import inside_own_interval, role
from mechmentor.tools.critique.numbers.values import numbers


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("It is 81.2% (95% CI 78.0 to 84.1).", ["value", "level", "end", "end"]),
        ("The slope is 1.92 (SD 0.11), t(38) = 5.20.", ["value", "spread", "df", "statistic"]),
        ("They agree (ρ = 0.46, p = .02).", ["coefficient", "p"]),
        ("It is 2.4 times as long, a gain of 3.1 points.", ["ratio", "change"]),
        ("The mean loss is 2.31 nats.", ["value"]),
    ],
)
def test_a_number_has_a_role(text: str, roles: list[str]) -> None:
    assert [role(text, n) for n in numbers(text)] == roles


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("45 of 60 came, or 75.0%.", True),
        ("45 of 60 came, or 70.0%.", False),
        ("It went from 1.42 to 4.90, by 3.48.", True),
        ("It went from 1.42 to 4.90, by 3.86.", False),
        ("We drew 12 oaks, 9 elms and 7 ashes, 28 trees.", True),
    ],
)
def test_neighbours_bear_a_number_out(text: str, good: bool) -> None:
    found = numbers(text)
    assert backed(found[-1], found[:-1]) is good


def test_where_a_number_began_and_what_it_is_of() -> None:
    end, size = numbers("4.76, 3.34")
    assert [n.value for n in began(end, [size])] == pytest.approx([1.42])
    count, share = numbers("463 cases (92.6%)")
    assert [n.value for n in wholes(share, [count])] == [500.0]


def test_an_interval_around_its_estimate_bears_it_out() -> None:
    text = "It recovers 0.63 of it, 95% interval [0.55, 0.71]."
    assert inside_own_interval(text, numbers(text)[0])
    text = "It recovers 0.83 of it, 95% interval [0.55, 0.71]."
    assert not inside_own_interval(text, numbers(text)[0])
