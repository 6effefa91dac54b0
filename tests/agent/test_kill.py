"""kill -9 at random instants: the resumed tape equals an unbroken run's in all but times."""

import os
import random
import shutil
import signal
import time
from pathlib import Path

import torch

from mechmentor.agent.case import Case
from mechmentor.agent.drivers.playbook import Playbook
from mechmentor.agent.run import RunConfig, start
from mechmentor.agent.tape import read, without_times

KILLS = int(os.environ.get("MECHMENTOR_KILLS", "6"))


def in_child(folder: Path, case: Case) -> int:
    """Run (or resume) in a forked process; returns its pid."""
    pid = os.fork()
    if pid == 0:
        torch.set_num_threads(1)
        try:
            start(folder, case, RunConfig(), lambda _: Playbook())
        finally:
            os._exit(0)
    return pid


def test_kills_at_random_instants(tmp_path: Path, case: Case) -> None:
    torch.set_num_threads(1)
    began = time.monotonic()
    os.waitpid(in_child(tmp_path / "whole", case), 0)
    lasted = time.monotonic() - began
    whole = without_times(read(tmp_path / "whole" / "tape.jsonl"))
    draw = random.Random(7)
    middles = 0  # kills that fell into the middle of a run
    for kill in range(KILLS):
        folder = tmp_path / f"kill-{kill}"
        pid = in_child(folder, case)
        time.sleep(draw.uniform(0.2, 0.9) * lasted)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        if kill % 3 == 0:
            shutil.rmtree(folder / "handles", ignore_errors=True)
        tape = folder / "tape.jsonl"
        before = len(tape.read_bytes().splitlines()) if tape.exists() else 0
        middles += 1 < before < len(whole)
        os.waitpid(in_child(folder, case), 0)
        assert without_times(read(tape)) == whole
    assert middles, "no kill fell into the middle of a run"
