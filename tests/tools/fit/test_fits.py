"""The three classifiers against scikit-learn and plain formulas."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from mechmentor.tools.fit import fits
from mechmentor.tools.fit.fits import _standardised, fit


def data(texts=90, width=40, sets=3):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(texts, width, generator=generator) * torch.linspace(0.1, 30, width) + 5
    hidden = torch.randn(width, sets, generator=generator) / torch.linspace(0.1, 30, width)[:, None]
    noise = 3 * torch.randn(texts, sets, generator=generator)
    labels = ((x - x.mean(0)) @ hidden + noise > 0).float()
    return x, labels


@pytest.mark.parametrize("texts", [30, 90])
@pytest.mark.parametrize("penalty", [1.0, 100.0])
def test_logistic_equals_scikit_learn(texts, penalty):
    x, labels = data(texts)
    scores = fit("logistic", x, labels, penalty).score(x)
    z = StandardScaler().fit_transform(x.double().numpy())
    with threadpool_limits(1):
        for column in range(labels.shape[1]):
            other = LogisticRegression(C=1 / penalty, max_iter=2000, tol=1e-8)
            expected = other.fit(z, labels[:, column].numpy()).decision_function(z)
            np.testing.assert_allclose(scores[:, column], expected, atol=5e-3, rtol=1e-3)


@pytest.mark.parametrize("texts", [30, 90])
def test_ridge_equals_scikit_learn(texts):
    x, labels = data(texts)
    scores = fit("ridge", x, labels, 10.0).score(x)
    z = StandardScaler().fit_transform(x.double().numpy())
    with threadpool_limits(1):
        expected = Ridge(alpha=10.0).fit(z, 2 * labels.numpy() - 1).predict(z)
    np.testing.assert_allclose(scores, expected, atol=1e-3)


def test_difference_of_means_puts_the_threshold_half_way():
    x, labels = data(sets=1)
    found = fit("difference", x, labels, 1.0)
    one, other = x[labels[:, 0] == 1].mean(0), x[labels[:, 0] == 0].mean(0)
    torch.testing.assert_close(found.weight[:, 0], one - other, rtol=1e-4, atol=1e-4)
    middle = ((one + other) / 2)[None]
    assert abs(float(found.score(middle))) < 1e-2


def test_a_constant_feature_gets_no_weight():
    x, labels = data(sets=1)
    x[:, 3] = 7.0
    for method in ("logistic", "ridge"):
        assert float(fit(method, x, labels, 1.0).weight[3].abs()) == 0


@pytest.mark.parametrize("method", ["logistic", "ridge", "difference"])
@pytest.mark.parametrize("texts", [30, 90])
def test_layers_together_are_layers_one_by_one(method, texts, monkeypatch):
    x, labels = data(texts)
    states = torch.stack([x, x.flip(0), x * 2 + 1])
    monkeypatch.setattr(fits, "_TOGETHER", 2 * texts * x.shape[1])  # two blocks
    found = fit(method, states, labels, 10.0)
    for layer, state in enumerate(states):
        expected = fit(method, state, labels, 10.0)
        torch.testing.assert_close(found.weight[layer], expected.weight, rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(
            found.score(states)[layer], expected.score(state), atol=5e-3, rtol=1e-3
        )


def test_features_are_standardised_as_in_double_precision_and_constant_ones_are_0() -> None:
    torch.manual_seed(0)
    x = torch.randn(90, 5) * torch.tensor([1.0, 30.0, 0.01, 0.0, 1e-9])
    x += torch.tensor([0.0, 5000.0, 1.0, 5000.123, 0.0])
    z, mean, scale = _standardised(x)
    double = x[:, :3].double()
    expected = (double - double.mean(0)) / double.std(0, correction=0)
    torch.testing.assert_close(z[:, :3].double(), expected, atol=2e-5, rtol=2e-5)
    torch.testing.assert_close(mean, x.mean(0))
    assert not z[:, 3:].any()
    assert not scale[3:].any()
    assert not _standardised(torch.full((90, 2), 0.1))[0].any()
    with pytest.raises(ValueError, match="not finite"):
        _standardised(torch.tensor([[1.0, 2.0], [torch.nan, 3.0]]))


@pytest.mark.parametrize("penalty", [0.1, 1.0])
@pytest.mark.parametrize("texts", [10, 40])
def test_few_texts_and_a_small_penalty_leave_logistic_right(texts: int, penalty: float) -> None:
    torch.manual_seed(texts)
    x = torch.randn(texts, 800) + 50 * torch.randn(800)
    labels = (torch.arange(texts) % 2).float()[:, None]
    found = fit("logistic", x, labels, penalty).score(x)
    double = fit("logistic", x.double(), labels.double(), penalty).score(x.double())
    assert float((found - double).abs().max()) < 0.01 * float(double.std())


def test_scores_of_several_layers_are_those_of_each() -> None:
    torch.manual_seed(0)
    x, labels = torch.randn(3, 20, 6), (torch.arange(20) % 2).float()[:, None]
    together = fit("ridge", x, labels, 1.0)
    each = [fit("ridge", layer, labels, 1.0).score(layer) for layer in x]
    torch.testing.assert_close(together.score(x), torch.stack(each))


def test_features_that_are_all_next_to_constant_get_no_weight() -> None:
    generator = torch.Generator().manual_seed(0)
    x = 3e-19 * torch.randn(40, 6, generator=generator)
    labels = (torch.arange(40) % 2).float()[:, None]
    assert not fit("ridge", x, labels, 1.0).weight.any()
