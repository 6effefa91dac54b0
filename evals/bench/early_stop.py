"""Neuron activations with the pass ended at their layer against full forwards, equal values."""

import statistics
import time
from typing import Any

import torch

from ...tools.model import Model
from ...tools.observe.unit_values import Unit, compute_values, linear_reader, neuron_module


def measure(model: Model, layer: int, windows: int, length: int, rounds: int) -> dict[str, Any]:
    """Median processor seconds over the same windows, in turn, on one thread.

    Args:
        model: The model.
        layer: Layer of the neuron.
        windows: Windows of random tokens.
        length: Tokens of each.
        rounds: Rounds of both.

    Returns:
        `own_s`, `full_s`, `ratio`, `largest_difference`, `equal`.
    """
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(100, min(model.d_vocab, 20000), (windows, length), generator=generator)
    array = tokens.int().numpy()
    module: Any = neuron_module(model, layer)
    vector = torch.zeros(module.weight.numel() // model.d_model)
    vector[0] = 1
    unit = Unit("neuron 0", layer, linear_reader(vector, generator), True, "bench")
    own, full = [], []
    values, plain = torch.empty(0), torch.empty(0)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    for _ in range(rounds):
        started = time.process_time()
        plain = _full(model, module, tokens)
        full.append(time.process_time() - started)
        started = time.process_time()
        values = compute_values(model, array, unit)[0]
        own.append(time.process_time() - started)
    torch.set_num_threads(threads)
    gap = float((values - plain).abs().max())
    seconds = statistics.median(own), statistics.median(full)
    return {
        "own_s": seconds[0],
        "full_s": seconds[1],
        "ratio": seconds[1] / seconds[0],
        "largest_difference": gap,
        "equal": gap < 1e-4 * float(plain.abs().max()),
    }


@torch.no_grad()
def _full(model: Model, module: Any, tokens: torch.Tensor) -> torch.Tensor:
    """Neuron 0 at every position but the first, from whole forward passes with logits."""
    seen: list[torch.Tensor] = []
    handle = module.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0][..., 0]))
    try:
        for part in torch.split(tokens, 16):
            model.hf(input_ids=part.to(model.device), use_cache=False)
    finally:
        handle.remove()
    return torch.cat(seen)[:, 1:].float().cpu()
