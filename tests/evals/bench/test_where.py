"""Ranks of trained layers: ties, chance, and random updates that stay out of the trained layers."""

import pytest
import torch

from mechmentor.evals.bench.correctness import tiny
from mechmentor.evals.bench.where import line, placed, ranked, spread
from mechmentor.evals.organisms import seal
from mechmentor.evals.organisms.splits import HERE, development
from mechmentor.tests.tools.tiny_models import copied


def test_layers_that_stand_first_have_the_least_mean_rank() -> None:
    row = ranked({0: 0.1, 1: 3.0, 2: 2.0, 3: 0.0, 4: -1.0}, {1, 2}, "m", 0.1, beyond=True)
    assert (row.mean_rank, row.best, row.chance, row.auroc) == (1.5, 1.5, 3.0, 1.0)
    assert row.p == pytest.approx(0.1)  # one of the ten ways to choose two of five


def test_equal_scores_share_a_rank_and_prove_nothing() -> None:
    row = ranked(dict.fromkeys(range(6), 0.0), {0, 5}, "m", 0.0, beyond=False)
    assert (row.mean_rank, row.chance, row.auroc) == (3.5, 3.5, 0.5)
    assert "within control" in line(row)


def test_last_layers_rank_last() -> None:
    row = ranked({0: 1.0, 1: 0.5, 2: 0.0}, {2}, "m", 0.0, beyond=False)
    assert row.mean_rank == 3
    assert row.auroc == 0


def test_updates_go_into_every_other_layer_in_a_share_of_the_trained_size() -> None:
    base = tiny("llama")
    target = copied(base, "target")
    trained = target.adapter.layers[1]
    with torch.no_grad():
        for p in trained.parameters():
            if p.dim() == 2:
                p.add_(0.1 * torch.randn(p.shape, generator=torch.Generator().manual_seed(0)))
    kept = {name: p.clone() for name, p in trained.named_parameters()}
    sizes = {n: (p - base.adapter.layers[1].get_parameter(n)).norm() for n, p in kept.items()}
    spread(target, base, {1}, 0.25, seed=0)
    assert all(torch.equal(p, kept[n]) for n, p in trained.named_parameters())
    for index in (0, 2):
        before, after = base.adapter.layers[index], target.adapter.layers[index]
        for name, p in after.named_parameters():
            moved = (p - before.get_parameter(name)).norm()
            assert float(moved) == pytest.approx(0.25 * float(sizes[name]), rel=1e-3)


def test_only_development_organisms_whose_layers_are_known_are_placed() -> None:
    names = placed()
    assert len(names) >= 2
    assert set(names) <= set(development())
    assert all(seal.read(HERE, name).kind == "organism" for name in names)
