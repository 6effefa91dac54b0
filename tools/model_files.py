"""Model folders on disk: where a source leads, whether it may be loaded, and its hashes."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

PICKLES = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt")
_TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer.model",
    "vocab.json",
    "merges.txt",
    "chat_template.jinja",
    "tokenizer_config.json",
)
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_SCRAP = ("_name_or_path", "transformers_version")


class ModelError(Exception):
    """A model is refused; the message is one line that names the fix."""


def is_adapter(folder: Path) -> bool:
    """Whether a folder holds a PEFT adapter."""
    return (folder / "adapter_config.json").is_file()


def locate(source: str | Path) -> Path:
    """The folder or .gguf file that a source means; a hub id is downloaded or found in the cache.

    Raises:
        ModelError: If there is no such path, or the hub cannot be asked.
    """
    path = Path(source).expanduser()
    if path.exists():
        return path
    name = str(source)
    if isinstance(source, Path) or not _HUB_ID.fullmatch(name) or name.endswith(".gguf"):
        known = "a folder, a .gguf file, a hub id or 'bundled'"
        raise ModelError(f"{name} does not exist: give {known}")
    return _from_hub(name)


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

    try:
        return Path(
            snapshot_download(
                name,
                allow_patterns=["*.safetensors", "*.json", "*.jinja", "*.model", "*.txt"],
                ignore_patterns=["*/*", "consolidated*"],
            )
        )
    except RepositoryNotFoundError:
        raise ModelError(
            f"no folder {name!r} here and no model of that name on the hub (or it is gated: "
            "log in with `hf auth login`)"
        ) from None
    except (HfHubHTTPError, OSError, ValueError) as error:
        # Offline mode, an unknown host and a missing cache entry arrive as these.
        why = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise ModelError(
            f"no folder {name!r} here, and the hub cannot be reached for it; give a local folder "
            f"or go online once ({type(error).__name__}: {why})"
        ) from None


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file.

    Raises:
        ModelError: If it is no JSON object.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read as JSON: {error}") from None
    if not isinstance(found, dict):
        raise ModelError(f"{path} should hold a JSON object")
    return found


def check_folder(folder: Path) -> None:
    """Refuse what is not a model folder with safetensors weights.

    Raises:
        ModelError: Naming what is missing.
    """
    if not folder.is_dir():
        raise ModelError(f"{folder} is a file; give the model's folder or a .gguf file")
    weights = list(folder.glob("*.safetensors"))
    if not weights and any(list(folder.glob(pattern)) for pattern in PICKLES):
        raise ModelError(
            f"{folder} has pickle weights only, which are never loaded since they can run code; "
            "save them once as safetensors: model.save_pretrained(folder, safe_serialization=True)"
        )
    if not (folder / "config.json").is_file():
        raise ModelError(f"{folder} has no config.json: it is not a model folder")
    if not weights:
        raise ModelError(f"{folder} has no *.safetensors weights")


def weights_sha256(folder: Path) -> str:
    """Hash of the weights: of `model.safetensors` itself, else over the hashes of its shards."""
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        shards = sorted(set(read_json(index).get("weight_map", {}).values()))
        paths = [folder / shard for shard in shards]
    else:
        paths = [folder / "model.safetensors"]
        if not paths[0].is_file():
            paths = sorted(folder.glob("*.safetensors"))
    hashes = [file_sha256(path) for path in paths]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()


def file_sha256(path: Path) -> str:
    """sha256 of a file.

    Raises:
        ModelError: If it is missing.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from None


def identity(folder: Path, weights: str) -> str:
    """Hash over the weights' hash, the configuration and the tokenizer's files."""
    digest = hashlib.sha256(weights.encode())
    config = {k: v for k, v in read_json(folder / "config.json").items() if k not in _SCRAP}
    digest.update(json.dumps(config, sort_keys=True).encode())
    for name in _TOKENIZER_FILES:
        path = folder / name
        if path.is_file():
            digest.update(name.encode() + bytes.fromhex(file_sha256(path)))
    return digest.hexdigest()
