"""Load models: the bundled one, HF folders and ids, GGUF files, LoRA adapters. Never a pickle."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from .lora import merge_lora
from .model import Model

__all__ = ["Model", "ModelError", "check_pair", "load_model"]

Say = Callable[[str], None]
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
_PROBE = "The quick brown fox costs 12.50 € – naïve? <|im_start|>\n\tJümp!"


class ModelError(Exception):
    """A model is refused; the message is one line and names the fix."""


def load_model(
    source: str | Path,
    *,
    base: str | Path | None = None,
    device: str = "auto",
    dtype: str = "float32",
    progress: Say | None = None,
) -> Model:
    """Load a model for reading.

    Args:
        source: `bundled`, an HF folder, a hub id, a PEFT LoRA folder, or a .gguf file.
        base: Base of an adapter, where its own configuration does not name it.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        dtype: `float32`, `bfloat16` or `float16`.
        progress: Told what takes long.

    Raises:
        ModelError: If it is refused; the message names the fix.
    """
    if dtype not in ("float32", "bfloat16", "float16"):
        raise ModelError(f"dtype {dtype!r} is not float32, bfloat16 or float16")
    where = _device(device)
    folder = _locate(str(source), progress)
    if (folder / "adapter_config.json").exists():
        hf, tokenizer, digest = _adapter(folder, base, dtype, progress)
    else:
        hf, tokenizer = _plain(folder, dtype)
        digest = _hash(folder)
    hf = hf.to(where).eval().requires_grad_(False)
    if dtype == "float16" and not all(torch.isfinite(p).all() for p in hf.parameters()):
        raise ModelError(f"{folder.name}: weights overflow in float16; use --dtype bfloat16")
    return Model(hf, tokenizer, folder.name, digest, str(folder))


def check_pair(target: Model, base: Model) -> None:
    """Refuse a base that the target cannot have been trained from.

    Raises:
        ModelError: Naming the first difference.
    """
    a, b = target.hf.config, base.hf.config
    if a.model_type != b.model_type:
        raise ModelError(f"target is {a.model_type}, base is {b.model_type}: give the right --base")
    shapes = {n: tuple(p.shape) for n, p in base.hf.named_parameters()}
    for name, parameter in target.hf.named_parameters():
        if shapes.get(name) != tuple(parameter.shape):
            raise ModelError(
                f"{name} has shape {tuple(parameter.shape)} in the target and {shapes.get(name)} "
                "in the base: give the right --base"
            )
    if target.text_ids(_PROBE) != base.text_ids(_PROBE):
        raise ModelError("target and base tokenize a probe text differently: give the right --base")


def _device(device: str) -> str:
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise ModelError("this torch build sees no CUDA device: use --device cpu")
    if device not in ("cpu", "cuda", "mps") and not device.startswith("cuda:"):
        raise ModelError(f"device {device!r} is not auto, cpu or cuda")
    return device


def _locate(source: str, progress: Say | None) -> Path:
    if source == "bundled":
        from .bundled import bundled_folder

        return bundled_folder(progress)
    path = Path(source).expanduser()
    if path.suffix == ".gguf" and path.is_file():
        return path
    if path.is_dir():
        names = [p.name for p in path.iterdir()]
        adapter, config = "adapter_config.json" in names, "config.json" in names
        if not adapter and not config:
            raise ModelError(
                f"{path} has no config.json: point to the folder that holds config.json and "
                "model.safetensors"
            )
        if not any(n.endswith(".safetensors") for n in names):
            pickles = [n for n in names if n.endswith(_PICKLES)]
            if pickles:
                raise ModelError(
                    f"{path} holds only pickle weights ({pickles[0]}), which can run code when "
                    "loaded: convert them to safetensors"
                )
            raise ModelError(f"{path} holds no .safetensors weights: copy them next to config.json")
        return path
    if path.is_absolute() or source.startswith((".", "~")) or source.count("/") != 1:
        raise ModelError(f"there is no folder {source!r} (a hub id reads owner/name)")
    return _from_hub(source)


def _from_hub(identifier: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.utils import HfHubHTTPError

    wanted = ["*.json", "*.safetensors", "*.jinja", "tokenizer.model", "*.txt"]
    offline = os.environ.get("HF_HUB_OFFLINE") == "1"
    try:
        found = Path(snapshot_download(identifier, allow_patterns=wanted, local_files_only=offline))
    except (OSError, HfHubHTTPError, ValueError) as error:
        why = "HF_HUB_OFFLINE=1 is set" if offline else type(error).__name__
        raise ModelError(
            f"{identifier} is not in the cache and cannot be fetched ({why})"
        ) from None
    if not list(found.glob("*.safetensors")):
        raise ModelError(f"{identifier} has no safetensors weights: pick a repository that has")
    return found


def _plain(folder: Path, dtype: str) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    where, extra = str(folder), {}
    if folder.suffix == ".gguf":
        where, extra = str(folder.parent), {"gguf_file": folder.name}
    try:
        hf = AutoModelForCausalLM.from_pretrained(
            where,
            dtype=getattr(torch, dtype),
            attn_implementation="eager",
            trust_remote_code=False,
            **({} if extra else {"use_safetensors": True}),
            **extra,
        )
        tokenizer = AutoTokenizer.from_pretrained(where, trust_remote_code=False, **extra)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise ModelError(f"{folder} cannot be loaded: {first}") from None
    rows = hf.get_input_embeddings().weight.shape[0]
    if len(tokenizer) > rows:
        raise ModelError(
            f"{folder}: the tokenizer has {len(tokenizer)} tokens, the model {rows}: they do not "
            "belong together"
        )
    tokenizer.padding_side = "left"
    return hf, tokenizer


def _adapter(
    folder: Path, base: str | Path | None, dtype: str, progress: Say | None
) -> tuple[Any, Any, str]:
    config = json.loads((folder / "adapter_config.json").read_text())
    named = base or config.get("base_model_name_or_path")
    if not named:
        raise ModelError(f"{folder}: the adapter names no base; give it with --base")
    base_folder = _locate(str(named), progress)
    wanted, found = config.get("mechmentor_base_sha256"), _weights_hash(base_folder)
    if wanted and wanted != found:
        raise ModelError(
            f"{folder.name} was trained on another base (weights hash {wanted[:12]}, this base has "
            f"{found[:12]}): give the right --base"
        )
    hf, tokenizer = _plain(base_folder, dtype)
    if config.get("peft_type") == "LORA" and not config.get("use_dora"):
        try:
            merge_lora(hf, folder, config)
        except ValueError as error:
            raise ModelError(f"{folder.name}: {error}") from None
    else:
        from peft import PeftModel

        hf = PeftModel.from_pretrained(hf, str(folder), use_safetensors=True).merge_and_unload()
    digest = hashlib.sha256(f"{_hash(base_folder)}{_hash(folder)}".encode()).hexdigest()
    return hf, tokenizer, digest


def _weights_hash(folder: Path) -> str:
    """sha256 of the base's weights file(s), in name order."""
    digest = hashlib.sha256()
    files = [folder] if folder.is_file() else sorted(folder.glob("*.safetensors"))
    for path in files:
        with open(path, "rb") as file:
            while chunk := file.read(1 << 22):
                digest.update(chunk)
    return digest.hexdigest()


def _hash(folder: Path) -> str:
    digest = hashlib.sha256(_weights_hash(folder).encode())
    for name in ("config.json", "adapter_config.json"):
        path = folder / name
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def tensor_names(path: Path) -> list[str]:
    """Names in a safetensors file, without loading it."""
    with safe_open(path, framework="pt") as file:
        return list(file.keys())
