"""What the command `audit` does, once its arguments are read."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...agent.case import Budget, Case
from ...agent.driver import Driver
from ...agent.run import RunConfig, new_folder, start
from ...agent.state import RunState
from ...tools.runner import ResultCache
from ...tools.spec import Access
from ..cases import organism_case, own_case
from ..config import cache_folder, find_run, runs_folder
from ..live import LiveView
from ..materialise import put_back_for
from ..report import write_report
from .audit import CHEATS
from .exits import Stop


@dataclass(frozen=True)
class Request:
    """The arguments of `audit`."""

    case: str | None
    target: str | None
    base: str | None
    access: Access | None
    question: str | None
    driver: str
    model: str | None
    provider: str | None
    seed: int
    calls: int
    tokens: int
    seconds: float
    max_usd: float | None
    resume: str | None
    out: Path | None
    device: str
    dtype: str
    cache: bool
    no_remote: bool
    yes: bool

    def folder(self) -> Path:
        """The run folder: the one to go on with, or a new one."""
        if self.resume:
            return find_run(self.resume)
        name = self.case or Path(self.target or "").name or "run"
        return self.out or new_folder(runs_folder(), name)

    def budget(self) -> Budget:
        """The budget."""
        return Budget(
            calls=self.calls, tokens=self.tokens, seconds=self.seconds, dollars=self.max_usd
        )


def perform(request: Request, folder: Path) -> tuple[RunState, Path]:
    """Run the audit and write its report.

    Returns:
        The final state and the report's path.
    """
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    if request.no_remote:
        from ...agent.chat.no_remote import forbid_network

        forbid_network()
    view = LiveView(sys.stderr)
    if request.resume:
        case, config = _from_tape(folder)
    else:
        case = _case(request, view.say)
        config = _config(request, case)
    state = start(
        folder,
        case,
        config,
        lambda c: make_driver(c, view.say, folder.name, folder),
        cache=ResultCache(cache_folder() / "results") if request.cache else None,
        on_event=view.on_event,
        progress=view.on_progress,
    )
    view.close()
    return state, write_report(folder)


def _case(request: Request, notice: Callable[[str], None]) -> Case:
    if request.case:
        return organism_case(request.case, request.access or "base", request.budget(), notice)
    assert request.target is not None
    return own_case(
        request.target,
        request.base,
        request.access,
        question=request.question,
        budget=request.budget(),
        progress=notice,
    )


def _from_tape(folder: Path) -> tuple[Case, RunConfig]:
    state = RunState.from_folder(folder)
    if state.case is None:
        raise Stop(f"{folder} ended before its first record; start it anew")
    put_back_for(folder)
    return state.case, RunConfig()


def _config(request: Request, case: Case) -> RunConfig:
    settings: tuple[tuple[str, str], ...] = ()
    if request.driver == "llm":
        from .audit_llm import announce

        settings = announce(request.provider, request.model, case, request.yes)
    return RunConfig(request.driver, request.seed, request.device, request.dtype, settings)


def make_driver(
    config: RunConfig, notice: Callable[[str], None], run: str = "", folder: Path | None = None
) -> Driver:
    """The driver of a configuration; `run` names the run in the bookings of an API."""
    if config.driver == "playbook":
        from ...agent.drivers.playbook import Playbook

        return Playbook()
    if config.driver == "random":
        from ...agent.drivers.random_driver import RandomDriver

        return RandomDriver(config.seed)
    if config.driver in CHEATS:
        from ...evals.cheats.guard import cheat

        return cheat(config.driver, folder or Path())
    if config.driver != "llm":
        from ...agent.drivers.one_idea import one_idea

        return one_idea(config.driver)
    from .audit_llm import chat_driver

    return chat_driver(dict(config.settings), notice, run)
