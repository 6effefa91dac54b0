"""Seconds of a patching sweep beside TransformerLens' generic loop, in one process.

The generic loop makes one whole forward pass for each cell, all of one size. It is timed on a
random sample of cells, in turns with the whole fast sweep, and its time for all cells follows from
the sample. The numbers of the sampled cells are compared in the same run.
"""

import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ...tools.engine.causal.cells import Cell, SweepSite
from ...tools.engine.recording import record
from ...tools.engine.sweep import sweep_cells
from ...tools.model import Model

_ROUNDS = 3


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
        "cases": [_case(model, *case, sample, rounds) for case in cases],
    }


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

    def fast() -> Tensor:
        source, into = record(model, ids[0].tolist()), record(model, ids[1].tolist())
        return sweep_cells(
            model, source, into, site=site, cells=cells,
            read=lambda x: model.adapter.logits(x, tokens),
        )  # fmt: skip

    def generic() -> Tensor:
        return _generic(model, ids, site, [places[i] for i in chosen], tokens)

    fast(), generic()  # both are warm before either is timed
    slow_seconds, fast_seconds, errors = [], [], []
    for _ in range(rounds):
        seconds, theirs = _timed(model, generic)
        slow_seconds.append(seconds / len(chosen) * len(cells))
        seconds, ours = _timed(model, fast)
        fast_seconds.append(seconds)
        mine = ours[chosen]
        errors.append(float((mine[:, 0] - mine[:, 1] - theirs.float().cpu()).abs().max()))
    work = _flops(model, site, length, common, cells)
    peak = matmul_peak(model)
    fast_median = statistics.median(fast_seconds)
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
        "peak_gflops": peak / 1e9,
        "share_of_peak": work["fast"] / fast_median / peak,
    }


def _timed(model: Model, run: Callable[[], Tensor]) -> tuple[float, Tensor]:
    started = time.perf_counter()
    found = run()
    if model.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started, found


@torch.no_grad()
def _generic(
    model: Model, ids: Tensor, site: SweepSite, places: list[tuple[int, int]], tokens: list[int]
) -> Tensor:
    """Differences of logits from TransformerLens' own patching loop."""
    import pandas as pd
    from transformer_lens import patching

    bridge, ids = model.bridge, ids.to(model.device)
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
    """Operations of the linear maps, two a weight and vector; attention's scores left out."""
    weights = sum(p.numel() for p in model.adapter.layers[0].parameters() if p.dim() == 2)
    table = model.adapter.unembedding.numel()
    n = model.n_layers
    one = 2 * length * (n * weights + table)
    vectors = 0
    for layer, position, _ in cells:
        start = common if position < 0 else position
        if start >= common:
            vectors += (length - start) * (n - layer - (site != "resid_pre"))
    recorded = 2 * one + 2 * length * n * weights
    return {"generic": float(len(cells) * one), "fast": float(recorded + 2 * weights * vectors)}


def matmul_peak(model: Model) -> float:
    """Operations a second of one product of the model's own shapes: the best of several."""
    mlp: Any = model.adapter.layers[0].mlp
    weight = next(p for p in mlp.parameters() if p.dim() == 2)
    x = torch.randn(512, weight.shape[1], device=model.device, dtype=model.dtype)
    best = 0.0
    for _ in range(10):
        seconds, _ = _timed(model, lambda: x @ weight.T)
        best = max(best, 2 * 512 * weight.numel() / seconds)
    return best


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
        "the rest; `sweeps.json` holds the raw figures.",
        "",
        "| site | tokens | in common | cells | generic s | fast s | ratio | FLOPs ratio | of peak "
        "| largest difference |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for c in found["cases"]:
        lines.append(
            f"| {c['site']} | {c['tokens']} | {c['common_prefix']} | {c['cells']} "
            f"| {statistics.median(c['generic_seconds']):.2f} "
            f"| {statistics.median(c['fast_seconds']):.2f} | {c['speedup']:.1f} "
            f"| {c['flops_generic'] / c['flops_fast']:.1f} | {c['share_of_peak']:.0%} "
            f"| {c['largest_difference']:.1e} |"
        )
    return "\n".join([*lines, "", "Repeat: `mechmentor bench sweeps --save benchmarks`.", ""])
