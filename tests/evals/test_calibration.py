"""The Brier score by hand and by its parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechmentor.evals.calibration import brier


def test_by_hand() -> None:
    found = brier([0.9, 0.9, 0.1, 0.5], [True, False, False, True])
    assert found is not None
    assert found.score == pytest.approx((0.01 + 0.81 + 0.01 + 0.25) / 4)
    assert [row.n for row in found.bins] == [1, 1, 2]
    assert found.bins[-1].came_true == 0.5


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.3, 0.5, 0.7, 0.9]), st.booleans()), min_size=1))
def test_the_parts_add_up_where_a_bin_is_one_value(claims: list[tuple[float, bool]]) -> None:
    found = brier([c for c, _ in claims], [o for _, o in claims])
    assert found is not None
    parts = found.reliability - found.resolution + found.uncertainty
    assert found.score == pytest.approx(parts)


def test_nothing_and_nonsense() -> None:
    assert brier([], []) is None
    with pytest.raises(ValueError, match="between 0 and 1"):
        brier([1.2], [True])
    with pytest.raises(ValueError, match="outcomes"):
        brier([0.5], [])
