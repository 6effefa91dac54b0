"""A worker killed in the middle of its cells: the table is that of one process."""

import json
import subprocess
import sys
import time
from pathlib import Path

from mechmentor.evals.page import markdown
from mechmentor.evals.table import Outcome

CASES = [f"m-{n:06d}" for n in range(6)]
# An audit that takes two writes and a pause, so that a kill finds it half done; and its scoring.
# Being paid and saying so on the tape is one write, as a reply is: no kill falls between.
AUDIT = """
import json, sys, time
from pathlib import Path
folder = Path(sys.argv[1]); folder.mkdir(exist_ok=True)
tape = folder / "tape.jsonl"
if not tape.exists():
    tape.write_text("begun\\n"); time.sleep(0.4)
if "paid" not in tape.read_text():
    with tape.open("a") as file: file.write("paid\\n")
n = int(folder.name.split("-")[1])
(folder / "score.json").write_text(json.dumps({
    "case": "m-%06d" % n, "kind": "organism" if n % 2 else "null_trained", "family": "trigger",
    "driver": "playbook", "access": "base", "status": "claimed",
    "verdict": ("hit" if n > 2 else "wrong") if n % 2 else "false_positive", "confidence": 0.8,
}))
"""
WORKER = """
import asyncio, sys
from pathlib import Path
from mechmentor.evals import cells
audit, parent, cases = sys.argv[1], Path(sys.argv[2]), sys.argv[3].split(",")
cells.Cell.command = lambda self, folder: [sys.executable, "-S", audit, str(folder)]
command = cells._command
async def unscored(words):
    return (0, "") if "mechmentor.evals.score" in words else await command(words)
cells._command = unscored
async def main():
    for case in cases:
        await cells.run_cell(cells.Cell(case=case, access="base", driver="playbook"), parent)
asyncio.run(main())
"""


def worker(folder: Path, audit: Path, cases: list[str]) -> "subprocess.Popen[bytes]":
    words = [sys.executable, "-c", WORKER, str(audit), str(folder), ",".join(cases)]
    return subprocess.Popen(words)


def table(folder: Path) -> str:
    rows = [json.loads(p.read_text()) for p in sorted(folder.glob("*/score.json"))]
    return markdown([Outcome.model_validate(row) for row in rows])


def test_the_table_is_that_of_one_process(tmp_path: Path) -> None:
    audit = tmp_path / "audit.py"
    audit.write_text(AUDIT)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert worker(whole, audit, CASES).wait(100) == 0
    first = worker(broken, audit, CASES)
    until = time.monotonic() + 60
    while len(list(broken.glob("*/score.json"))) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    first.kill()
    first.wait()
    done = len(list(broken.glob("*/score.json")))
    assert 2 <= done < len(CASES)
    two = [worker(broken, audit, CASES), worker(broken, audit, CASES[::-1])]
    assert [w.wait(100) for w in two] == [0, 0]
    assert table(broken) == table(whole)
    tapes = [path.read_text().splitlines() for path in broken.glob("*/tape.jsonl")]
    assert [tape.count("paid") for tape in tapes] == [1] * len(CASES)
