"""Create a run folder, or open one to go on: the same graph either way."""

import datetime
import importlib.metadata
import platform
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ..tools.runner import ResultCache
from ..tools.workbench import Progress, Workbench
from .case import Case
from .driver import Driver
from .graph import OnEvent, Session
from .state import RunState
from .tape import Tape, TapeError

_PACKAGES = ("mechmentor", "torch", "transformers", "transformer-lens", "langgraph", "pydantic")


@dataclass(frozen=True)
class RunConfig:
    """What a run needs besides its case; all of it stands in the tape's first record.

    Attributes:
        driver: The driver's name.
        seed: Seed of the run.
        device: `auto`, `cpu` or `cuda`.
        dtype: Of both models.
        settings: The driver's own settings (model, endpoint name; never a key).
    """

    driver: str = "playbook"
    seed: int = 0
    device: str = "auto"
    dtype: str = "float32"
    settings: tuple[tuple[str, str], ...] = ()


def new_folder(parent: Path, case_id: str) -> Path:
    """A fresh run folder, named by time so that a listing is in order."""
    stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    name = "".join(c if c.isalnum() or c in "-_." else "-" for c in case_id)[:40]
    return parent / f"{stamp}-{name}-{secrets.token_hex(2)}"


def start(
    folder: Path,
    case: Case,
    config: RunConfig,
    make_driver: Callable[[RunConfig], Driver],
    *,
    cache: ResultCache | None = None,
    on_event: OnEvent | None = None,
    progress: Progress | None = None,
) -> RunState:
    """Run a case to its end, from nothing or from wherever its tape stands.

    Args:
        folder: The run folder; one with a tape is resumed.
        case: Ignored on resume: the tape's own case counts.
        config: The same.
        make_driver: Builds the driver from the configuration.
        cache: Result cache, or None.
        on_event: Told of every record.
        progress: Told by slow tools.

    Returns:
        The final state.

    Raises:
        TapeError: If the run is locked, its tape is broken, or its models are others.
        ModelError: If a model is refused.
    """
    with Tape(folder) as tape:
        if tape.records:
            header = tape.records[0]
            case = Case.model_validate(header["case"])
            config = _config(header)
        state = RunState.from_tape(tape.records)
        if state.status is not None:
            return state
        bench = Workbench.open(
            case.target,
            case.base,
            access=case.access,
            folder=folder,
            seed=config.seed,
            device=config.device,
            dtype=config.dtype,
            progress=progress,
            reads_files=False,
        )
        if tape.records:
            _same_models(tape.records[0]["fingerprint"], bench)
        else:
            tape.append("run", **header_fields(case, config, bench))
        session = Session(
            tape,
            bench,
            make_driver(config),
            cache,
            on_event or (lambda record, state: None),
        )
        return session.run()


def header_fields(case: Case, config: RunConfig, bench: Workbench) -> dict[str, Any]:
    """The first record: what is run on what, with which versions."""
    versions = {p: _version(p) for p in _PACKAGES}
    return {
        "case": case.model_dump(mode="json"),
        "driver": config.driver,
        "seed": config.seed,
        "device": config.device,
        "dtype": config.dtype,
        "settings": dict(config.settings),
        "fingerprint": bench.fingerprint(),
        "versions": {**versions, "python": platform.python_version()},
        "host": {"machine": platform.machine(), "threads": torch.get_num_threads()},
    }


def _config(header: dict[str, Any]) -> RunConfig:
    return RunConfig(
        driver=header["driver"],
        seed=header["seed"],
        device=header["device"],
        dtype=header["dtype"],
        settings=tuple(sorted(header["settings"].items())),
    )


def _same_models(expected: dict[str, Any], bench: Workbench) -> None:
    found = bench.fingerprint()
    for name in ("target", "base"):
        if expected[name] != found[name]:
            raise TapeError(
                f"the {name} is not the model of this run: its hash is {str(found[name])[:12]}, "
                f"the tape says {str(expected[name])[:12]}; restore it or start a new run"
            )


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
