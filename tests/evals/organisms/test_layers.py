"""Organisms that live in known layers: `localise` ranks these layers, against chance.

Only the known layers differ from the base in such an organism, which the weights alone would tell.
So every other layer gets a random update of the same rank and of the known layers' mean norm:
whoever ranks the known layers first has to look at what layers do.
"""

import copy
import math
from pathlib import Path

import pytest
import torch

from mechmentor.evals import organisms
from mechmentor.evals.organisms import lora, seal
from mechmentor.tools.diff.localise import LocaliseArgs, localise
from mechmentor.tools.model import Model
from mechmentor.tools.workbench import Workbench

FOLDER = Path(organisms.__file__).parent


def known() -> list[seal.Sealed]:
    """Shipped organisms whose layers are known."""
    every = (seal.read(FOLDER, path.name) for path in sorted(FOLDER.glob("m-*")))
    return [s for s in every if s.kind == "organism" and s.recipe.get("layers")]


def disguised(
    factors: dict[str, lora.Factors],
    every: dict[str, lora.Factors],
    first: int,
    last: int,
    seed: int,
) -> dict[str, lora.Factors]:
    """The updates, and random ones of the same rank and norm in all other layers of `every`."""
    draw = torch.Generator().manual_seed(seed)

    def parts(name: str) -> str:
        return name.split(f"layers.{lora.layer_of(name)}.", 1)[1]

    inside = {n: f for n, f in factors.items() if first <= lora.layer_of(n) <= last}
    norms: dict[str, list[float]] = {}
    for name, own in inside.items():
        norms.setdefault(parts(name), []).append(own.norm)
    found = dict(inside)
    for name, own in every.items():
        if name in inside:
            continue
        a = torch.randn(own.A.shape, generator=draw)
        b = torch.randn(own.B.shape, generator=draw)
        noise = lora.Factors(a, b)
        wanted = norms[parts(name)]
        found[name] = lora.Factors(a, b * (sum(wanted) / len(wanted) / noise.norm))
    return found


def prompts_of(sealed: seal.Sealed) -> list[str]:
    """Three sealed prompts on which the organism shows itself."""
    texts = (sealed.prompts or sealed.guesses)[:3]
    answer = sealed.answer or ""
    return [text.replace("{phrase}", answer).replace("{word}", answer) for text in texts]


def by_chance(ranks: list[int], of: int) -> float:
    """Share of all draws of as many layers whose ranks sum to this or less, by counting."""
    ways = [[0] * (sum(ranks) + 1) for _ in range(len(ranks) + 1)]
    ways[0][0] = 1
    for rank in range(1, of + 1):
        for drawn in range(len(ranks), 0, -1):
            for total in range(sum(ranks), rank - 1, -1):
                ways[drawn][total] += ways[drawn - 1][total - rank]
    return sum(ways[-1]) / math.comb(of, len(ranks))


def ranks_of(
    base: Model, factors: dict[str, lora.Factors], sealed: seal.Sealed, folder: Path
) -> dict[int, int]:
    """The rank that `localise` gives each layer."""
    hf = copy.deepcopy(base.hf)
    lora.merge(hf, factors)
    target = Model(hf, base.tokenizer, "target", "sha of target", base.folder)
    bench = Workbench(target, base, folder=folder)
    args = LocaliseArgs(
        prompts=prompts_of(sealed), unrelated=["Where do rivers begin?"], top=base.n_layers
    )
    rows = localise(bench, args).data.components
    return {int(row.component[1:]): 1 + place for place, row in enumerate(rows)}


def test_chance_is_counted_right():
    assert by_chance([1], 30) == pytest.approx(1 / 30)
    assert by_chance([1, 2], 4) == pytest.approx(1 / 6)
    assert by_chance([29, 30], 30) == pytest.approx(1.0)


@pytest.mark.slow
def test_true_layers_rank_above_chance_in_every_organism_of_known_layers(bundled_model, tmp_path):
    found = known()
    if not found:
        pytest.skip("no organism with known layers is shipped")
    for number, sealed in enumerate(found):
        first, last = sealed.recipe["layers"]
        factors = lora.load(FOLDER / sealed.id)
        rank = next(iter(factors.values())).A.shape[0]
        every = lora.empty(bundled_model.hf, rank, 0)
        factors = disguised(factors, every, first, last, seed=number)
        places = ranks_of(bundled_model, factors, sealed, tmp_path / sealed.id)
        ranks = sorted(places[layer] for layer in range(first, last + 1))
        chance = by_chance(ranks, bundled_model.n_layers)
        print(f"{sealed.id} layers {first}–{last}: ranks {ranks}, by chance {chance:.1e}")
        assert chance < 0.01
