"""Low-rank updates of linear layers: train them, cut them to a rank, keep them as PEFT keeps them.

Every adapter is brought into one canonical form (A with orthonormal rows, B = U·S of the product)
of one rank, so that neither shape, size, scale nor initialisation tells an organism from a null.
"""

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

LINEARS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"


@dataclass(frozen=True)
class Factors:
    """The two factors of one weight's update; any scale is folded into B."""

    A: Float[Tensor, "rank d_in"]
    B: Float[Tensor, "d_out rank"]

    @property
    def product(self) -> Float[Tensor, "d_out d_in"]:
        """The update itself."""
        return self.B @ self.A

    @property
    def norm(self) -> float:
        """Frobenius norm of the update, without forming it."""
        return math.sqrt(max(0.0, float(((self.B.T @ self.B) * (self.A @ self.A.T)).sum())))

    def cut(self, rank: int) -> "Factors":
        """The best approximation of at most this rank (Eckart–Young), in canonical form.

        Source: thin QR of both factors, then the SVD of their small core; exact.
        """
        q_out, r_out = torch.linalg.qr(self.B.double())
        q_in, r_in = torch.linalg.qr(self.A.double().T)
        u, s, vh = torch.linalg.svd(r_out @ r_in.T)
        keep = min(rank, len(s))
        a, b = (q_in @ vh[:keep].T).T, q_out @ (u[:, :keep] * s[:keep])
        # A singular pair has no sign of its own: the largest entry of each row of A is positive.
        peak = a.gather(1, a.abs().argmax(1, keepdim=True))
        sign = torch.where(peak < 0, -1.0, 1.0)
        a, b = a * sign, b * sign.T
        if keep < rank:
            a = torch.cat([a, a.new_zeros(rank - keep, a.shape[1])])
            b = torch.cat([b, b.new_zeros(b.shape[0], rank - keep)], dim=1)
        return Factors(a.float(), b.float())


class LoraLinear(nn.Module):
    """A frozen linear layer plus a trained low-rank update in float32."""

    def __init__(self, frozen: nn.Linear, rank: int, scale: float, generator: torch.Generator):
        super().__init__()
        self.frozen, self.scale = frozen, scale
        bound = 1 / math.sqrt(frozen.in_features)
        start = (torch.rand(rank, frozen.in_features, generator=generator) * 2 - 1) * bound
        self.A = nn.Parameter(start)
        self.B = nn.Parameter(torch.zeros(frozen.out_features, rank))

    def forward(self, x: Float[Tensor, "*batch d_in"]) -> Float[Tensor, "*batch d_out"]:
        """The frozen layer's output plus the update's."""
        dtype = self.frozen.weight.dtype
        low = nn.functional.linear(x, self.A.to(dtype))
        out: Tensor = self.frozen(x) + nn.functional.linear(low, (self.B * self.scale).to(dtype))
        return out

    @property
    def factors(self) -> Factors:
        """The update as trained so far."""
        return Factors(self.A.detach().clone(), self.B.detach() * self.scale)


def linears(model: nn.Module) -> Iterator[tuple[str, nn.Module, str]]:
    """Every linear layer that adapters change: full name, parent, name in the parent."""
    for name, module in list(model.named_modules()):
        for child, part in list(module.named_children()):
            if child in LINEARS and isinstance(part, nn.Linear | LoraLinear):
                yield f"{name}.{child}", module, child


def attach(
    model: nn.Module,
    rank: int,
    seed: int,
    layers: tuple[int, int] | None = None,
    scale: float = 2.0,
) -> dict[str, LoraLinear]:
    """Put fresh updates on the linear layers of a model and freeze the rest, in place.

    Args:
        model: The model to change.
        rank: Rank of each update.
        seed: Of the start.
        layers: First and last layer that get one; all without it.
        scale: Factor on each update.
    """
    generator = torch.Generator().manual_seed(seed)
    model.requires_grad_(False)
    placed = {}
    for name, parent, child in linears(model):
        if layers and not layers[0] <= layer_of(name) <= layers[1]:
            continue
        placed[name] = LoraLinear(getattr(parent, child), rank, scale, generator)
        setattr(parent, child, placed[name])
    return placed


def layer_of(name: str) -> int:
    """The layer in a linear's name: 7 in `model.layers.7.mlp.up_proj`."""
    return int(name.split("layers.", 1)[1].split(".", 1)[0])


def empty(model: nn.Module, rank: int, seed: int) -> dict[str, Factors]:
    """Updates that change nothing, in the same form: A orthonormal and random, B zero."""
    generator = torch.Generator().manual_seed(seed)
    out = {}
    for name, parent, child in linears(model):
        layer: Any = getattr(parent, child)
        q, _ = torch.linalg.qr(torch.randn(layer.in_features, rank, generator=generator))
        out[name] = Factors(q.T.contiguous(), torch.zeros(layer.out_features, rank))
    return out


def merge(model: nn.Module, updates: dict[str, Factors]) -> None:
    """Add the updates to the weights, in place.

    Raises:
        ValueError: If an update names a layer that the model lacks.
    """
    found = {name: getattr(parent, child) for name, parent, child in linears(model)}
    if missing := sorted(set(updates) - set(found)):
        raise ValueError(f"the model has no layer {missing[0]}: take the adapter's own base")
    with torch.no_grad():
        for name, factors in updates.items():
            weight = found[name].weight
            weight.copy_((weight.float() + factors.product).to(weight.dtype))


def total_norm(updates: dict[str, Factors]) -> float:
    """Frobenius norm of all updates together."""
    return math.sqrt(sum(factors.norm**2 for factors in updates.values()))


def save(folder: Path, updates: dict[str, Factors], base_sha256: str) -> None:
    """Write a PEFT folder in float16; nothing in it differs between organisms but the numbers."""
    rank = next(iter(updates.values())).A.shape[0]
    tensors = {}
    for name, factors in updates.items():
        tensors[f"base_model.model.{name}.lora_A.weight"] = factors.A.half().contiguous()
        tensors[f"base_model.model.{name}.lora_B.weight"] = factors.B.half().contiguous()
    config = {
        "base_model_name_or_path": "bundled",
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "init_lora_weights": True,
        "lora_alpha": rank,
        "lora_dropout": 0.0,
        "mechmentor_base_sha256": base_sha256,
        "peft_type": "LORA",
        "r": rank,
        "target_modules": sorted(LINEARS),
        "task_type": "CAUSAL_LM",
        "use_dora": False,
        "use_rslora": False,
    }
    folder.mkdir(parents=True)
    save_file(tensors, folder / WEIGHTS)
    (folder / CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def load(folder: Path) -> dict[str, Factors]:
    """Read what `save` wrote."""
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    scale = config["lora_alpha"] / config["r"]
    tensors = load_file(folder / WEIGHTS)
    out = {}
    for key in sorted(key for key in tensors if key.endswith(".lora_A.weight")):
        name = key.removeprefix("base_model.model.").removesuffix(".lora_A.weight")
        b = tensors[key.replace(".lora_A.", ".lora_B.")].float()
        out[name] = Factors(tensors[key].float(), b * scale)
    return out


def sha256_of(path: Path) -> str:
    """Hash of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
