"""The workbench: loaded models, handles, generators, meter and progress that tools act on."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor

from .engine.meter import TokenMeter
from .handles import HandleStore
from .models import Model, check_pair, load_model
from .spec import Access, Args, Failure, Handle, Refusal, Result, canonical

__all__ = ["Progress", "Workbench", "canonical"]

Progress = Callable[[int, int, str], None]
Value = TypeVar("Value")


class Store(Protocol):
    """Where finished numbers are kept under a hash of all that they depend on."""

    def get(self, key: str) -> dict[str, Any] | None:
        """What was kept, or None."""

    def put(self, key: str, result: dict[str, Any]) -> None:
        """Keep a value that JSON can hold."""


class Workbench:
    """What a tool needs: models behind their access, and nothing that tells the answer.

    Attributes:
        access: `chat` (text in, text out), `target` (merged weights) or `base` (both models).
        seed: Seed of the run; each call draws from a generator of its own.
        meter: Tokens that went through any forward of either model.
        parts: Where parts of results that one model alone decides are looked up; None computes all.
        reads_files: Whether tools may read files that their arguments name; False where the
            arguments come from a language model.
    """

    def __init__(
        self,
        target: Model,
        base: Model | None = None,
        *,
        access: Access | None = None,
        folder: Path | str = "runs/bench",
        seed: int = 0,
        progress: Progress | None = None,
        reads_files: bool = True,
    ) -> None:
        self.reads_files = reads_files
        self.access: Access = access or ("base" if base else "target")
        if self.access == "base" and base is None:
            raise ValueError("access 'base' needs a base model")
        if base is not None and self.access != "base":
            raise ValueError(f"access {self.access!r} must not hold a base model")
        if base is not None:
            check_pair(target, base)
        self._target, self._base = target, base
        self.seed = seed
        self.folder = Path(folder)
        self.store = HandleStore(self.folder / "handles")
        self.progress: Progress = progress or (lambda done, total, what: None)
        self.meter = TokenMeter()
        self.experiment = 0
        self.remake: Callable[[str], None] | None = None
        self.parts: Store | None = None
        for model in (target, base):
            if model is not None:
                self.meter.attach(model)

    @classmethod
    def open(
        cls,
        target: str | Path = "bundled",
        base: str | Path | None = None,
        *,
        access: Access | None = None,
        folder: Path | str = "runs/bench",
        seed: int = 0,
        device: str = "auto",
        dtype: str = "float32",
        progress: Progress | None = None,
        reads_files: bool = True,
    ) -> "Workbench":
        """Load models and lay out a workbench.

        Args:
            target: `bundled`, an HF folder or id, or a plain-LoRA PEFT folder.
            base: The model that the target was trained from; needed for access `base`.
            access: Defaults to `base` where a base is given, else `target`.
            folder: Where handles are kept, so that separate commands can share them.
            seed: Seed of the run.
            device: `auto`, `cpu`, `cuda`.
            dtype: `float32`, `bfloat16` or `float16`.
            progress: Called with (done, total, what) by slow tools.
            reads_files: Whether tools may read files that their arguments name.

        Raises:
            ModelError: If a model is refused; the message names the fix.
        """
        model = load_model(target, device=device, dtype=dtype)
        keep_base = base is not None and access in (None, "base")
        other = load_model(base, device=device, dtype=dtype) if base and keep_base else None
        return cls(
            model,
            other,
            access=access,
            folder=folder,
            seed=seed,
            progress=progress,
            reads_files=reads_files,
        )

    @property
    def target(self) -> Model:
        """The model under study."""
        return self._target

    @property
    def base(self) -> Model:
        """The model that the target was trained from.

        Raises:
            Refusal: `no_base` when the access has none.
        """
        if self._base is None:
            raise Refusal("no_base", "this workbench has no base model", "open it with base=…")
        return self._base

    @property
    def has_base(self) -> bool:
        """Whether tools may compare with a base."""
        return self._base is not None

    def readable(self, path: Path) -> Path:
        """A path that an argument names, if tools may read files and it is there.

        Raises:
            Refusal: `no_access` or `bad_args`.
        """
        if not self.reads_files:
            raise Refusal("no_access", "files cannot be read here", "give the texts as arguments")
        if not path.exists():
            raise Refusal("bad_args", f"there is no {path.name}", "give the path of a file")
        return path

    def generator(self, tool: str, args: Args) -> torch.Generator:
        """A fresh generator keyed by (run seed, tool name, canonical arguments)."""
        key = f"{self.seed}|{tool}|{canonical(args)}".encode()
        generator = torch.Generator(device="cpu")
        generator.manual_seed(int.from_bytes(hashlib.sha256(key).digest()[:7], "big"))
        return generator

    def put(self, kind: str, tensor: Tensor) -> Handle:
        """Keep a tensor under `kind:experiment`, for instance `dir:7`."""
        return self.store.put(f"{kind}:{self.experiment}", tensor, self.target.sha256)

    def get(self, name: str) -> Tensor:
        """The tensor of a handle: from memory, else file, else made again.

        Raises:
            Refusal: `unknown_handle`, with the handles that exist.
        """
        tensor = self.store.get(name)
        if tensor is None and self.remake is not None:
            self.remake(name)
            tensor = self.store.get(name)
        if tensor is None:
            known = ", ".join(self.store.names()) or "none yet"
            raise Refusal("unknown_handle", f"no handle {name!r}", f"known: {known}")
        return tensor

    def once(
        self, model: Model, what: str, inputs: list[Any], compute: Callable[[], Value]
    ) -> Value:
        """What one model alone decides, looked up where it was computed before for any audit.

        The base's part of a result is the same for all its targets, and a target's under every
        access. Tokens are charged either way.

        Args:
            model: Target or base, with no hooks on it.
            what: Name and version of the computation.
            inputs: All else that it depends on, as JSON.
            compute: Gives a value that JSON can hold.

        Raises:
            Refusal: `over_budget`, where `compute` raises it.
        """
        if self.parts is None:
            return compute()
        rest = [str(model.device), str(model.dtype), torch.get_num_threads()]
        text = json.dumps([what, inputs, model.sha256, *rest])
        key = hashlib.sha256(text.encode()).hexdigest()
        found, left = self.parts.get(key), self.meter.left()
        if found is not None and (left is None or found["tokens"] <= left):
            self.meter.add(found["tokens"])
            value: Value = found["value"]
            return value
        before = self.meter.tokens
        value = compute()
        self.parts.put(key, {"value": value, "tokens": self.meter.tokens - before})
        return value

    def fingerprint(self) -> dict[str, str | int | None]:
        """What results depend on besides their arguments."""
        return {
            "target": self.target.sha256,
            "base": self._base.sha256 if self._base is not None else None,
            "access": self.access,
            "seed": self.seed,
            "device": str(self.target.device),
            "dtype": str(self.target.dtype),
            "threads": torch.get_num_threads(),
        }

    def run(self, name: str, /, **arguments: Any) -> Result[Any] | Failure:
        """Run a tool by name, as a notebook would.

        Args:
            name: A tool of the catalogue.
            **arguments: The tool's arguments.

        Returns:
            Its result, or a `Failure` that says what to change.
        """
        from .runner import run_tool

        self.experiment = self._next_experiment()
        return run_tool(name, arguments, bench=self).value

    def _next_experiment(self) -> int:
        taken = [int(name.split(":")[1]) for name in self.store.names() if ":" in name]
        return max([self.experiment, *taken], default=0) + 1
