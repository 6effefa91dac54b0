"""The whole work of `probe` beside the same work written with scikit-learn, equal results checked.

Each topic is held out in turn, the layer is chosen on the others, and shuffled labels go through
the same choice. It is written twice with scikit-learn: all label sets in one call of Ridge, its
best; and as its permutation test does it, a pipeline fitted anew for each label set.
"""

import time
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import torch
from scipy.stats import rankdata
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from ...tools.fit.held_out import leave_group_out, shuffled_within
from .probes import PENALTY, ridge_classifiers

_EQUAL = 0.01  # AUROC moves in steps: two scores that rounding exchanges are one step
# Texts and labels to fit on: what scores texts, [text, set].
Fitter = Callable[[np.ndarray, np.ndarray], Callable[[np.ndarray], np.ndarray]]
Auroc = Callable[[np.ndarray, np.ndarray], np.ndarray]


def measure(
    states: torch.Tensor,
    labels: torch.Tensor,
    groups: torch.Tensor,
    shuffles: int = 40,
    sample: int = 2,
) -> list[dict[str, Any]]:
    """Processor seconds of the whole job, one thread each.

    Args:
        states: [layer, text, d_model].
        labels: 0 or 1 for each text.
        groups: Topic of each text, from 0.
        shuffles: Shuffled label sets beside the labels.
        sample: Label sets of the way that fits each anew; its time is scaled to all of them.

    Returns:
        For each way of writing it: `name`, `sets`, `timed_sets`, `own_s`, `sklearn_s`, `ratio`,
        `auroc`, `sklearn_auroc`, `accuracy`, `sklearn_accuracy` (of the labels, held out, at the
        chosen layers), `largest_difference` of the AUROC by layer and set, `equal`.
    """
    generator = torch.Generator().manual_seed(0)
    many = torch.cat([labels[:, None], shuffled_within(labels, groups, shuffles, generator)], 1)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            started = time.process_time()
            mine = leave_group_out("ridge", states, many, groups, PENALTY["ridge"])
            own = time.process_time() - started
            rows = []
            for name, sets, fitter, area in (
                ("all label sets in one call", many, _together, _areas),
                ("fitted anew for each label set", many[:, :sample], _anew, _areas_one_by_one),
            ):
                started = time.process_time()
                found = _job(states.numpy(), sets.numpy(), groups.numpy(), fitter, area)
                seconds = (time.process_time() - started) * many.shape[1] / sets.shape[1]
                auroc, accuracy, by_layer = found
                gap = float(np.abs(mine.by_layer[:, : sets.shape[1]].numpy() - by_layer).max())
                rows.append(
                    {
                        "name": name,
                        "sets": many.shape[1],
                        "timed_sets": sets.shape[1],
                        "own_s": own,
                        "sklearn_s": seconds,
                        "ratio": seconds / own,
                        "auroc": float(mine.auroc[0]),
                        "sklearn_auroc": auroc,
                        "accuracy": float(mine.accuracy[0]),
                        "sklearn_accuracy": accuracy,
                        "largest_difference": gap,
                        "equal": max(gap, abs(auroc - float(mine.auroc[0]))) < _EQUAL,
                    }
                )
    finally:
        torch.set_num_threads(threads)
    return rows


def _job(
    states: np.ndarray, labels: np.ndarray, groups: np.ndarray, fitter: Fitter, area: Auroc
) -> tuple[float, float, np.ndarray]:
    """AUROC and accuracy of the first label set at the chosen layers; mean AUROC [layer, set]."""
    count = int(groups.max()) + 1
    shape = (count, len(states), labels.shape[1])
    inner = np.full((count, *shape), np.nan)
    outer, exact = np.empty(shape), np.empty(shape)
    for one, two in [*combinations(range(count), 2), *((i, i) for i in range(count))]:
        train = (groups != one) & (groups != two)
        for layer, x in enumerate(states):
            score = fitter(x[train], labels[train])
            for out, test in {(one, two), (two, one)}:
                at = groups == test
                scores = score(x[at])
                if one != two:
                    inner[out, test, layer] = area(labels[at], scores)
                    continue
                outer[one, layer] = area(labels[at], scores)
                exact[one, layer] = ((scores > 0) == (labels[at] > 0)).mean(0)
    chosen = np.nanmean(inner, 1).argmax(1)[:, 0]
    every = np.arange(count)
    return (
        float(outer[every, chosen, 0].mean()),
        float(exact[every, chosen, 0].mean()),
        outer.mean(0),
    )


def _together(x: np.ndarray, labels: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    scaler = StandardScaler().fit(x)
    model = Ridge(alpha=PENALTY["ridge"]).fit(scaler.transform(x), 2 * labels - 1)
    return lambda new: np.asarray(model.predict(scaler.transform(new))).reshape(len(new), -1)


def _anew(x: np.ndarray, labels: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    models = ridge_classifiers(x, labels)
    return lambda new: np.stack([model.decision_function(new) for model in models], 1)


def _areas(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    ones = labels.sum(0)
    above = (rankdata(scores, axis=0) * labels).sum(0) - ones * (ones + 1) / 2
    return np.asarray(above / (ones * (len(labels) - ones)))


def _areas_one_by_one(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    return np.array([roc_auc_score(y, s) for y, s in zip(labels.T, scores.T, strict=True)])
