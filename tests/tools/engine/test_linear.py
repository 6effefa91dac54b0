"""Maps through oneDNN give what PyTorch's give, gradients included; training stays PyTorch's."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from mechmentor.evals.bench.sweeps import _generic
from mechmentor.evals.organisms.turns import load_base
from mechmentor.tools.engine import linear
from mechmentor.tools.engine.linear import OneDnnLinear, as_before, row_products, through_onednn
from mechmentor.tools.models import load_model


@pytest.fixture
def pair() -> tuple[nn.Linear, nn.Linear]:
    torch.manual_seed(0)
    plain = nn.Linear(768, 800).requires_grad_(False)
    other = copy.deepcopy(plain)
    through_onednn(other)
    return plain, other


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many products oneDNN was given."""
    seen: list[int] = []
    product = linear._product
    monkeypatch.setattr(linear, "_product", lambda *a: seen.append(1) or product(*a))
    return seen


Shape = Callable[[], torch.Tensor]


@pytest.mark.parametrize(
    "shape",
    [
        lambda: torch.randn(8, 768),
        lambda: torch.randn(2, 3, 768),
        lambda: torch.randn(2, 2, 3, 768),
        lambda: torch.randn(768, 8).T,
        lambda: torch.randn(8, 1536)[:, ::2],
        lambda: torch.randn(5, 9, 768)[:, -1:],
        lambda: torch.randn(3, 768).expand(4, 3, 768),
    ],
)
def test_values_are_those_of_the_plain_map(pair: list[nn.Linear], taken: list[int], shape: Shape):
    plain, other = pair
    x = shape()
    torch.testing.assert_close(other(x), plain(x), atol=1e-4, rtol=1e-4)
    assert len(taken) == linear.can_take(x)


def test_gradients_are_those_of_the_plain_map_to_the_second(
    pair: list[nn.Linear], taken: list[int]
):
    x = torch.randn(3, 5, 768, requires_grad=True)
    found = []
    for module in pair:
        (first,) = torch.autograd.grad(module(x).square().sum(), x, create_graph=True)
        (second,) = torch.autograd.grad(first.sum(), x)
        found.append((first.detach(), second))
    torch.testing.assert_close(found[1], found[0], atol=1e-3, rtol=1e-3)
    assert bool(taken) == linear.can_take(torch.empty(1))


def test_transforms_of_pytorch_see_its_own_map(pair: list[nn.Linear]):
    plain, other = pair
    x, way = torch.randn(8, 768), torch.randn(8, 768)
    torch.testing.assert_close(*(torch.func.jvp(m, (x,), (way,))[1] for m in (other, plain)))
    torch.testing.assert_close(
        *(torch.func.grad(lambda v, m=m: m(v).sum())(x) for m in (other, plain))
    )
    with torch.autocast("cpu", torch.bfloat16):
        assert other(x).dtype == torch.bfloat16


def test_a_loaded_model_goes_through_and_gives_the_plain_one(
    tiny_folder: Any, monkeypatch: pytest.MonkeyPatch, taken: list[int]
):
    monkeypatch.setattr(linear, "_SMALL", 0)
    model = load_model(tiny_folder, device="cpu")
    assert {type(m) for m in model.hf.modules() if isinstance(m, nn.Linear)} == {OneDnnLinear}
    vectors = torch.randn(2, 9, model.d_model, requires_grad=True)
    found = []
    for how in (through_onednn, as_before):
        how(model.hf)
        logits = model.hf(inputs_embeds=vectors).logits
        found.append((logits.detach(), *torch.autograd.grad(logits.square().sum(), vectors)))
    torch.testing.assert_close(found[0], found[1], atol=1e-3, rtol=1e-3)
    assert bool(taken) == linear.can_take(vectors)


def test_an_organisms_base_goes_through(tiny_folder: Any):
    base, _ = load_base(tiny_folder, torch.float32)
    assert {type(m) for m in base.modules() if isinstance(m, nn.Linear)} == {OneDnnLinear}


def test_the_loop_that_sweeps_are_measured_with_is_pytorchs(tiny_model: Any):
    _generic(tiny_model, torch.tensor([[5, 6, 7], [5, 8, 9]]), "resid_pre", [(0, 1)], [3, 4])
    modules = [m for m in tiny_model.bridge.modules() if isinstance(m, nn.Linear)]
    assert modules
    assert not any(isinstance(m, OneDnnLinear) for m in modules)


@pytest.mark.parametrize("name", ["weight", "bias"])
def test_a_map_that_is_trained_is_pytorchs(pair: list[nn.Linear], taken: list[int], name: str):
    _, other = pair
    getattr(other, name).requires_grad_(True)
    other(torch.randn(8, 768)).sum().backward()
    assert not taken
    assert getattr(other, name).grad is not None


def test_other_precisions_small_and_empty_products_are_pytorchs(
    pair: list[nn.Linear], taken: list[int]
):
    _, other = pair
    assert other(torch.randn(0, 768)).shape == (0, 800)
    through_onednn(small := nn.Linear(4, 4).requires_grad_(False))
    assert small(torch.randn(3, 4)).shape == (3, 4)
    assert other.double()(torch.randn(8, 768).double()).dtype == torch.float64
    assert not taken


def test_only_plain_maps_are_exchanged_and_they_come_back():
    class Own(nn.Linear):
        pass

    parts = nn.Sequential(nn.Linear(2, 2), Own(2, 2), nn.Tanh())
    through_onednn(parts)
    assert [type(p) for p in parts] == [OneDnnLinear, Own, nn.Tanh]
    assert type(copy.deepcopy(parts)[0]) is OneDnnLinear
    as_before(parts)
    assert [type(p) for p in parts] == [nn.Linear, Own, nn.Tanh]


@pytest.mark.parametrize("rows", [3, 400])
def test_row_products(rows: int):
    a, b = torch.randn(rows, 64), torch.randn(rows + 1, 64)
    torch.testing.assert_close(row_products(a, b), a @ b.T, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(row_products(a.double(), b.double()), a.double() @ b.T.double())
