"""Turn an adapter into a plain merged model folder, in a process of its own.

An audit then opens a folder of merged weights and nothing else: no adapter, no organism's folder,
and under access `target` no base is ever opened by its process.
Run as `python -m mechmentor.app.materialise SOURCE`.
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
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from ..agent.state import RunState
from ..agent.tape import TapeError
from .config import cache_folder

KEEP = 6


@dataclass(frozen=True)
class Merged:
    """A merged model.

    Attributes:
        folder: Named by a hash of the adapter, so that equal adapters share it.
        commitment: Hash of the sealed answer, where one stands beside the adapter.
    """

    folder: str
    commitment: str | None


class MergeError(Exception):
    """The adapter is refused; the message is the child's one line."""


def is_adapter(source: str) -> bool:
    """Whether a source is a PEFT folder (looks, opens nothing)."""
    return (Path(source) / "adapter_config.json").exists()


def merged(
    source: str, base: str | None = None, progress: Callable[[str], None] | None = None
) -> Merged:
    """The merged float32 weights of an adapter, made by a child process if they are not there.

    Args:
        source: A PEFT folder.
        base: Its base, where the adapter's own configuration does not name it.
        progress: Told what takes long.

    Raises:
        MergeError: If the model was refused.
    """
    if progress:
        progress("merging the adapter into its base, in a process of its own")
    command = [sys.executable, "-m", "mechmentor.app.materialise", source]
    done = subprocess.run(
        command + (["--base", base] if base else []), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise MergeError((done.stderr.strip().splitlines() or ["merging failed"])[-1])
    return Merged(**json.loads(done.stdout.splitlines()[-1]))


def put_back_for(run: Path) -> None:
    """Merge the model of a run again if the cache has dropped it; all else is left as it is.

    Args:
        run: The run's folder; what is wrong with its tape is for others to say.
    """
    try:
        case = RunState.from_folder(run).case
    except (TapeError, OSError):
        return
    if case is None or Path(case.target).exists():
        return
    note = _note(Path(case.target).name)
    if note.exists():
        kept = json.loads(note.read_text(encoding="utf-8"))
        merged(kept["source"], kept["base"])


def _note(name: str) -> Path:
    """Where it stands which adapter a merged folder was made of: apart, for no audit to read."""
    return cache_folder() / "adapters" / f"{name}.json"


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


def _hold(folder: Path, merge: Callable[[], None]) -> None:
    """Have a merged folder that is marked as used before anybody can drop it.

    Two audits that start together prune the same cache: whoever lists its folders before the other
    has marked its own would drop that one.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with FileLock(folder.parent / ".lock"):
            if (folder / "config.json").exists():
                os.utime(folder)
                _prune(folder.parent)
                return
        merge()


def main() -> int:
    """Merge, save, rename, print the folder as JSON."""
    parser = argparse.ArgumentParser(description="merge an adapter into its base")
    parser.add_argument("source", type=Path)
    parser.add_argument("--base")
    options = parser.parse_args()
    folder = cache_folder() / "merged" / _digest(options.source, options.base)
    from ..tools.model_files import ModelError

    try:
        _hold(folder, lambda: _merge(options.source, options.base, folder))
    except ModelError as error:
        print(error, file=sys.stderr)
        return 5
    note = _note(folder.name)
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps({"source": str(options.source.resolve()), "base": options.base}))
    sealed = options.source / "commitment.txt"
    commitment = sealed.read_text().strip() if sealed.exists() else None
    print(json.dumps({"folder": str(folder), "commitment": commitment}))
    return 0


def _merge(source: Path, base: str | None, folder: Path) -> None:
    from ..tools.models import load_model

    folder.parent.mkdir(parents=True, exist_ok=True)
    model = load_model(str(source), base=base, device="cpu")
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".") as temporary:
        made = Path(temporary) / "made"
        model.hf.save_pretrained(made)
        model.tokenizer.save_pretrained(made)
        # Nothing in the merged folder tells where it came from.
        config = json.loads((made / "config.json").read_text())
        config.pop("_name_or_path", None)
        (made / "config.json").write_text(json.dumps(config, indent=1))
        if not folder.exists():
            os.rename(made, folder)


if __name__ == "__main__":
    sys.exit(main())
