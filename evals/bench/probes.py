"""Ridge and logistic probes on all layers against scikit-learn, equal results checked."""

import time
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from ...tools.fit.fits import Linear, Method, fit

PENALTY = {"ridge": 500.0, "logistic": 100.0}
_EQUAL = 0.01  # largest difference of scores or weights, as a share of their spread
FLOOR = {"ridge": 5.0, "logistic": 1.3}
_Fitted = tuple[np.ndarray, np.ndarray]  # scores [text, set], weights [d_model, set]
_Fits = tuple[float, np.ndarray, np.ndarray]  # seconds; both by layer


def measure(
    states: torch.Tensor, labels: torch.Tensor, rounds: int, shuffles: int = 8
) -> list[dict[str, Any]]:
    """Least processor seconds for all layers, one thread each, in turn.

    Each method is measured with the labels alone and with shuffles beside them, as a control needs
    them. scikit-learn's ridge is measured twice: its classifier in a pipeline, anew for each label
    set, which is how one writes a probe and what its permutation test does (`ridge classifier`);
    and the regression on ±1, all label sets in one call, which is its best (`ridge regression`).
    Its logistic can only fit each set anew.

    Args:
        states: [layer, text, d_model].
        labels: 0 or 1 for each text.
        rounds: Rounds of both.
        shuffles: Shuffled label sets beside the labels.

    Returns:
        For each: `name`, `method`, `sets`, `own_s`, `sklearn_s`, `ratio`, `floor`,
        `largest_difference` of the scores and `weight_difference` (shares of the spread),
        `accuracy`, `sklearn_accuracy`, `equal`.
    """
    generator = torch.Generator().manual_seed(0)
    orders = [torch.randperm(len(labels), generator=generator) for _ in range(shuffles)]
    many = torch.stack([labels, *(labels[order] for order in orders)], 1)
    found = []
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            cases: list[tuple[str, Method, torch.Tensor]] = [
                ("ridge classifier", "ridge", many[:, :1]),
                ("ridge classifier", "ridge", many),
                ("ridge regression", "ridge", many[:, :1]),
                ("ridge regression", "ridge", many),
                ("logistic", "logistic", many[:, :1]),
                ("logistic", "logistic", many),
            ]
            for name, method, sets in cases:
                pairs = [
                    (_ours(method, states, sets), _theirs(name, states, sets))
                    for _ in range(rounds)
                ]
                found.append({"name": name, "method": method, **_compare(method, sets, pairs)})
    finally:
        torch.set_num_threads(threads)
    return found


def _compare(
    method: Method, sets: torch.Tensor, pairs: list[tuple[_Fits, _Fits]]
) -> dict[str, Any]:
    # The least of several: other programs on the machine only ever add.
    own, other = (min(pair[side][0] for pair in pairs) for side in (0, 1))
    (_, mine, weights), (_, theirs, expected) = pairs[0]
    gap = float(np.abs(mine - theirs).max() / theirs.std())
    apart = float(np.abs(weights - expected).max() / expected.std())
    truth = sets.numpy() > 0
    return {
        "sets": sets.shape[1],
        "own_s": own,
        "sklearn_s": other,
        "ratio": other / own,
        "floor": FLOOR[method],
        "largest_difference": gap,
        "weight_difference": apart,
        "accuracy": float(((mine > 0) == truth)[..., 0].mean()),
        "sklearn_accuracy": float(((theirs > 0) == truth)[..., 0].mean()),
        "equal": max(gap, apart) < _EQUAL,
    }


def _ours(name: Method, states: torch.Tensor, sets: torch.Tensor) -> _Fits:
    started = time.process_time()
    fitted: Linear = fit(name, states, sets, PENALTY[name])
    scores = fitted.score(states)
    seconds = time.process_time() - started
    # On the features as scikit-learn standardises them, after the clock has stopped.
    weight = fitted.weight * states.std(1, correction=0)[..., None]
    return seconds, scores.numpy(), weight.numpy()


def _theirs(name: str, states: torch.Tensor, sets: torch.Tensor) -> _Fits:
    arrays, targets = states.numpy(), sets.numpy()
    started = time.process_time()
    scores, weights = zip(*(_WRITTEN[name](x, targets) for x in arrays), strict=True)
    return time.process_time() - started, np.stack(scores), np.stack(weights)


def ridge_classifiers(x: np.ndarray, labels: np.ndarray) -> list[Pipeline]:
    """A pipeline for each label set, as scikit-learn's permutation test fits them.

    Args:
        x: [text, d_model].
        labels: 0 or 1 [text, set].
    """
    return [
        make_pipeline(StandardScaler(), RidgeClassifier(alpha=PENALTY["ridge"])).fit(x, column)
        for column in labels.T
    ]


def _regression(x: np.ndarray, targets: np.ndarray) -> _Fitted:
    z = StandardScaler().fit_transform(x)
    model = Ridge(alpha=PENALTY["ridge"]).fit(z, 2 * targets - 1)
    return model.predict(z).reshape(targets.shape), model.coef_.reshape(-1, z.shape[1]).T


def _classifier(x: np.ndarray, targets: np.ndarray) -> _Fitted:
    fitted = ridge_classifiers(x, targets)
    scores = [pipeline.decision_function(x) for pipeline in fitted]
    return np.stack(scores, 1), np.stack([pipeline[-1].coef_.ravel() for pipeline in fitted], 1)


def _logistic(x: np.ndarray, targets: np.ndarray) -> _Fitted:
    scores, weights = [], []
    z = StandardScaler().fit_transform(x)
    for column in targets.T:
        model = LogisticRegression(C=1 / PENALTY["logistic"], max_iter=1000).fit(z, column)
        scores.append(model.decision_function(z))
        weights.append(model.coef_[0])
    return np.stack(scores, 1), np.stack(weights, 1)


_WRITTEN = {
    "ridge classifier": _classifier,
    "ridge regression": _regression,
    "logistic": _logistic,
}
