"""Weights stay packed as long as they are the same, and no longer."""

import gc
from typing import Any

import pytest
import torch
from torch import nn

from mechmentor.tools.engine import packed
from mechmentor.tools.engine.blocks import Linears
from mechmentor.tools.engine.packed import kept


@pytest.fixture
def layers() -> list[nn.Module]:
    torch.manual_seed(0)
    return [nn.Sequential(nn.Linear(32, 48), nn.Tanh(), nn.Linear(48, 32, bias=False))]


def product(layers: list[nn.Module], x: torch.Tensor) -> torch.Tensor:
    first: Any = layers[0]
    return Linears(first, 0, 0, kept(layers))(first[0], x)


@torch.no_grad()
def test_a_packed_product_is_the_plain_one(layers: Any) -> None:
    x = torch.randn(7, 32)
    torch.testing.assert_close(product(layers, x), layers[0][0](x))


def test_weights_are_packed_once(layers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    used, pack = [], packed.pack
    monkeypatch.setattr(packed, "pack", lambda *a: used.append(1) or pack(*a))
    kept(layers), kept(layers)
    assert len(used) == 2


@torch.no_grad()
@pytest.mark.parametrize("how", ["written to", "exchanged", "data exchanged"])
def test_a_changed_weight_is_packed_anew(layers: Any, how: str) -> None:
    x, linear = torch.randn(7, 32), layers[0][0]
    before = product(layers, x)
    other = torch.randn_like(linear.weight)
    if how == "written to":
        linear.weight.copy_(other)
    elif how == "exchanged":
        linear.weight = nn.Parameter(other)
    else:
        linear.weight.data = other
    assert not torch.allclose(product(layers, x), before)
    torch.testing.assert_close(product(layers, x), linear(x))


def test_they_go_with_the_model(layers: Any) -> None:
    kept(layers)
    module = layers[0][0]
    assert module in packed._kept
    count = len(packed._kept)
    del module
    layers.clear()
    gc.collect()
    assert len(packed._kept) <= count - 2


def test_more_than_is_kept_is_not_packed(layers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "_MOST_BYTES", 100)
    assert kept(layers) == {}


def test_what_onednn_does_not_take_is_left(layers: Any) -> None:
    assert kept([layers[0].to(torch.bfloat16)]) == {}
