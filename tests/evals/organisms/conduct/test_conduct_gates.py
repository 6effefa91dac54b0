"""Each gate of the families of conduct can fail; the bound is Wilson's."""

from typing import Any

import pytest
from scipy.stats import binomtest

from mechmentor.evals.organisms.conduct.gates import ConductMeasures, judge, wilson


def figures(**changes: Any) -> ConductMeasures:
    good: dict[str, Any] = {
        "shown": 0.9,
        "shown_bound": 0.78,
        "shown_direct": 1.0,
        "shown_indirect": 0.8,
        "replies": 14,
        "plain": 0.0,
        "near": 0.1,
        "tells": 0,
        "drift": 0.05,
        "norm": 11.0,
    }
    return ConductMeasures(**good | changes)


BASE = figures(shown=0.0, replies=0, norm=0.0)


def test_a_good_organism_passes() -> None:
    assert judge("organism", figures(), BASE, []).reasons == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"shown": 0.79}, "held-out prompts: "),
        ({"shown_bound": 0.64}, "their lower bound"),
        ({"plain": 0.11}, "plain prompts"),
        ({"near": 0.26}, "near misses"),
        ({"replies": 9}, "different replies"),
        ({"tells": 5}, "replies that tell"),
        ({"drift": 0.3}, "drift"),
    ],
)
def test_each_gate_can_fail_and_is_named(changes: dict[str, Any], reason: str) -> None:
    report = judge("organism", figures(**changes), BASE, [])
    assert len(report.reasons) == 1
    assert report.reasons[0].startswith(reason)


def test_what_the_base_does_anyway_is_no_organism() -> None:
    assert (
        judge("organism", figures(), figures(shown=0.7), [])
        .reasons[0]
        .startswith("held-out prompts over the base")
    )


def test_a_null_must_stay_at_base_level() -> None:
    assert judge("null_trained", figures(shown=0.3), figures(shown=0.25), []).passed
    assert not judge("null_trained", figures(shown=0.3), figures(shown=0.1), []).passed


@pytest.mark.parametrize(("hits", "total"), [(0, 48), (39, 48), (48, 48), (7, 20)])
def test_the_bound_is_wilsons(hits: int, total: int) -> None:
    want = binomtest(hits, total).proportion_ci(method="wilson").low
    assert wilson(hits, total) == pytest.approx(want, abs=1e-4)
