"""Adding directions from a kept layer on equals whole passes with a hook that adds them."""

from typing import Any

import pytest
import torch

from mechmentor.tools.diff import steered_base
from mechmentor.tools.diff.steered_base import rises
from mechmentor.tools.engine.adapters import FAMILIES
from mechmentor.tools.model import Model
from mechmentor.tools.models import load_model

TOKENS = [7, 11]


@torch.no_grad()
def whole_passes(model: Model, sequences: list[list[int]], layer: int, add: Any) -> float:
    """Mean log p (nats) of the tokens together, a sequence a pass."""

    def shift(_: Any, __: Any, output: Any) -> Any:
        return (output[0] + add, *output[1:]) if isinstance(output, tuple) else output + add

    hook = list(model.adapter.layers)[layer].register_forward_hook(shift)
    logits = [model.hf(input_ids=torch.tensor([s])).logits[0, -1] for s in sequences]
    hook.remove()
    return float(torch.stack(logits).log_softmax(-1)[:, TOKENS].logsumexp(-1).mean())


@pytest.mark.parametrize("batch", [1, 32])
@pytest.mark.parametrize("family", FAMILIES)
def test_rises_equal_hooked_passes(
    family: str, batch: int, make_tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steered_base, "_BATCH", batch)
    model = load_model(make_tiny(family))
    draw = torch.Generator().manual_seed(0)
    sequences = [torch.randint(5, 60, (n,), generator=draw).tolist() for n in (4, 9, 6)]
    directions = [torch.randn(model.d_model, generator=draw) for _ in range(2)]
    for layer in (0, model.n_layers - 1):
        plain = whole_passes(model, sequences, layer, 0.0)
        expected = [whole_passes(model, sequences, layer, d) - plain for d in directions]
        charged: list[int] = []
        found = rises(model, sequences, layer, directions, TOKENS, charge=charged.append)
        assert (sum(charged) > 0) == (layer < model.n_layers - 1)
        assert found == pytest.approx(expected, abs=1e-4), layer
