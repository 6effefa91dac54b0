"""Tail probabilities against scipy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechmentor.tools.critique.numbers import distributions as ours

stats = pytest.importorskip("scipy.stats")
value = st.floats(0.01, 30)
degrees = st.integers(1, 400)


@given(value, degrees, degrees)
def test_tails_equal_scipy(x: float, a: int, b: int) -> None:
    assert ours.p_normal(x) == pytest.approx(2 * stats.norm.sf(x), rel=1e-7, abs=1e-14)
    assert ours.p_t(x, a) == pytest.approx(2 * stats.t.sf(x, a), rel=1e-6, abs=1e-12)
    assert ours.p_f(x, a, b) == pytest.approx(stats.f.sf(x, a, b), rel=1e-6, abs=1e-10)
    assert ours.p_chi2(x, a) == pytest.approx(stats.chi2.sf(x, a), rel=1e-6, abs=1e-10)
