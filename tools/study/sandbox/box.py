"""`Sandbox`: starts the warm confined process and hands it jobs.

Levels, from the strongest that works here: `bwrap` and `unshare` give own user, mount, process,
network and IPC namespaces; `limits` has only resource limits and, on Linux, the system-call
filter. The level reached is said, never assumed: each is tried once before it is used.
"""

import atexit
import contextlib
import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, Literal

from .jobs import Job, Outcome, TestLine

Level = Literal["bwrap", "unshare", "limits"]
LEVELS: tuple[Level, ...] = ("bwrap", "unshare", "limits")
# The writable folder of a run. Not /tmp: the project, or its interpreter, may lie below that.
WRITABLE = "/mechmentor-run"
_CODE = Path(__file__).resolve().parent
_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from sandbox.worker import main"
_PATIENCE = 300.0  # s: a first import of torch from a cold disk on a busy machine
_SAID: dict[Level, str] = {
    "bwrap": "own namespaces through bubblewrap: no network, no home, nothing outlives a run",
    "unshare": "own namespaces through unshare: no network, no home, nothing outlives a run",
    "limits": "no namespaces here (install bubblewrap): limits and a system-call filter only, "
    "so the code can read your files",
}


class SandboxError(Exception):
    """The sandbox itself failed; the message is one line with what to do."""


def describe(level: Level) -> str:
    """One line on how strong the walls of a level are."""
    return _SAID[level]


class Sandbox:
    """A warm confined process; use it as a context manager, or let `shared` keep one.

    Args:
        level: Take this level instead of the strongest that works.
        folders: Folders that the code finds read-only, by the name that holds their place there,
            such as `MODEL_FOLDER`.
        warm: Import torch at the start.

    Attributes:
        level: The level reached.
        processor: Seconds of processor time that all runs took so far.
    """

    def __init__(
        self,
        level: Level | None = None,
        folders: Mapping[str, Path] | None = None,
        *,
        warm: bool = True,
    ) -> None:
        self.level: Level = level or best_level()
        self._folders = dict(folders or {})
        self._warm = warm
        self.processor = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def start(self) -> None:
        """Start and warm the process; does nothing if it runs."""
        if self._process is not None and self._process.poll() is None:
            return
        self.close()
        self._folder = tempfile.TemporaryDirectory(prefix="mechmentor-")
        words, environment = _command(self.level, self._folder.name, self._folders, self._warm)
        self._process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            cwd="/",
            start_new_session=True,
        )
        ready = self._answer(_PATIENCE)
        if not (ready and ready.get("ready")):
            assert self._process.stderr is not None
            self._process.kill()
            said = self._process.stderr.read().decode("utf-8", "replace").strip().splitlines()
            self.close()
            raise SandboxError(
                f"the sandbox did not start at level {self.level}: {said[-1] if said else 'silent'}"
            )

    def run(self, job: Job) -> Outcome:
        """Run a job; whatever its code does, this returns.

        Raises:
            SandboxError: If the warm process cannot be started.
        """
        with self._lock:
            self.start()
            process = self._process
            assert process is not None
            assert process.stdin is not None
            line = json.dumps(_with_folders(job, self._folders, self.level)) + "\n"
            try:
                process.stdin.write(line.encode())
                process.stdin.flush()
                raw = self._answer(job.limits.patience + 10)
            except BrokenPipeError:
                raw = None
            if raw is None:
                self.close()
                return Outcome(error="the warm process was lost and will be started again")
            if self.level == "limits" and self._folder is not None:
                _empty(Path(self._folder.name))
        tests = tuple(TestLine(**line) for line in raw["tests"])
        self.processor += raw["processor"]
        return Outcome(tests, raw["error"], raw["output"], raw["seconds"], raw["processor"])

    def close(self) -> None:
        """End the warm process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
                if pipe is not None:
                    with contextlib.suppress(BrokenPipeError):
                        pipe.close()
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _answer(self, seconds: float) -> dict[str, Any] | None:
        """One line of the warm process, or None when it takes too long or has gone."""
        assert self._process is not None
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        data = b""
        ends = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while not data.endswith(b"\n"):
                if not selector.select(max(0.0, ends - time.monotonic())):
                    return None
                more = os.read(pipe, 1 << 16)
                if not more:
                    return None
                data += more
        value: dict[str, Any] = json.loads(data)
        return value


def _seen_at(name: str, path: Path, level: Level) -> str:
    """Where the code finds a folder: bubblewrap hides how it is called here."""
    return f"/{name.lower()}" if level == "bwrap" else str(path)


def _with_folders(job: Job, folders: dict[str, Path], level: Level) -> dict[str, Any]:
    lines = [f"{name} = {_seen_at(name, path, level)!r}" for name, path in folders.items()]
    head = (("places", "\n".join(lines)),)
    return {**asdict(job), "parts": head + job.parts}


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _read_only() -> list[str]:
    """Folders that the interpreter needs: itself, its libraries, the worker's own code."""
    wanted = ["/usr", sys.base_prefix, sys.prefix, str(_CODE)]
    wanted += [p for p in ("/lib", "/lib64", "/bin") if not Path(p).is_symlink()]
    kept: list[str] = []
    for path in sorted({str(Path(w)) for w in wanted if Path(w).exists()}):
        if not any(path.startswith(k + "/") for k in kept):
            kept.append(path)
    return kept


def _command(
    level: Level, folder: str, folders: dict[str, Path], warm: bool
) -> tuple[list[str], dict[str, str]]:
    folder = folder if level == "limits" else WRITABLE
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": folder,
        "TMPDIR": folder,
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    python = [sys.executable, "-I", "-c", f"{_START}; main(sys.argv[1:])", str(_CODE.parent)]
    worker = [*python, "--level", level, "--folder", folder, *(["--warm"] if warm else [])]
    visible = _read_only()
    if level == "limits":
        return worker, environment
    if level == "unshare":
        visible += map(str, folders.values())
        spaces = "--user --map-root-user --mount --net --pid --ipc --uts --fork --kill-child"
        shown = [word for path in visible for word in ("--read-only", path)]
        return ["unshare", *spaces.split(), "--mount-proc", *worker, *shown], environment
    words = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv"]
    for name, value in environment.items():
        words += ["--setenv", name, value]
    for link, target in (("lib", "usr/lib"), ("lib64", "usr/lib64"), ("bin", "usr/bin")):
        if Path(f"/{link}").is_symlink():
            words += ["--symlink", target, f"/{link}"]
    for path in visible:
        words += ["--ro-bind", path, path]
    for name, place in folders.items():
        words += ["--ro-bind", str(place), _seen_at(name, place, level)]
    words += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", WRITABLE]
    words += ["--remount-ro", "/dev", "--remount-ro", "/"]
    return [*words, *worker], environment


@cache
def best_level() -> Level:
    """The strongest level that works on this machine, found by trying."""
    wanted = os.environ.get("MECHMENTOR_SANDBOX")
    levels = [level for level in LEVELS if wanted in (None, level)] or list(LEVELS)
    for level in levels:
        if level != "limits" and not shutil.which(level):
            continue
        probe = Job(parts=(("probe", "def test_runs():\n    pass\n"),))
        try:
            with Sandbox(level, warm=False) as box:
                if box.run(probe).passed:
                    return level
        except (SandboxError, OSError):
            continue
    return "limits"


_SHARED: dict[str, Sandbox] = {}


def shared(folders: Mapping[str, Path] | None = None) -> Sandbox:
    """One warm sandbox a process and set of folders, closed at exit."""
    key = str(sorted((folders or {}).items()))
    if key not in _SHARED:
        _SHARED[key] = Sandbox(folders=folders)
        atexit.register(_SHARED[key].close)
    return _SHARED[key]
