"""Seconds of a patching sweep beside TransformerLens' generic loop, in one process.

The generic loop makes one whole forward pass for each cell, all of one size. It is timed on a
random sample of cells, in turns with the whole fast sweep, and its time for all cells follows from
the sample. The numbers of the sampled cells are compared in the same run.

How near the sweep comes to the machine's best is measured on what must be redone: the patched rows'
linear maps, over the sweep's seconds without the two recordings, beside products of the model's own
shapes in the same round: PyTorch's, and oneDNN's with packed weights. The two are equal on some
processors; on others MKL leaves half of the machine unused, and a sweep passes it.
"""

import platform
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from ...tools.engine.causal.cells import Cell, SweepSite
from ...tools.engine.linear import as_before, can_take
from ...tools.engine.packed import kept, pack
from ...tools.engine.recording import Recording, output_map, record
from ...tools.engine.sweep import sweep_cells
from ...tools.model import Model

_ROUNDS = 3
_PEAK_SECONDS = 0.3
_T = TypeVar("_T")


def measure(
    model: Model, *, lengths: list[int], heads_at: int = 14, sample: int = 12, rounds: int = _ROUNDS
) -> dict[str, Any]:
    """All cases, and the machine that they ran on.

    Args:
        model: The model.
        lengths: Prompt lengths of residual sweeps, each without and with half in common.
        heads_at: Prompt length of the sweep over heads.
        sample: Cells of the generic loop that are timed in each round.
        rounds: Turns of generic loop and fast sweep.
    """
    cases: list[tuple[SweepSite, int, int]] = [
        ("resid_pre", length, common) for length in lengths for common in (0, length // 2)
    ]
    cases.append(("z", heads_at, 0))
    return {
        "machine": {
            **machine(),
            "model": model.name,
            "device": str(model.device),
            "dtype": str(model.dtype),
        },
        "rounds": rounds,
        "packing_seconds": _packing(model),
        "cases": [_case(model, *case, sample, rounds) for case in cases],
    }


def _packing(model: Model) -> float:
    """Seconds that packing the model's weights takes, once in a process."""
    return _timed(model, lambda: kept(model.adapter.layers))[0]


def machine() -> dict[str, Any]:
    """Processor, threads, load and versions."""
    import os

    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        lines = [x for x in info.read_text().splitlines() if x.startswith("model name")]
        cpu = lines[0].split(":", 1)[1].strip() if lines else cpu
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load": round(os.getloadavg()[0], 1),
        "torch": torch.__version__,
    }


def _case(
    model: Model, site: SweepSite, length: int, common: int, sample: int, rounds: int
) -> dict[str, Any]:
    draw = torch.Generator().manual_seed(length)
    ids = torch.randint(10, model.d_vocab, (2, length), generator=draw)
    ids[1, :common] = ids[0, :common]
    parts = model.n_heads if site == "z" else length
    places = [(layer, i) for layer in range(model.n_layers) for i in range(parts)]
    cells: list[Cell] = [(a, -1, b) if site == "z" else (a, b, 0) for a, b in places]
    tokens = ids[:, -1].tolist()
    chosen = torch.randperm(len(cells), generator=draw)[:sample].tolist()

    def recorded() -> tuple[Recording, Recording]:
        return record(model, ids[0].tolist()), record(model, ids[1].tolist())

    def fast(source: Recording, into: Recording) -> Tensor:
        return sweep_cells(
            model, source, into, site=site, cells=cells,
            read=lambda x: model.adapter.logits(x, tokens),
        )  # fmt: skip

    def generic() -> Tensor:
        return _generic(model, ids, site, [places[i] for i in chosen], tokens)

    fast(*recorded()), generic()  # both are warm before either is timed
    work = _flops(model, site, length, common, cells)
    slow_seconds, fast_seconds, redone_seconds, errors = [], [], [], []
    peaks: list[tuple[float, float]] = []
    for _ in range(rounds):
        seconds, theirs = _timed(model, generic)
        slow_seconds.append(seconds / len(chosen) * len(cells))
        once, runs = _timed(model, recorded)
        seconds, ours = _timed(model, partial(fast, *runs))
        fast_seconds.append(once + seconds)
        redone_seconds.append(seconds)
        peaks.append((matmul_peak(model), packed_peak(model)))
        mine = ours[chosen]
        errors.append(float((mine[:, 0] - mine[:, 1] - theirs.float().cpu()).abs().max()))
    fast_median = statistics.median(fast_seconds)
    rates = [work["redone"] / s for s in redone_seconds]
    of_matmul, of_packed = (
        statistics.median(r / p for r, p in zip(rates, own, strict=True))
        for own in zip(*peaks, strict=True)
    )
    return {
        "site": site,
        "tokens": length,
        "common_prefix": common,
        "cells": len(cells),
        "generic_cells_timed": len(chosen),
        "generic_seconds": slow_seconds,
        "fast_seconds": fast_seconds,
        "speedup": statistics.median(slow_seconds) / fast_median,
        "largest_difference": max(errors),
        "flops_generic": work["generic"],
        "flops_fast": work["fast"],
        "flops_redone": work["redone"],
        "redone_seconds": redone_seconds,
        "matmul_gflops": [matmul / 1e9 for matmul, _ in peaks],
        "packed_gflops": [packed / 1e9 for _, packed in peaks],
        "share_of_matmul": of_matmul,
        "share_of_packed": of_packed,
    }


def _timed(model: Model, run: Callable[[], _T]) -> tuple[float, _T]:
    started = time.perf_counter()
    found = run()
    if model.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started, found


@torch.no_grad()
def _generic(
    model: Model, ids: Tensor, site: SweepSite, places: list[tuple[int, int]], tokens: list[int]
) -> Tensor:
    """Differences of logits from TransformerLens' own patching loop, its products PyTorch's own."""
    import pandas as pd
    from transformer_lens import patching

    bridge, ids = model.bridge, ids.to(model.device)
    as_before(bridge)
    _, cache = bridge.run_with_cache(ids[:1], names_filter=lambda n: n.endswith(f"hook_{site}"))
    columns = ["layer", "head" if site == "z" else "pos"]
    setter = (
        patching.layer_head_vector_patch_setter if site == "z" else patching.layer_pos_patch_setter
    )
    found: Tensor = patching.generic_activation_patch(
        model=bridge,
        corrupted_tokens=ids[1:],
        clean_cache=cache,
        patching_metric=lambda logits: logits[0, -1, tokens[0]] - logits[0, -1, tokens[1]],
        patch_setter=setter,
        activation_name=site,
        index_df=pd.DataFrame(places, columns=columns),
    )
    return found


def _flops(
    model: Model, site: SweepSite, length: int, common: int, cells: list[Cell]
) -> dict[str, float]:
    """Operations of the linear maps for `resid_pre` or `z`; attention's scores left out."""
    layer: Any = model.adapter.layers[0]
    weights = _weights(layer)
    reads = _weights(model.adapter.attention(layer)) - _weights(output_map(model, layer))
    table = model.adapter.unembedding.numel()
    n = model.n_layers
    one = 2 * length * (n * weights + table)
    redone = 0
    for index, position, _ in cells:
        start = max(common, position)
        if 0 <= position < common:
            continue  # equal in both runs
        vectors = length - start
        first = index + (site != "resid_pre")
        if site == "z":  # a changed head passes the output map and the MLP of its own layer
            redone += (weights - reads) * (vectors if position < 0 else 1)
        if first < n:
            # In the last layer all positions are read, and only the last one goes on.
            redone += vectors * (weights * (n - first - 1) + reads) + weights - reads
    again = 2 * length * n * reads  # the unpatched keys and values
    return {
        "generic": float(len(cells) * one),
        "fast": float(2 * one + again + 2 * redone),
        "redone": float(2 * redone),
    }


def _weights(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters() if p.dim() == 2)


def matmul_peak(model: Model) -> float:
    """Operations a second of PyTorch's products of the model's own shapes, one after another."""
    x, weight = _product(model)
    return _peak(model, weight, lambda: x @ weight.T)


def packed_peak(model: Model) -> float:
    """The same by oneDNN from packed weights, where it takes them."""
    x, weight = _product(model)
    if not can_take(weight):
        return matmul_peak(model)
    packed = pack(weight, len(x))
    product = torch.ops.mkldnn._linear_pointwise
    return _peak(model, weight, lambda: product(x, packed, None, "none", [], ""))


def _product(model: Model) -> tuple[Tensor, Tensor]:
    mlp: Any = model.adapter.layers[0].mlp
    weight = next(p for p in mlp.parameters() if p.dim() == 2)
    return torch.randn(512, weight.shape[1], device=model.device, dtype=model.dtype), weight


@torch.no_grad()
def _peak(model: Model, weight: Tensor, product: Callable[[], Tensor]) -> float:
    rates: list[float] = []
    ends = time.perf_counter() + _PEAK_SECONDS
    while time.perf_counter() < ends:
        seconds, _ = _timed(model, lambda: [product() for _ in range(8)])
        rates.append(8 * 2 * 512 * weight.numel() / seconds)
    return max(rates)


def results_page(found: dict[str, Any]) -> str:
    """The figures as a page, with the machine and how to repeat them."""
    m = found["machine"]
    lines = [
        "# Speed of patching sweeps",
        "",
        f"{m['model']}, {m['dtype']}, {m['device']}; {m['cpu']}, {m['cores']} cores, "
        f"{m['threads']} thread(s), load {m['load']} at the start; torch {m['torch']}. "
        f"Medians of {found['rounds']} interleaved rounds. The generic loop is TransformerLens' "
        "`generic_activation_patch`, timed on a random sample of cells that is equal in cost to "
        "the rest; its products are PyTorch's own. `sweeps.json` holds the raw figures. *Of "
        "matmul*, *of packed*: the linear maps of what must be redone over the sweep's seconds "
        "without its two recordings, as a share of what products of the model's shapes reach in "
        "the same round: PyTorch's own, and oneDNN's with packed weights. Weights are packed once "
        f"in a process, which took {found['packing_seconds']:.1f} s here and is in no sweep's "
        "time.",
        "",
        "| site | tokens | in common | cells | generic s | fast s | ratio | FLOPs ratio "
        "| of matmul | of packed | largest difference |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for c in found["cases"]:
        lines.append(
            f"| {c['site']} | {c['tokens']} | {c['common_prefix']} | {c['cells']} "
            f"| {statistics.median(c['generic_seconds']):.2f} "
            f"| {statistics.median(c['fast_seconds']):.2f} | {c['speedup']:.1f} "
            f"| {c['flops_generic'] / c['flops_fast']:.1f} | {c['share_of_matmul']:.0%} "
            f"| {c['share_of_packed']:.0%} "
            f"| {c['largest_difference']:.1e} |"
        )
    return "\n".join([*lines, "", "Repeat: `mechmentor bench sweeps --save benchmarks`.", ""])
