"""The work that the speed of sweeps is told by, against a count of what was really multiplied."""

from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from mechmentor.evals.bench.correctness import tiny
from mechmentor.evals.bench.sweeps import _flops, matmul_peak, packed_peak
from mechmentor.tools.engine import packed
from mechmentor.tools.engine.causal.cells import Cell, SweepSite
from mechmentor.tools.engine.recording import record
from mechmentor.tools.engine.sweep import sweep_cells


@pytest.mark.parametrize("family", ["llama", "qwen3", "gpt2"])
@pytest.mark.parametrize(("site", "common"), [("resid_pre", 0), ("resid_pre", 4), ("z", 0)])
def test_the_redone_work_is_what_is_multiplied(
    family: str, site: SweepSite, common: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Torch counts plain products alone.
    monkeypatch.setattr(packed, "_MOST_BYTES", 0)
    model = tiny(family)
    torch.manual_seed(0)
    ids = torch.randint(0, 40, (2, 8))
    ids[0] = torch.arange(8)
    ids[1, :common] = ids[0, :common]
    ids[1, common:] = torch.arange(20, 28 - common)
    source, into = record(model, ids[0].tolist()), record(model, ids[1].tolist())
    places = range(model.n_heads if site == "z" else 8)
    cells: list[Cell] = [
        (layer, -1, i) if site == "z" else (layer, i, 0)
        for layer in range(model.n_layers)
        for i in places
    ]
    told = _flops(model, site, 8, common, cells)
    with FlopCounterMode(display=False) as counter:
        sweep_cells(model, source, into, site=site, cells=cells, read=lambda x: x)
    linear = sum(
        count for op, count in counter.get_flop_counts()["Global"].items() if "bmm" not in str(op)
    )
    layer: Any = model.adapter.layers[0]
    attention = model.adapter.attention(layer)
    reads = sum(p.numel() for p in attention.parameters() if p.dim() == 2)
    # The unpatched keys and values come on top: two a weight of attention's reading maps at most.
    extra = linear - told["redone"]
    assert 0 <= extra <= 2 * 8 * model.n_layers * reads
    assert told["fast"] > told["redone"] > 0


def test_the_peak_is_a_rate_of_products() -> None:
    model = tiny("llama")
    assert matmul_peak(model) > 1e6
    assert packed_peak(model) > 1e6
