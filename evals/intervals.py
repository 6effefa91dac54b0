"""Proportions over models: intervals, paired comparisons, what a number of models can decide.

The unit is the model, not the run: repeated runs of one model go through `cluster_bootstrap`.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from scipy.stats import binom, binomtest

from ..tools.spec import Frozen

LEVEL = 0.95
ALPHA = 0.05
POWER = 0.8
MOST_MODELS = 1000


class Interval(Frozen):
    """A proportion with its interval.

    Attributes:
        k: Successes.
        n: Models.
        rate: k / n; None where n is 0.
        low: Lower bound.
        high: Upper bound.
        method: `wilson`, `exact` or `bootstrap`.
    """

    k: int
    n: int
    rate: float | None
    low: float
    high: float
    method: str

    def shown(self) -> str:
        """Counts first, since a rate alone hides how few there are."""
        return f"{self.k}/{self.n} [{self.low:.2f}, {self.high:.2f}]" if self.n else "0/0"


def wilson(k: int, n: int, level: float = LEVEL) -> Interval:
    """Wilson's score interval.

    Raises:
        ValueError: If k is not between 0 and n.

    Source: Newcombe 1998, Statistics in Medicine 17, 857–872, method 3.
    """
    return _interval(k, n, level, "wilson")


def exact(k: int, n: int, level: float = LEVEL) -> Interval:
    """Clopper and Pearson's interval, never too short; for counts near zero.

    Raises:
        ValueError: If k is not between 0 and n.

    Source: Newcombe 1998, method 5.
    """
    return _interval(k, n, level, "exact")


def _interval(k: int, n: int, level: float, method: str) -> Interval:
    if not 0 <= k <= n:
        raise ValueError(f"{k} of {n} is no count")
    if n == 0:
        return Interval(k=0, n=0, rate=None, low=0.0, high=1.0, method=method)
    found = binomtest(k, n).proportion_ci(level, method=method)
    return Interval(k=k, n=n, rate=k / n, low=found.low, high=found.high, method=method)


def mcnemar(first_only: int, second_only: int) -> float:
    """Exact two-sided p of McNemar's test.

    Args:
        first_only: Models on which only the first driver is right.
        second_only: Models on which only the second is.

    Source: Fagerland, Lydersen, Laake 2013, BMC Medical Research Methodology 13:91, exact
    conditional test.
    """
    n = first_only + second_only
    return 1.0 if n == 0 else float(binomtest(first_only, n, 0.5).pvalue)


def cluster_bootstrap(
    clusters: Mapping[str, Sequence[float]],
    statistic: Callable[[list[float]], float],
    *,
    draws: int = 2000,
    seed: int = 0,
    level: float = LEVEL,
) -> tuple[float, float, float]:
    """A statistic with its percentile interval, whole clusters drawn with replacement.

    Args:
        clusters: The values of each model's runs.
        statistic: From all drawn values to a number.
        draws: Resamples.
        seed: Of the draws.
        level: Of the interval.

    Returns:
        The statistic on all values, lower bound, upper bound.

    Raises:
        ValueError: If there are fewer than two clusters.
    """
    names = sorted(clusters)
    if len(names) < 2:
        raise ValueError("a bootstrap over models needs at least two models")
    draw = random.Random(seed)
    found = sorted(
        statistic([v for name in draw.choices(names, k=len(names)) for v in clusters[name]])
        for _ in range(draws)
    )
    cut = (1 - level) / 2
    whole = statistic([v for name in names for v in clusters[name]])
    return whole, found[int(cut * draws)], found[min(draws - 1, int((1 - cut) * draws))]


def power(n: int, first: float, second: float, alpha: float = ALPHA) -> float:
    """Chance that the exact McNemar test on n models tells two drivers apart.

    Args:
        n: Models that both drivers audit.
        first: True rate of the first driver.
        second: True rate of the second.
        alpha: Level of the test.

    Whether the drivers are right on a model is taken as independent, which understates the power
    of drivers that agree.
    """
    only_first, only_second = first * (1 - second), second * (1 - first)
    differ = only_first + only_second
    if differ == 0:
        return 0.0
    share = only_first / differ
    counts = np.arange(1, n + 1)
    edge = _edge(n, alpha)[1:]
    rejected = binom.cdf(edge, counts, share) + binom.sf(counts - edge - 1, counts, share)
    return float((binom.pmf(counts, n, differ) * rejected).sum())


@cache
def _edge(n: int, alpha: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    """For each number of differing models, the most wins of the loser that still reject; -1: none.

    A two-sided exact test with chance 1/2 is symmetric: p = 2 · P(X ≤ the loser's wins).
    """
    counts = np.arange(n + 1)
    edge = binom.ppf(alpha / 2, counts, 0.5)
    too_far = 2 * binom.cdf(edge, counts, 0.5) > alpha
    return np.where(counts == 0, -1.0, np.where(too_far, edge - 1, edge))


def models_needed(first: float, second: float, wanted: float = POWER) -> int | None:
    """About how many models find a difference of this size with the wanted power.

    Returns:
        The number, or None where `MOST_MODELS` are not enough.
    """
    low, high = 1, MOST_MODELS
    if power(high, first, second) < wanted:
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if power(middle, first, second) >= wanted else (middle + 1, high)
    return low
