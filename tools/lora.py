"""Merge a plain LoRA folder into its base by own code: W += scale · B A, in float32."""

import math
import re
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from safetensors.torch import load_file
from torch import Tensor, nn

from .model_files import PICKLES, ModelError, file_sha256, read_json

WEIGHTS = "adapter_model.safetensors"
BASE_HASH = "mechmentor_base_sha256"
_KEY = re.compile(r"base_model\.model\.(?P<module>.+)\.lora_(?P<half>[AB])(?:\.default)?\.weight")
_PREFIX = "base_model.model."
# What plain LoRA is not: any of these set means that PEFT itself must merge.
_SPECIAL = (
    "use_dora",
    "modules_to_save",
    "trainable_token_indices",
    "layer_replication",
    "alora_invocation_tokens",
    "lora_bias",
    "use_qalora",
    "target_parameters",
    "arrow_config",
    "use_bdlora",
    "monteclora_config",
    "kasa_config",
    "loftq_config",
    "megatron_config",
)
# Starts that also change the base's weights.
_CHANGED_BASE = ("pissa", "olora", "corda", "loftq", "lora_ga")


def adapter_config(folder: Path) -> dict[str, Any]:
    """The adapter's configuration, after a look at what lies beside it.

    Raises:
        ModelError: If the weights are pickles or missing.
    """
    config = read_json(folder / "adapter_config.json")
    if not (folder / WEIGHTS).is_file():
        if any(list(folder.glob(pattern)) for pattern in PICKLES):
            raise ModelError(
                f"{folder} has pickle weights only, which are never loaded since they can run "
                f"code; save the adapter once as {WEIGHTS}"
            )
        raise ModelError(f"{folder} has no {WEIGHTS}")
    return config


def adapter_sha256(folder: Path) -> str:
    """Hash over the adapter's weights and configuration."""
    return file_sha256(folder / WEIGHTS) + file_sha256(folder / "adapter_config.json")


def is_plain(config: dict[str, Any]) -> bool:
    """Whether own code can merge this adapter."""
    plain = config.get("peft_type", "LORA") == "LORA" and config.get("bias", "none") == "none"
    start = str(config.get("init_lora_weights", "")).lower()
    unchanged = not start.startswith(_CHANGED_BASE)
    return plain and unchanged and not any(config.get(key) for key in _SPECIAL)


def scale_of(config: dict[str, Any], module: str, rank: int) -> float:
    """Factor of B A for one module: alpha / r, or alpha / √r where rank-stabilised.

    Source: Hu et al., "LoRA" (2021), §4.1; Kalajdzievski, "rsLoRA" (2023).
    """
    alpha = float(_pattern(config.get("alpha_pattern"), module, config.get("lora_alpha", 8)))
    return alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)


def merge(hf: Any, folder: Path, config: dict[str, Any]) -> int:
    """Add the adapter's update to the weights of `hf`, in place.

    Args:
        hf: A transformers model with float32 weights.
        folder: The adapter's folder.
        config: Its configuration.

    Returns:
        How many weights were changed.

    Raises:
        ModelError: If tensors are missing, left over, or do not fit the base.
    """
    pairs = _pairs(load_file(folder / WEIGHTS), folder)
    modules = dict(hf.named_modules())
    for name in pairs:
        if name not in modules:
            raise ModelError(f"{folder}: the base has no module {name!r}: not its base")
    expected = _targets(modules, config, folder)
    if absent := sorted(expected - set(pairs)):
        more = f" and {len(absent) - 1} more" if len(absent) > 1 else ""
        raise ModelError(f"{folder}: tensors for {absent[0]}{more} are missing from {WEIGHTS}")
    head, embed = hf.get_output_embeddings(), hf.get_input_embeddings()
    tied = head is not None and head.weight is embed.weight
    for name, (down, up) in pairs.items():
        rank = int(_pattern(config.get("rank_pattern"), name, config.get("r", 8)))
        if down.shape[0] != rank or up.shape[1] != rank:
            raise ModelError(
                f"{folder}: {name} has rank {down.shape[0]}, its configuration says {rank}"
            )
        module = modules[name]
        if tied and (module is head or module is embed):
            raise ModelError(
                f"{folder}: {name} is tied to the embedding, which a merge would change as well; "
                "save the merged model untied and load that"
            )
        _add(module, down, up, scale_of(config, name, rank), f"{folder}: {name}")
    return len(pairs)


@torch.no_grad()
def _add(
    module: nn.Module,
    down: Float[Tensor, "rank into"],
    up: Float[Tensor, "out rank"],
    scale: float,
    where: str,
) -> None:
    weight = getattr(module, "weight", None)
    delta = scale * (up.float() @ down.float())
    if type(module).__name__ == "Conv1D":  # GPT-2 keeps [in, out]
        delta = delta.T
    if not isinstance(weight, Tensor) or weight.shape != delta.shape:
        shape = list(weight.shape) if isinstance(weight, Tensor) else "none"
        raise ModelError(
            f"{where}: update of shape {list(delta.shape)} on a weight of shape {shape}: "
            "it is not this adapter's base"
        )
    if not torch.isfinite(delta).all():
        raise ModelError(f"{where}: the update holds values that are not finite")
    weight += delta.to(weight)


def _pairs(tensors: dict[str, Tensor], folder: Path) -> dict[str, tuple[Tensor, Tensor]]:
    halves: dict[str, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        match = _KEY.fullmatch(key)
        if match is None:
            raise ModelError(f"{folder}: tensor {key!r} is no part of a plain LoRA adapter")
        halves.setdefault(match["module"], {})[match["half"]] = tensor
    for name, found in halves.items():
        if set(found) != {"A", "B"}:
            half = "B" if "A" in found else "A"
            raise ModelError(f"{folder}: lora_{half} of {name} is missing from {WEIGHTS}")
    if not halves:
        raise ModelError(f"{folder}: {WEIGHTS} holds no tensors")
    return {name: (found["A"], found["B"]) for name, found in halves.items()}


def _targets(modules: dict[str, nn.Module], config: dict[str, Any], folder: Path) -> set[str]:
    """Modules that the configuration says it changes."""
    wanted = config.get("target_modules")
    if not wanted:
        raise ModelError(f"{folder}: adapter_config.json names no target_modules")
    linear = [n for n, m in modules.items() if isinstance(m, nn.Linear) or _is_conv1d(m)]
    if wanted == "all-linear":
        found = {n for n in linear if n != "lm_head"}
    elif isinstance(wanted, str):
        found = {n for n in modules if re.fullmatch(wanted, n)}
        if not found:
            raise ModelError(f"{folder}: target_modules {wanted!r} fits no module of the base")
    else:
        found = set()
        for name in wanted:
            fits = {n for n in modules if n == name or n.endswith(f".{name}")}
            if not fits:
                raise ModelError(
                    f"{folder}: target module {name!r} is unknown to the base: wrong architecture"
                )
            found |= fits
    layers = config.get("layers_to_transform")
    if layers is not None:
        keep = {layers} if isinstance(layers, int) else set(layers)
        pattern = re.compile(r"\.(?:layers|h|blocks)\.(\d+)\.")
        found = {n for n in found if (m := pattern.search(f".{n}")) and int(m[1]) in keep}
    excluded = config.get("exclude_modules") or []
    if isinstance(excluded, str):
        return {n for n in found if not re.fullmatch(excluded, n)}
    return {n for n in found if not any(n == e or n.endswith(f".{e}") for e in excluded)}


def _is_conv1d(module: nn.Module) -> bool:
    return type(module).__name__ == "Conv1D"


def _pattern(patterns: dict[str, Any] | None, module: str, default: Any) -> Any:
    """The value whose key fits the end of the module's name, as PEFT decides it."""
    for key, value in (patterns or {}).items():
        if re.match(rf"(.*\.)?({key})$", module):
            return value
    return default
