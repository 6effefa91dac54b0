"""Held-out figures: what is readable is found, what is not stays inside the shuffles."""

import numpy as np
import torch
from sklearn.metrics import roc_auc_score

from mechmentor.tools.fit.held_out import auroc, leave_group_out, shuffled_within


def planted(strength, layers=5, width=20, groups=4, each=24):
    """States in which layer 3 alone carries the label."""
    generator = torch.Generator().manual_seed(1)
    owners = torch.arange(groups).repeat_interleave(each)
    labels = (torch.arange(groups * each) % 2).float()
    states = torch.randn(layers, groups * each, width, generator=generator)
    states += 3 * torch.randn(groups, width, generator=generator)[owners]  # topics lie apart
    states[3, :, 0] += strength * labels
    sets = torch.cat([labels[:, None], shuffled_within(labels, owners, 40, generator)], 1)
    return states, sets, owners


def test_auroc_equals_scikit_learn_with_ties():
    generator = torch.Generator().manual_seed(0)
    scores = torch.randint(0, 5, (50, 3), generator=generator).float()
    labels = (torch.rand(50, 3, generator=generator) > 0.4).float()
    expected = [roc_auc_score(labels[:, i], scores[:, i]) for i in range(3)]
    np.testing.assert_allclose(auroc(scores, labels), expected, rtol=1e-6)


def test_a_planted_label_is_found_at_its_layer():
    states, sets, owners = planted(4.0)
    for method in ("difference", "ridge", "logistic"):
        found = leave_group_out(method, states, sets, owners, 10.0)
        assert found.layers[:, 0].tolist() == [3, 3, 3, 3]
        assert found.auroc[0] > 0.9 > found.auroc[1:].quantile(0.95)


def test_labels_that_are_not_there_stay_inside_the_shuffles():
    states, sets, owners = planted(0.0)
    found = leave_group_out("ridge", states, sets, owners, 10.0)
    assert found.auroc[0] <= found.auroc[1:].quantile(0.95)
    assert found.fitted[0] > 0.7  # it fits what it was shown all the same


def test_the_layer_is_chosen_without_the_held_out_group():
    """Were it chosen there, the group whose label sits at another layer would be found."""
    states, sets, owners = planted(4.0)
    odd = owners == 2
    states[3, odd, 0] -= 4.0 * sets[odd, 0]
    states[1, odd, 0] += 40.0 * sets[odd, 0]
    found = leave_group_out("difference", states, sets, owners, 1.0)
    assert found.layers[2, 0] == 3
    assert found.by_group[2, 0] < 0.75


def test_shuffles_keep_the_balance_of_each_group():
    _, sets, owners = planted(1.0)
    for group in range(4):
        assert (sets[owners == group].sum(0) == 12).all()
    assert len({tuple(column.tolist()) for column in sets.T}) == 41
