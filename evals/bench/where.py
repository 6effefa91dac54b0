"""Does `localise` rank the layers that training changed, for organisms that live in some alone?

As shipped, all other layers hold the base's weights to the last bit, and a swap of those is
nothing: that ranking proves little. So random updates of the same rank are put into every other
layer, a share of the trained ones' size, and the layers are ranked again. Only ranks are told:
which layers they are stays sealed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import torch
from scipy.stats import mannwhitneyu
from torch import nn

from ...tools.diff.localise import LocaliseArgs, localise
from ...tools.engine.components.names import component
from ...tools.model import Model
from ...tools.spec import Failure
from ...tools.workbench import Workbench
from ..organisms import seal
from ..organisms.matrix import prompts_of
from ..organisms.splits import HERE, development

_PROMPTS = 8
_RANK = 8


@dataclass(frozen=True)
class Ranked:
    """How the layers that were trained stand among all.

    Attributes:
        model: The organism.
        share: Size of the random updates elsewhere, as a share of the trained ones.
        true: Layers that were trained.
        of: Layers of the model.
        mean_rank: Of the trained ones, the first being 1.
        chance: What the mean rank is by chance.
        best: The least that it can be.
        auroc: Probability that a trained layer scores above another one.
        p: Of such an AUROC or more by chance (Mann-Whitney, one-sided).
        beyond: Whether the tool says that the first layer carries more than its control.
    """

    model: str
    share: float
    true: int
    of: int
    mean_rank: float
    chance: float
    best: float
    auroc: float
    p: float
    beyond: bool


def placed(folder: Path = HERE) -> list[str]:
    """Development organisms that were trained in some layers alone."""
    sealed = [seal.read(folder, name) for name in development(folder)]
    return [s.id for s in sealed if s.kind == "organism" and s.recipe.get("layers")]


def measure(bench: Workbench, name: str, share: float, seed: int = 0, out: Path = HERE) -> Ranked:
    """Rank the layers of one organism; its target is changed in memory where `share` is not 0.

    Args:
        bench: Target and base.
        name: The organism.
        share: Size of the random updates in the layers that were not trained; 0: none.
        seed: Of those updates.
        out: Folder of the suite.

    Raises:
        ValueError: If the organism was trained in all layers, or the tool fails.
    """
    sealed = seal.read(out, name)
    place = sealed.recipe.get("layers")
    if not isinstance(place, tuple):
        raise ValueError(f"{name} was trained in all layers")
    layers = set(range(place[0], place[1] + 1))
    if share:
        spread(bench.target, bench.base, layers, share, seed)
    prompts = [text for text in prompts_of(sealed) if "{" not in text][:_PROMPTS]
    found = localise(bench, LocaliseArgs(prompts=prompts, top=60))
    if isinstance(found, Failure):
        raise ValueError(found.message)
    scores = {
        component(bench.target, row.component).layer: row.score for row in found.data.components
    }
    beyond = bool(found.control and found.control.beyond)
    return ranked(scores, layers, name, share, beyond)


def ranked(
    scores: dict[int, float], layers: set[int], name: str, share: float, beyond: bool
) -> Ranked:
    """Ranks of some layers among all by their scores; equal scores share their mean rank."""
    order = sorted(scores, key=lambda layer: -scores[layer])
    ranks: dict[int, float] = {}
    below = 0
    for _, tied in groupby(order, key=lambda layer: scores[layer]):
        same = list(tied)
        ranks |= dict.fromkeys(same, below + (len(same) + 1) / 2)
        below += len(same)
    inside = [scores[layer] for layer in layers]
    outside = [score for layer, score in scores.items() if layer not in layers]
    test = mannwhitneyu(inside, outside, alternative="greater", method="exact")
    return Ranked(
        model=name,
        share=share,
        true=len(inside),
        of=len(scores),
        mean_rank=sum(ranks[layer] for layer in layers) / len(inside),
        chance=(len(scores) + 1) / 2,
        best=(len(inside) + 1) / 2,
        auroc=float(test.statistic) / (len(inside) * len(outside)),
        p=float(test.pvalue),
        beyond=beyond,
    )


@torch.no_grad()
def spread(target: Model, base: Model, trained: Iterable[int], share: float, seed: int) -> None:
    """Put random updates of low rank into the layers that were not trained.

    Each is a share of the mean size of the trained updates of the same map.
    """
    draw = torch.Generator().manual_seed(seed)
    layers, others = target.adapter.layers, base.adapter.layers
    trained = set(trained)
    for name, module in layers[min(trained)].named_modules():
        if not isinstance(module, nn.Linear):
            continue
        sizes = [(_map(layers[i], name) - _map(others[i], name)).norm() for i in sorted(trained)]
        size = share * float(torch.stack(sizes).mean())
        for index, layer in enumerate(layers):
            if index in trained or not size:
                continue
            weight = _map(layer, name)
            rows = torch.randn(weight.shape[0], _RANK, generator=draw)
            update = rows @ torch.randn(_RANK, weight.shape[1], generator=draw)
            weight += (size * update / update.norm()).to(weight)


def _map(layer: nn.Module, name: str) -> torch.Tensor:
    found = layer.get_submodule(name).weight
    assert isinstance(found, torch.Tensor)
    return found


def line(row: Ranked) -> str:
    """One line for the terminal."""
    elsewhere = "base's weights elsewhere" if not row.share else f"noise elsewhere, {row.share:.0%}"
    verdict = "beyond control" if row.beyond else "within control"
    return (
        f"{row.model}  {row.true} of {row.of} layers trained, {elsewhere:<26} mean rank "
        f"{row.mean_rank:.1f} (chance {row.chance}, best {row.best})  AUROC {row.auroc:.2f}  "
        f"p {row.p:.1g}  {verdict}"
    )
