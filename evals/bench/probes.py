"""Ridge and logistic probes on all layers against scikit-learn, equal results checked."""

import time
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from ...tools.fit.fits import Method, fit

_PENALTY = {"ridge": 500.0, "logistic": 100.0}
_EQUAL = 0.02  # largest difference of a score, as a share of the scores' spread


def measure(states: torch.Tensor, labels: torch.Tensor, rounds: int) -> list[dict[str, Any]]:
    """Median seconds for all layers, one thread each, in turn.

    Args:
        states: [layer, text, d_model].
        labels: 0 or 1 for each text.
        rounds: Rounds of both.

    Returns:
        For each method: `name`, `own_s`, `sklearn_s`, `ratio`, `largest_difference` (share of the
        spread of the scores), `accuracy`, `sklearn_accuracy`, `equal`.
    """
    found = []
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            for name in ("ridge", "logistic"):
                own, other = [], []
                for _ in range(rounds):
                    other.append(_theirs(name, states, labels))
                    own.append(_ours(name, states, labels))
                mine, theirs = own[0][1], other[0][1]
                gap = float(np.abs(mine - theirs).max() / theirs.std())
                truth = labels.numpy() > 0
                seconds = [float(np.median([t for t, _ in side])) for side in (own, other)]
                found.append(
                    {
                        "name": name,
                        "own_s": seconds[0],
                        "sklearn_s": seconds[1],
                        "ratio": seconds[1] / seconds[0],
                        "largest_difference": gap,
                        "accuracy": float(((mine > 0) == truth).mean()),
                        "sklearn_accuracy": float(((theirs > 0) == truth).mean()),
                        "equal": gap < _EQUAL,
                    }
                )
    finally:
        torch.set_num_threads(threads)
    return found


def _ours(name: Any, states: torch.Tensor, labels: torch.Tensor) -> tuple[float, Any]:
    method: Method = name
    started = time.perf_counter()
    scores = [fit(method, x, labels[:, None], _PENALTY[name]).score(x)[:, 0] for x in states]
    return time.perf_counter() - started, torch.stack(scores).numpy()


def _theirs(name: str, states: torch.Tensor, labels: torch.Tensor) -> tuple[float, Any]:
    arrays, target = states.numpy(), labels.numpy()
    started = time.perf_counter()
    scores = []
    for x in arrays:
        z = StandardScaler().fit_transform(x)
        if name == "ridge":
            scores.append(Ridge(alpha=_PENALTY[name]).fit(z, 2 * target - 1).predict(z))
        else:
            model = LogisticRegression(C=1 / _PENALTY[name], max_iter=1000)
            scores.append(model.fit(z, target).decision_function(z))
    return time.perf_counter() - started, np.stack(scores)
