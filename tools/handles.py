"""Named tensors on disk: a handle such as `dir:7` stands for a tensor made by experiment E7."""

import hashlib
import json
import os
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load, save
from torch import Tensor

from .spec import Handle, Refusal

MAX_BYTES = 1 << 20


class HandleStore:
    """Tensors in memory and as `<sha256>.safetensors` below a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._memory: dict[str, Tensor] = {}
        self._known: dict[str, Handle] = {}

    def put(self, name: str, tensor: Tensor, model: str) -> Handle:
        """Keep a tensor; the file is complete on disk before this returns.

        Raises:
            Refusal: If the tensor is larger than 1 MB or not finite.
        """
        tensor = tensor.detach().to("cpu").contiguous()
        if not torch.isfinite(tensor).all():
            raise Refusal(
                "numerical", f"{name} holds values that are not finite", "load with dtype float32"
            )
        if tensor.numel() * tensor.element_size() > MAX_BYTES:
            raise Refusal(
                "model_limit", f"{name} is larger than {MAX_BYTES} bytes", "keep one layer of it"
            )
        blob = save({"tensor": tensor})
        handle = Handle(
            name=name,
            shape=tuple(tensor.shape),
            model=model,
            sha256=hashlib.sha256(blob).hexdigest(),
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self._path(handle.sha256)
        if not path.exists():
            _write_atomic(path, blob)
        _write_atomic(
            self.folder / f"{name.replace(':', '-')}.json", handle.model_dump_json().encode()
        )
        self._memory[name] = tensor
        self._known[name] = handle
        return handle

    def note(self, handle: Handle) -> None:
        """Make a handle known that a tape speaks of."""
        self._known[handle.name] = handle

    def get(self, name: str) -> Tensor | None:
        """The tensor from memory or file; None if neither has it (then it must be made again)."""
        if name in self._memory:
            return self._memory[name]
        handle = self._known.get(name) or self._read(name)
        if handle is None or not self._path(handle.sha256).exists():
            return None
        blob = self._path(handle.sha256).read_bytes()
        if hashlib.sha256(blob).hexdigest() != handle.sha256:
            return None
        tensor: Tensor = load(blob)["tensor"]
        self._memory[name] = tensor
        return tensor

    def names(self) -> list[str]:
        """All names that are known in memory or on disk."""
        on_disk = [p.stem.replace("-", ":") for p in self.folder.glob("*-*.json")]
        return sorted({*self._known, *on_disk})

    def _read(self, name: str) -> Handle | None:
        path = self.folder / f"{name.replace(':', '-')}.json"
        return Handle.model_validate(json.loads(path.read_text())) if path.exists() else None

    def _path(self, sha256: str) -> Path:
        return self.folder / f"{sha256}.safetensors"


def _write_atomic(path: Path, blob: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
    with os.fdopen(descriptor, "wb") as file:
        file.write(blob)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
