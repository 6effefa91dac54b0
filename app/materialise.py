"""Turn an adapter into a plain merged model folder, in a process of its own.

An audit then opens a folder of merged weights and nothing else: under access `target` no base and
no adapter is ever in its process. Run as `python -m mechmentor.app.materialise SOURCE`.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from .config import cache_folder

KEEP = 6


def is_adapter(source: str) -> bool:
    """Whether a source is a PEFT folder."""
    return (Path(source) / "adapter_config.json").exists()


def merged_folder(
    source: str, base: str | None = None, progress: Callable[[str], None] | None = None
) -> Path:
    """A folder with the merged float32 weights of an adapter, made by a child process if needed.

    Args:
        source: A PEFT folder.
        base: Its base, where the adapter's own configuration does not name it.
        progress: Told what takes long.

    Returns:
        The folder; it is named by a hash of the adapter, so equal adapters share it.

    Raises:
        RuntimeError: With the child's one line, if the model was refused.
    """
    folder = cache_folder() / "merged" / _digest(Path(source), base)
    if not (folder / "config.json").exists():
        if progress:
            progress("merging the adapter into its base (once)")
        command = [sys.executable, "-m", "mechmentor.app.materialise", source, "--to", str(folder)]
        done = subprocess.run(
            command + (["--base", base] if base else []),
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
        if done.returncode:
            raise RuntimeError((done.stderr.strip().splitlines() or ["merging failed"])[-1])
    os.utime(folder)
    _prune(folder.parent)
    return folder


def _digest(source: Path, base: str | None) -> str:
    digest = hashlib.sha256(str(base).encode())
    for path in sorted(source.glob("adapter_*")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:24]


def _prune(parent: Path) -> None:
    """Merged folders are large: keep the ones used last."""
    folders = sorted(
        (p for p in parent.iterdir() if not p.name.startswith(".")),
        key=lambda p: p.stat().st_mtime,
        reverse=True,
    )
    for old in folders[KEEP:]:
        shutil.rmtree(old, ignore_errors=True)


def main() -> int:
    """Merge, save, rename."""
    parser = argparse.ArgumentParser(description="merge an adapter into its base")
    parser.add_argument("source")
    parser.add_argument("--base")
    parser.add_argument("--to", required=True)
    options = parser.parse_args()
    from ..tools.models import ModelError, load_model

    target = Path(options.to)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        model = load_model(options.source, base=options.base, device="cpu")
    except ModelError as error:
        print(error, file=sys.stderr)
        return 5
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".") as temporary:
        model.hf.save_pretrained(temporary)
        model.tokenizer.save_pretrained(temporary)
        _clean_config(Path(temporary) / "config.json")
        if not target.exists():
            os.rename(temporary, target)
            os.mkdir(temporary)  # the context manager removes it again
    return 0


def _clean_config(path: Path) -> None:
    """Leave nothing in the merged folder that tells where it came from."""
    config = json.loads(path.read_text())
    config.pop("_name_or_path", None)
    path.write_text(json.dumps(config, indent=1))


if __name__ == "__main__":
    sys.exit(main())
