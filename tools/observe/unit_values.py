"""Activations of one unit, and of random rotations of it, over a corpus; layers above are not run.

A unit is a neuron, a direction of the residual stream, or a feature of an SAE.
"""

import hashlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..engine.corpus import Corpus
from ..engine.residual import hooked
from ..engine.states import run_until_seen, watched
from ..model import Model
from ..spec import Refusal

ROTATIONS = 8


@dataclass(frozen=True)
class Unit:
    """What is measured at each token.

    Attributes:
        name: For the reader.
        layer: Where; nothing above it is run.
        read: Given the stream or the neurons there [row, pos, width], values
            [row, pos, 1 + ROTATIONS]: the unit's, then those of its rotations.
        neurons: Whether `read` takes the MLP's neurons in place of the stream.
        key: Distinguishes it in the cache.
    """

    name: str
    layer: int
    read: Callable[[Tensor], Tensor]
    neurons: bool
    key: str


def neuron_module(model: Model, layer: int) -> nn.Module:
    """The map that reads a layer's neurons: its inputs are their activations."""
    mlp = model.adapter.layers[layer].get_submodule("mlp")
    for name in ("down_proj", "c_proj"):
        if hasattr(mlp, name):
            return mlp.get_submodule(name)
    raise Refusal("model_limit", f"where {model.adapter.family} keeps its neurons is not known", "")


def linear_reader(
    vector: Float[Tensor, "width"], generator: torch.Generator
) -> Callable[[Tensor], Tensor]:
    """Projections on a unit vector and on random ones."""
    noise = torch.randn(ROTATIONS, len(vector), generator=generator)
    rows = torch.cat([vector[None], noise])
    rows = rows / rows.norm(dim=-1, keepdim=True)
    return lambda x: x.float() @ rows.T.to(x.device)


def unit_values(
    model: Model,
    corpus: Corpus,
    unit: Unit,
    cache: Path,
    *,
    batch: int = 16,
    on_progress: Callable[[int, int], None] | None = None,
) -> Float[Tensor, "unit window pos"]:
    """Values at every position but the first of each window, kept by model, corpus and unit."""
    facts = f"{model.sha256}|{corpus.sha256}|{corpus.tokens.shape}|{unit.key}"
    kept = cache / f"values-{hashlib.sha256(facts.encode()).hexdigest()[:32]}.npy"
    if kept.exists():
        return torch.from_numpy(np.load(kept))
    found = compute_values(model, corpus.tokens, unit, batch=batch, on_progress=on_progress)
    temporary = kept.with_suffix(".part.npy")
    np.save(temporary, found.numpy())
    temporary.replace(kept)
    return found


@torch.no_grad()
def compute_values(
    model: Model,
    tokens: Any,
    unit: Unit,
    *,
    batch: int = 16,
    on_progress: Callable[[int, int], None] | None = None,
) -> Float[Tensor, "unit window pos"]:
    """The values, computed; each pass ends at the unit's layer."""
    windows, length = tokens.shape
    out = torch.empty(1 + ROTATIONS, windows, length - 1)
    seen: list[Tensor] = []
    with ExitStack() as stack:
        if unit.neurons:
            module = neuron_module(model, unit.layer)
            handle = module.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
            stack.enter_context(hooked([handle]))
            stack.enter_context(watched(model, [unit.layer], lambda _, __: None))
        else:
            stack.enter_context(watched(model, [unit.layer], lambda _, x: seen.append(x)))
        for start in range(0, windows, batch):
            ids = torch.from_numpy(tokens[start : start + batch].astype("int64"))
            run_until_seen(model, ids.to(model.device))
            values = unit.read(seen.pop())[:, 1:]
            out[:, start : start + len(ids)] = values.permute(2, 0, 1).cpu()
            if on_progress:
                on_progress(min(start + batch, windows), windows)
    if not torch.isfinite(out).all():
        raise Refusal("numerical", "activations are not finite", "use dtype float32")
    return out


def token_explains(values: Float[Tensor, "unit window pos"], tokens: Any) -> Float[Tensor, "unit"]:
    """How well the token itself predicts each unit: correlation on windows that were held out.

    The prediction is the mean value of the same token in the even windows; tokens that occur there
    less than twice are left out.
    """
    ids = torch.from_numpy(np.asarray(tokens)[:, 1:].astype("int64"))
    size = int(ids.max()) + 1
    even, odd = ids[0::2].reshape(-1), ids[1::2].reshape(-1)
    counts = torch.zeros(size).index_add_(0, even, torch.ones(len(even)))
    known = counts[odd] >= 2
    out = []
    for row in values:
        sums = torch.zeros(size).index_add_(0, even, row[0::2].reshape(-1))
        predicted = (sums / counts.clamp(min=1))[odd][known]
        actual = row[1::2].reshape(-1)[known]
        pair = torch.stack([predicted, actual])
        flat = len(actual) < 3 or bool((pair.std(1) < 1e-12).any())
        out.append(0.0 if flat else float(torch.corrcoef(pair)[0, 1]))
    return torch.tensor(out)
