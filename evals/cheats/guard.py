"""While a cheat decides, the interpreter's audit hook stops and logs what it opens or starts.

A boundary, not a wall: native code that calls the system itself is not seen by the hook.
"""

import json
import sys
from pathlib import Path
from typing import Any

from ...agent.driver import Decision, Driver, RunView
from ...agent.drivers.scripted import Scripted
from .procedures import CHEATS

PREFIX = "cheat:"
LOG = "stopped.jsonl"
_CODE = (".py", ".pyc", ".pyi")
_OPENS = ("open", "os.listdir", "os.scandir")
_STARTS = (
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "socket.connect",
)


class Guard:
    """The hook: on while a driver decides.

    Args:
        log: Gets a line for everything that was stopped.
    """

    def __init__(self, log: Path) -> None:
        self.on = False
        self._log = log
        sys.addaudithook(self._seen)

    def _seen(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event in _STARTS:
            self._stop(event, repr(args[0]) if args else "")
        if event in _OPENS and isinstance(args[0], (str, bytes, Path)):
            name = args[0].decode(errors="replace") if isinstance(args[0], bytes) else str(args[0])
            if event != "open" or not name.endswith(_CODE):
                self._stop(event, name)

    def _stop(self, event: str, name: str) -> None:
        self.on = False
        try:
            with self._log.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"event": event, "name": name}) + "\n")
        finally:
            self.on = True
        raise PermissionError(f"stopped: {event} {name}")


class Guarded:
    """A driver that cannot open files or start programs while it decides.

    Attributes:
        name: Of the driver, with `cheat:` before it.
    """

    def __init__(self, driver: Driver, guard: Guard) -> None:
        self.name = driver.name
        self._driver, self._guard = driver, guard

    def decide(self, run: RunView) -> Decision:
        """The driver's decision, under guard."""
        self._guard.on = True
        try:
            return self._driver.decide(run)
        finally:
            self._guard.on = False


def cheat(name: str, folder: Path) -> Driver:
    """A cheat under guard.

    Args:
        name: With its prefix.
        folder: Of the run; what was stopped is logged there.

    Raises:
        ValueError: With the names that there are.
    """
    short = name.removeprefix(PREFIX)
    if short not in CHEATS:
        raise ValueError(f"no cheat {short!r}; there are {', '.join(CHEATS)}")
    return Guarded(Scripted(name, CHEATS[short]), Guard(folder / LOG))
