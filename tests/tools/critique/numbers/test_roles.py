"""Roles of numbers."""

import pytest

from mechmentor.tools.critique.numbers.roles import role
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
