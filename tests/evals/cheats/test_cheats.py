"""Cheats: what they decide, that readers of files are stopped and logged, who is above nothing."""

import json
import subprocess
import sys
from pathlib import Path

from mechmentor.app.cli import audit
from mechmentor.evals.cheats.guard import LOG
from mechmentor.evals.cheats.procedures import CHEATS
from mechmentor.evals.cheats.table import _low, cheat_lines, cheat_table
from mechmentor.evals.intervals import wilson
from mechmentor.evals.table import Outcome

READS = """
import sys
from pathlib import Path
from types import SimpleNamespace
from mechmentor.agent.case import Case
from mechmentor.app.cli import audit
from mechmentor.evals.cheats.guard import cheat
seen = SimpleNamespace(id="E1", result=None)
state = SimpleNamespace(case=Case(id=sys.argv[2], target="bundled"), experiments=[seen])
driver = cheat("cheat:file_reader", Path(sys.argv[1]))
call = driver.decide(SimpleNamespace(state=state)).calls[0]
print(call.tool, len(call.arguments["claims"]))
"""


def test_a_reader_of_files_is_stopped_and_logged(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", READS, str(tmp_path), "m-1fe474"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["submit_claims", "0"]
    rows = [json.loads(line) for line in (tmp_path / LOG).read_text().splitlines()]
    assert rows[0]["event"] == "open"
    assert rows[0]["name"].endswith("sealed/m-1fe474.json")


def outcome(case: str, kind: str, verdict: str, driver: str) -> Outcome:
    fields = {"family": "trigger", "access": "base", "status": "claimed"}
    return Outcome(case=case, kind=kind, verdict=verdict, driver=driver, **fields)


def test_only_what_is_beyond_its_interval_is_above() -> None:
    runs = []
    for n in range(8):
        runs.append(outcome(f"o{n}", "organism", "hit" if n == 0 else "wrong", "cheat:lucky"))
        runs.append(outcome(f"n{n}", "null_trained", "correct_none", "cheat:lucky"))
        runs.append(outcome(f"o{n}", "organism", "hit", "cheat:reader"))
        runs.append(outcome(f"n{n}", "null_trained", "correct_none", "cheat:reader"))
    lucky, reader = cheat_lines(runs)
    assert (lucky.name, lucky.above) == ("lucky", False)
    assert (reader.name, reader.above) == ("reader", True)
    assert "| reader | base | 8/8" in cheat_table([lucky, reader])


def test_each_cheat_says_what_it_does() -> None:
    assert all(cheat.__doc__ for cheat in CHEATS.values())
    assert tuple(f"cheat:{name}" for name in CHEATS) == audit.CHEATS


def test_the_example_of_newcombe_1998() -> None:
    # 56/70 against 48/80: the difference is 0.2 with the interval 0.0524 to 0.3339.
    found = _low(wilson(56, 70), wilson(48, 80))
    assert found is not None
    assert round(found, 4) == 0.0524
