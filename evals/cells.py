"""One cell of an evaluation: one audit of one model by one driver, scored, never paid twice.

The folder of a cell follows from what it is, so whoever comes second finds the finished score,
goes on with a broken run, or waits for the one who has the lock.
"""

import asyncio
import ctypes
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ..tools.spec import Access, Frozen

MISSING_KEY = 3
_WAIT = 0.5
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


class Cell(Frozen):
    """What is run.

    Attributes:
        case: Id of an organism or null.
        access: What the driver may use.
        driver: Its name.
        seed: Of the run.
        model: The language model, for the driver `llm`.
        provider: Its provider.
        max_usd: Dollars that the run may cost.
        calls: Tool calls; None takes the command's default.
        seconds: The same.
    """

    case: str
    access: Access
    driver: str
    seed: int = 0
    model: str | None = None
    provider: str | None = None
    max_usd: float | None = None
    calls: int | None = None
    seconds: float | None = None

    @property
    def name(self) -> str:
        """Of its folder."""
        who = self.driver if self.model is None else f"{self.driver}-{self.model}"
        safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in who)
        return f"{self.case}-{self.access}-{safe}-{self.seed}"

    def command(self, folder: Path) -> list[str]:
        """The audit as a user would type it; a run that was begun goes on."""
        start = [sys.executable, "-m", "mechmentor", "audit"]
        if (folder / "tape.jsonl").exists():
            return [*start, "--resume", str(folder)]
        options: dict[str, Any] = {
            "--access": self.access,
            "--driver": self.driver,
            "--seed": self.seed,
            "--model": self.model,
            "--provider": self.provider,
            "--max-usd": self.max_usd,
            "--calls": self.calls,
            "--seconds": self.seconds,
            "--out": folder,
        }
        given = [str(part) for pair in options.items() if pair[1] is not None for part in pair]
        return [*start, self.case, *given, *(["--yes"] if self.driver == "llm" else [])]


class NotRun(Exception):
    """A cell that could not be run here; the message says why. It is no failure of the driver."""


async def run_cell(cell: Cell, parent: Path) -> dict[str, Any]:
    """Run and score a cell, or read what an earlier run of it found.

    Args:
        cell: What to run.
        parent: Holds the run folders of all cells.

    Returns:
        The score, with the run's spending and claims under `run`.

    Raises:
        NotRun: If a key is missing.
        RuntimeError: If the audit or its scoring broke.
    """
    parent.mkdir(parents=True, exist_ok=True)
    folder = parent / cell.name
    lock = FileLock(parent / f".{cell.name}.lock")
    while True:
        try:
            with lock.acquire(blocking=False):
                return await _run(cell, folder)
        except Timeout:
            await asyncio.sleep(_WAIT)


async def _run(cell: Cell, folder: Path) -> dict[str, Any]:
    kept = folder / "score.json"
    if not kept.exists():
        code, said = await _command(cell.command(folder))
        if code == MISSING_KEY:
            raise NotRun(said)
        if not (folder / "tape.jsonl").exists():
            raise RuntimeError(f"{cell.name}: {said}")
        code, said = await _command([sys.executable, "-m", "mechmentor.evals.score", str(folder)])
        if code:
            raise RuntimeError(f"{cell.name}: {said}")
    found: dict[str, Any] = json.loads(kept.read_text())
    return found


async def _command(words: list[str]) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=_die_with_worker if sys.platform == "linux" else None,
        env={**os.environ, "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")},
    )
    _, complaints = await process.communicate()
    lines = complaints.decode(errors="replace").strip().splitlines()
    return process.returncode or 0, lines[-1] if lines else f"exit code {process.returncode}"


def _die_with_worker() -> None:
    """A killed worker leaves no audit behind, which would hold the tape that the next one needs."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
