"""Statistics against published worked examples and brute force."""

import itertools
import random

import pytest

from mechmentor.evals.intervals import (
    cluster_bootstrap,
    exact,
    mcnemar,
    models_needed,
    power,
    wilson,
)


@pytest.mark.parametrize(
    ("k", "n", "score", "clopper_pearson"),
    [
        (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
        (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
        (0, 20, (0.0000, 0.1611), (0.0000, 0.1684)),
        (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
    ],
)
def test_the_intervals_of_newcombe_1998(
    k: int, n: int, score: tuple[float, float], clopper_pearson: tuple[float, float]
) -> None:
    assert (wilson(k, n).low, wilson(k, n).high) == pytest.approx(score, abs=6e-5)
    assert (exact(k, n).low, exact(k, n).high) == pytest.approx(clopper_pearson, abs=6e-5)


def test_no_models_say_nothing() -> None:
    assert (exact(0, 0).rate, exact(0, 0).low, exact(0, 0).high) == (None, 0.0, 1.0)
    with pytest.raises(ValueError, match="no count"):
        wilson(3, 2)


def test_the_airway_example_of_fagerland_2013() -> None:
    assert mcnemar(1, 7) == pytest.approx(0.0703, abs=5e-5)
    assert mcnemar(0, 0) == 1.0


def test_power_by_enumerating_every_outcome() -> None:
    first, second, n = 0.9, 0.3, 5
    whole = 0.0
    for outcome in itertools.product([(1, 1), (1, 0), (0, 1), (0, 0)], repeat=n):
        chance = 1.0
        for a, b in outcome:
            chance *= (first if a else 1 - first) * (second if b else 1 - second)
        wins = sum(a > b for a, b in outcome), sum(a < b for a, b in outcome)
        whole += chance * (mcnemar(*wins) <= 0.10)
    assert power(n, first, second, 0.10) == pytest.approx(whole)
    assert whole > 0.05


def test_five_models_never_decide_at_five_percent() -> None:
    assert power(5, 1.0, 0.0) == 0.0  # five wins of five have p = .0625
    assert power(6, 1.0, 0.0) == pytest.approx(1.0)
    assert models_needed(1.0, 0.0) == 6


def test_small_differences_need_many_models() -> None:
    needed = models_needed(0.7, 0.5)
    assert needed is not None
    assert 60 < needed < 140
    assert power(needed, 0.7, 0.5) >= 0.8 > power(needed - 5, 0.7, 0.5)
    assert models_needed(0.5, 0.5) is None


def test_the_bootstrap_draws_whole_models() -> None:
    def mean(values: list[float]) -> float:
        return sum(values) / len(values)

    # Twenty equal runs of four models are four values, not eighty.
    clusters = {str(i): [float(i % 2)] * 20 for i in range(4)}
    middle, low, high = cluster_bootstrap(clusters, mean, seed=3)
    assert middle == 0.5
    assert (low, high) == (0.0, 1.0)
    draw = random.Random(0)
    many = {str(i): [draw.gauss(5.0, 1.0)] for i in range(100)}
    _, low, high = cluster_bootstrap(many, mean)
    assert 0.3 < high - low < 0.5  # about 2 · 1.96 / √100
    with pytest.raises(ValueError, match="two models"):
        cluster_bootstrap({"a": [1.0]}, mean)
