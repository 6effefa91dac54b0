"""`make demo`: audit one organism and one null without a key, side by side, and show both reports.

Each audit is a process with one thread: on two cores that is faster than one after the other with
two threads each.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from .cases import ORGANISMS
from .config import runs_folder

SECONDS = 600


def main() -> int:
    """Audit, score, print what came out and where the reports are."""
    from ..tools.bundled import bundled_folder

    bundled_folder()
    pair = json.loads((ORGANISMS / "demo.json").read_text())
    started = time.monotonic()
    stamp = time.strftime("%Y%m%d-%H%M%S")
    folders = [runs_folder() / f"{stamp}-demo-{identifier}" for identifier in pair]
    print(f"auditing {' and '.join(pair)}: one of them hides a secret word, one hides nothing\n")
    env = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    running = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "mechmentor", "audit", identifier),
                *("--out", str(folder), "--seconds", str(SECONDS), "--no-cache"),
            ],
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for identifier, folder in zip(pair, folders, strict=True)
    ]
    codes = _follow(running, pair)
    seconds = time.monotonic() - started
    print()
    for identifier, folder, code in zip(pair, folders, codes, strict=True):
        if code not in (0,):
            print(f"{identifier}: the audit ended with exit code {code}; see above")
            continue
        _tell(identifier, folder)
    print(f"\nboth audits took {seconds:.0f} s together")
    return max(codes)


def _follow(running: "list[subprocess.Popen[str]]", names: list[str]) -> list[int]:
    """Print the lines of all processes as they come, each with its name."""
    import threading

    def pump(process: "subprocess.Popen[str]", name: str) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            print(f"{name} │ {line.rstrip()}", flush=True)

    threads = [
        threading.Thread(target=pump, args=pair) for pair in zip(running, names, strict=True)
    ]
    for thread in threads:
        thread.start()
    codes = [process.wait() for process in running]
    for thread in threads:
        thread.join()
    return codes


def _tell(identifier: str, folder: Path) -> None:
    scored = subprocess.run(
        [sys.executable, "-m", "mechmentor.evals.score", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    line = json.loads(scored.stdout)["line"] if scored.returncode == 0 else scored.stderr.strip()
    subprocess.run(
        [sys.executable, "-m", "mechmentor", "report", str(folder)],
        capture_output=True,
        check=False,
    )
    print(f"{identifier}: {line}\n  report  {(folder / 'report.html').resolve().as_uri()}")


if __name__ == "__main__":
    sys.exit(main())
