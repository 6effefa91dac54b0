"""A sparse autoencoder in SAELens' folder form: `cfg.json` and `sae_weights.safetensors`."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from ..model import Model
from ..spec import Refusal

WEIGHTS, CONFIG = "sae_weights.safetensors", "cfg.json"
ARCHITECTURES = ("standard", "topk", "jumprelu")
_HOOK = re.compile(r"blocks\.(\d+)\.hook_resid_(pre|post)$")


@dataclass(frozen=True)
class SAE:
    """Encoder and decoder of one site of the residual stream, float32.

    Attributes:
        w_enc: Encoder.
        b_enc: Its bias.
        w_dec: Decoder; a row is a feature's direction.
        b_dec: Its bias.
        architecture: `standard`, `topk` or `jumprelu`.
        layer: The stream after this layer; -1 is the embedding.
        k: Active features of `topk`.
        threshold: Of `jumprelu`, for each feature.
        centred: Whether the decoder's bias is taken off before encoding.
        by_norm: Whether activations are multiplied by the decoder's norms when chosen.
        model_name: Base model it says it was trained on.
        facts: Further entries of the configuration's metadata.
    """

    w_enc: Float[Tensor, "d_model feature"]
    b_enc: Float[Tensor, "feature"]
    w_dec: Float[Tensor, "feature d_model"]
    b_dec: Float[Tensor, "d_model"]
    architecture: str
    layer: int
    k: int = 0
    threshold: Float[Tensor, "feature"] | None = None
    centred: bool = True
    by_norm: bool = False
    model_name: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Number of features."""
        return int(self.w_dec.shape[0])

    def encode(self, x: Float[Tensor, "*rows d_model"]) -> Float[Tensor, "*rows feature"]:
        """Feature activations, in units in which `decode` multiplies the decoder's rows."""
        pre = (x - self.b_dec if self.centred else x) @ self.w_enc + self.b_enc
        norms = self.w_dec.norm(dim=-1) if self.by_norm else None
        if norms is not None:
            pre = pre * norms
        if self.architecture == "topk":
            top = pre.topk(self.k, -1)
            acts = torch.zeros_like(pre).scatter_(-1, top.indices, top.values.relu())
        elif self.architecture == "jumprelu":
            assert self.threshold is not None
            acts = torch.where(pre > self.threshold, pre.relu(), 0.0)
        else:
            acts = pre.relu()
        return acts if norms is None else acts / norms

    def decode(self, acts: Float[Tensor, "*rows feature"]) -> Float[Tensor, "*rows d_model"]:
        """The stream that the features stand for."""
        return acts @ self.w_dec + self.b_dec

    def save(self, folder: Path) -> None:
        """Write the folder, weights as fp16."""
        folder.mkdir(parents=True, exist_ok=True)
        tensors = {
            "W_enc": self.w_enc,
            "b_enc": self.b_enc,
            "W_dec": self.w_dec,
            "b_dec": self.b_dec,
        }
        if self.threshold is not None:
            tensors["threshold"] = self.threshold
        save_file({n: t.half().contiguous().cpu() for n, t in tensors.items()}, folder / WEIGHTS)
        hook = f"blocks.{max(self.layer, 0)}.hook_resid_{'post' if self.layer >= 0 else 'pre'}"
        config = {
            "architecture": self.architecture,
            "d_in": int(self.w_enc.shape[0]),
            "d_sae": self.size,
            "dtype": "float16",
            "device": "cpu",
            "apply_b_dec_to_input": self.centred,
            "normalize_activations": "none",
            "reshape_activations": "none",
            **({"k": self.k} if self.architecture == "topk" else {}),
            **({"rescale_acts_by_decoder_norm": True} if self.by_norm else {}),
            "metadata": {"model_name": self.model_name, "hook_name": hook, **self.facts},
        }
        (folder / CONFIG).write_text(json.dumps(config, indent=1) + "\n")


def load_sae(folder: Path) -> SAE:
    """Read a folder.

    Raises:
        Refusal: `bad_args` for what is missing, broken, pickled or of unequal sizes,
            `model_limit` for a kind that is not read.
    """
    form = f"an SAELens folder holds {CONFIG} and {WEIGHTS}"
    if not (folder / CONFIG).is_file() or not (folder / WEIGHTS).is_file():
        pickled = [p.name for p in folder.glob("*") if p.suffix in {".pt", ".pth", ".pkl", ".bin"}]
        if pickled:
            raise Refusal(
                "bad_args",
                f"{pickled[0]} is a pickle, which can run code when it is read",
                f"convert it: {form}",
            )
        raise Refusal("bad_args", f"{folder.name} is no SAE", form)
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        tensors = {n: t.float() for n, t in load_file(folder / WEIGHTS).items()}
    except (ValueError, OSError, SafetensorError) as error:
        raise Refusal(
            "bad_args", f"{folder.name} cannot be read: {error}", "copy it anew"
        ) from None
    if not isinstance(config, dict):
        raise Refusal("bad_args", f"{CONFIG} is not an object", form)
    metadata = {**config, **(config.get("metadata") or {})}
    lacking = [n for n in ("W_enc", "b_enc", "W_dec", "b_dec") if n not in tensors]
    if lacking:
        raise Refusal("bad_args", f"{WEIGHTS} lacks {', '.join(lacking)}", form)
    architecture, k = _kind(config, tensors)
    hook = _HOOK.search(str(metadata.get("hook_name", "")))
    if hook is None:
        raise Refusal(
            "model_limit",
            f"hook {metadata.get('hook_name')!r} is not a site of the residual stream",
            "blocks.L.hook_resid_pre or blocks.L.hook_resid_post",
        )
    found = SAE(
        w_enc=tensors["W_enc"],
        b_enc=tensors["b_enc"],
        w_dec=tensors["W_dec"],
        b_dec=tensors["b_dec"],
        architecture=architecture,
        layer=int(hook[1]) - (hook[2] == "pre"),
        k=k,
        threshold=tensors.get("threshold"),
        centred=bool(config.get("apply_b_dec_to_input", True)),
        by_norm=bool(config.get("rescale_acts_by_decoder_norm", False)),
        model_name=str(metadata.get("model_name", "")),
        facts={
            n: v
            for n, v in (config.get("metadata") or {}).items()
            if n not in ("model_name", "hook_name")
        },
    )
    _check_sizes(found, config)
    return found


def check_base(sae: SAE, models: list[Model], accept: str = "") -> list[str]:
    """Refuse an SAE of another base model; warn where only the name speaks for it.

    Args:
        sae: The SAE.
        models: The target, and the base where there is one.
        accept: Name in the SAE's configuration that the user declares to be the base.

    Raises:
        Refusal: `bad_args`, for another width, layer or base.
    """
    model = models[0]
    width = int(sae.b_dec.shape[0])
    if width != model.d_model:
        raise Refusal(
            "bad_args",
            f"the SAE has width {width}, {model.name} has {model.d_model}",
            f"it was trained on {sae.model_name or 'another model'}: load that",
        )
    if sae.layer >= model.n_layers:
        raise Refusal("bad_args", f"the SAE reads layer {sae.layer}, which is not there", "")
    exact = sae.facts.get("model_weights_sha256")
    if exact:
        for index, one in enumerate(models):
            if one.weights_sha256 == exact:
                return (
                    []
                    if index == 0
                    else ["The SAE was trained on the base: on the target its errors are larger."]
                )
    elif any(_plain(sae.model_name) == _plain(one.name) for one in models):
        return ["The SAE names this model; it holds no hash of the weights to compare."]
    if accept and accept == sae.model_name:
        return [f"Taken on your word: {model.name} stands in for {accept!r}."]
    raise Refusal(
        "bad_args",
        f"the SAE was trained on {sae.model_name!r}, this is {model.name!r}",
        f'load that model, or accept it by name: base_model="{sae.model_name}"',
    )


def features_at(
    sae: SAE, x: Float[Tensor, "row d_model"], features: Int[Tensor, "some"]
) -> Float[Tensor, "row some"]:
    """Activations of some features."""
    return sae.encode(x)[..., features]


def _kind(config: dict[str, Any], tensors: dict[str, Tensor]) -> tuple[str, int]:
    name = str(config.get("architecture", "standard"))
    k = int(config.get("k") or (config.get("activation_fn_kwargs") or {}).get("k") or 0)
    if name == "standard" and config.get("activation_fn_str", config.get("activation_fn")) in (
        "topk",
    ):
        name = "topk"
    if name not in ARCHITECTURES:
        raise Refusal(
            "model_limit", f"architecture {name!r} is not read", f"read: {', '.join(ARCHITECTURES)}"
        )
    if config.get("normalize_activations") not in (None, "none"):
        raise Refusal(
            "model_limit",
            f"normalize_activations={config['normalize_activations']!r} is not read",
            "fold the normalisation into the weights with SAELens, then save again",
        )
    if name == "topk" and not 0 < k <= tensors["W_dec"].shape[0]:
        raise Refusal("bad_args", f"k = {k} active features make no sense", "set k in cfg.json")
    if name == "jumprelu" and "threshold" not in tensors:
        raise Refusal("bad_args", "a jumprelu SAE without thresholds", f"{WEIGHTS}: threshold")
    return name, k


def _check_sizes(sae: SAE, config: dict[str, Any]) -> None:
    width, size = int(config.get("d_in", -1)), int(config.get("d_sae", -1))
    shapes = {
        "W_enc": (tuple(sae.w_enc.shape), (width, size)),
        "b_enc": (tuple(sae.b_enc.shape), (size,)),
        "W_dec": (tuple(sae.w_dec.shape), (size, width)),
        "b_dec": (tuple(sae.b_dec.shape), (width,)),
    }
    for name, (found, expected) in shapes.items():
        if found != expected:
            raise Refusal(
                "bad_args", f"{name} has shape {found}, cfg.json says {expected}", "copy it anew"
            )
    if not all(torch.isfinite(t).all() for t in (sae.w_enc, sae.b_enc, sae.w_dec, sae.b_dec)):
        raise Refusal("numerical", "the SAE's weights are not finite", "take another one")


def _plain(name: str) -> str:
    return name.rsplit("/", 1)[-1].lower().removesuffix("-small")
