"""The warm process: imports torch once, then forks a confined child for every job.

It reads a job a line from standard input and answers a line. A run's child has its own process
and mount namespaces (where the level has any), so nothing outlives it.
"""

import argparse
import contextlib
import json
import os
import selectors
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import confine, seccomp
from .cell import run_cell
from .jobs import Job, Limits

_TICK = 0.02


def main(words: list[str]) -> None:
    """Confine, warm up, say ready, serve jobs until standard input closes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--level", choices=["bwrap", "unshare", "limits"], required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--read-only", action="append", default=[])
    parser.add_argument("--warm", action="store_true")
    told = parser.parse_args(words)
    if told.level == "unshare":
        confine.own_root(told.read_only, told.folder)
    asked, answers = _private_pipes()
    if told.warm:
        _import_torch()
    used = confine.address_space()
    spaces = told.level != "limits"
    _say(answers, {"ready": True, "filter": seccomp.supported()})
    with os.fdopen(asked, encoding="utf-8") as jobs:
        for line in jobs:
            raw = json.loads(line)
            job = Job(
                tuple(map(tuple, raw["parts"])),
                tuple(map(tuple, raw["files"])),
                Limits(**raw["limits"]),
                raw["every_test"],
            )
            _say(answers, run(job, told.folder, used, spaces=spaces))


def _import_torch() -> None:
    try:
        import torch
    except ImportError:
        return  # the light core's exercises need none
    torch.set_num_threads(1)
    (torch.ones(2, 2) @ torch.ones(2, 2)).sum().item()


def _private_pipes() -> tuple[int, int]:
    """Move the protocol away from descriptors 0 to 2, which belong to the code that runs."""
    asked, answers = os.dup(0), os.dup(1)
    null = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(null, descriptor)
    os.close(null)
    return asked, answers


def _say(answers: int, value: dict[str, Any]) -> None:
    data = (json.dumps(value) + "\n").encode()
    while data:
        data = data[os.write(answers, data) :]


@dataclass
class _Watched:
    """What the warm process sees of a run."""

    output: bytearray = field(default_factory=bytearray)
    report: bytearray = field(default_factory=bytearray)
    stopped: str = ""


def run(job: Job, folder: str, used: int, *, spaces: bool) -> dict[str, Any]:
    """Run one job in a fork and say what became of it."""
    started = time.monotonic()
    out_read, out_write = os.pipe()
    report_read, report_write = os.pipe()
    pid_read, pid_write = os.pipe()
    before = _used_by_children()
    helper = os.fork()
    if helper == 0:
        code = 1
        try:
            for descriptor in (out_read, report_read, pid_read):
                os.close(descriptor)
            code = _start(job, folder, used, out_write, report_write, pid_write, spaces=spaces)
        finally:
            os._exit(code)
    for descriptor in (out_write, report_write, pid_write):
        os.close(descriptor)
    told = os.read(pid_read, 32)
    os.close(pid_read)
    learner = int(told) if told else 0
    seen = _watch(job.limits, learner, out_read, report_read, started)
    if learner:
        _kill(learner)
    _, status = os.waitpid(helper, 0)
    found = _outcome(job, seen, os.waitstatus_to_exitcode(status), time.monotonic() - started)
    return {**found, "processor": round(_used_by_children() - before, 4)}


def _used_by_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _start(
    job: Job, folder: str, used: int, out: int, report: int, pid_pipe: int, *, spaces: bool
) -> int:
    """The helper: own namespaces, then the run itself as their first process."""
    if spaces:
        confine.new_namespaces(folder, job.limits)
    learner = os.fork()
    if learner == 0:
        try:
            os.dup2(out, 1)
            os.dup2(out, 2)
            kept = os.dup2(report, 3, inheritable=False)
            os.closerange(4, 4096)
            sys.stdout = os.fdopen(1, "w", buffering=1, encoding="utf-8", errors="replace")
            sys.stderr = os.fdopen(2, "w", buffering=1, encoding="utf-8", errors="replace")
            confine.set_limits(job.limits, used)
            if spaces:
                confine.drop_privileges()
            if seccomp.supported():
                seccomp.apply()
            run_cell(job, folder, lambda line: _line(kept, line))
            sys.stdout.flush()
        finally:
            os._exit(0)
    os.write(pid_pipe, str(learner).encode())
    os.close(pid_pipe)
    for descriptor in (out, report):
        os.close(descriptor)
    _, status = os.waitpid(learner, 0)
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


def _line(descriptor: int, text: str) -> None:
    os.write(descriptor, (text + "\n").encode())


def _watch(limits: Limits, learner: int, out: int, report: int, started: float) -> _Watched:
    """Read what the run writes until it ends or passes a limit."""
    seen = _Watched()
    with selectors.DefaultSelector() as selector:
        selector.register(out, selectors.EVENT_READ, seen.output)
        selector.register(report, selectors.EVENT_READ, seen.report)
        while selector.get_map() and not seen.stopped:
            for key, _ in selector.select(_TICK):
                data = os.read(key.fd, 1 << 16)
                if data:
                    key.data.extend(data)
                else:
                    selector.unregister(key.fd)
            seen.stopped = _passed_limit(limits, learner, seen, started)
    for descriptor in (out, report):
        os.close(descriptor)
    return seen


def _passed_limit(limits: Limits, learner: int, seen: _Watched, started: float) -> str:
    used, passed = _processor_seconds(learner), time.monotonic() - started
    if used > limits.seconds or passed > limits.patience:
        return f"stopped after {max(used, passed):.1f} s: is there an endless loop?"
    if len(seen.output) > limits.output or len(seen.report) > 4 * limits.output:
        return f"stopped: more than {limits.output // 1024} KB of output"
    if learner and _threads(learner) > limits.threads:
        return f"stopped: more than {limits.threads} threads"
    return ""


def _processor_seconds(pid: int) -> float:
    """Processor time of all threads of a process; 0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _threads(pid: int) -> int:
    try:
        return len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return 0


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _outcome(job: Job, seen: _Watched, code: int, seconds: float) -> dict[str, Any]:
    lines = []
    for raw in bytes(seen.report).decode("utf-8", "replace").splitlines():
        try:
            value = json.loads(raw)
        except ValueError:
            continue  # the run wrote into the descriptor itself: what is not a report is dropped
        if isinstance(value, dict):
            lines.append(value)
    error = seen.stopped or next((str(v["error"]) for v in lines if "error" in v), "")
    if not error and not any(v.get("done") for v in lines):
        error = _ended(code)
    tests = [
        {"name": str(v["test"]), "passed": v.get("passed") is True, "message": str(v["message"])}
        for v in lines
        if "test" in v and "message" in v
    ]
    text = bytes(seen.output[: job.limits.output]).decode("utf-8", "replace")
    return {"tests": tests, "error": error, "output": text, "seconds": round(seconds, 4)}


def _ended(code: int) -> str:
    number = code - 128
    if number in (signal.SIGXCPU, signal.SIGKILL):
        return "stopped: it used up its processor time or memory"
    if number > 0:
        try:
            return f"the interpreter crashed ({signal.Signals(number).name})"
        except ValueError:
            pass
    return "the code ended the interpreter before its tests were done"
