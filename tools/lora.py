"""Merge a plain LoRA adapter into its base: W += scale · B A.

Source: Hu et al. 2021, LoRA, section 4.1; rank-stabilised scale: Kalajdzievski 2023.
"""

import math
import re
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

_KEY = re.compile(r"^base_model\.model\.(?P<module>.+)\.lora_(?P<side>[AB])(\.default)?\.weight$")


@torch.no_grad()
def merge_lora(hf: Any, folder: Path, config: dict[str, Any]) -> None:
    """Add every update of an adapter to the model's weights, in place.

    Args:
        hf: The base model.
        folder: PEFT folder with adapter_model.safetensors.
        config: Its adapter_config.json.

    Raises:
        ValueError: If tensors are missing, unknown, or of another shape than the base's.
    """
    path = folder / "adapter_model.safetensors"
    if not path.exists():
        raise ValueError("adapter_model.safetensors is missing")
    tensors = load_file(path)
    pairs: dict[str, dict[str, torch.Tensor]] = {}
    for key, tensor in tensors.items():
        match = _KEY.match(key)
        if match is None:
            raise ValueError(f"tensor {key!r} is no plain LoRA weight")
        pairs.setdefault(match["module"], {})[match["side"]] = tensor
    modules = dict(hf.named_modules())
    for name, pair in pairs.items():
        if set(pair) != {"A", "B"}:
            raise ValueError(f"{name} lacks lora_{'B' if 'A' in pair else 'A'}")
        if name not in modules:
            raise ValueError(f"the base has no module {name!r}: it is another base")
        module = modules[name]
        delta = scale_of(name, config, pair["A"].shape[0]) * (pair["B"].float() @ pair["A"].float())
        if type(module).__name__ == "Conv1D":
            delta = delta.T
        if delta.shape != module.weight.shape:
            raise ValueError(
                f"{name} is {tuple(module.weight.shape)} in the base and {tuple(delta.shape)} in "
                "the adapter: it is another base"
            )
        weight = module.weight
        weight.data = (weight.float() + delta.to(weight.device)).to(weight.dtype)


def scale_of(module: str, config: dict[str, Any], rank: int) -> float:
    """The factor of one module's update: alpha / r, or alpha / √r when rank-stabilised."""
    alpha = float(_pattern(module, config.get("alpha_pattern"), config.get("lora_alpha", rank)))
    r = float(_pattern(module, config.get("rank_pattern"), config.get("r", rank)))
    return alpha / (math.sqrt(r) if config.get("use_rslora") else r)


def _pattern(module: str, patterns: dict[str, Any] | None, default: Any) -> Any:
    for pattern, value in (patterns or {}).items():
        if re.search(rf"(^|\.){pattern}$", module):
            return value
    return default
