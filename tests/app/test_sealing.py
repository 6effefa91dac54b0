"""Sealing: what an audit's process opens, listed by the interpreter's own audit hook."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import mechmentor
from mechmentor.app.cases import organism_ids

ROOT = Path(mechmentor.__file__).resolve().parent
WATCHED = """
import sys
seen = open({log!r}, "w")
def hook(event, args):
    if event == "open" and isinstance(args[0], str):
        seen.write(args[0] + "\\n")
sys.addaudithook(hook)
from mechmentor.app.cli.main import run
code = run({words!r})
seen.close()
sys.exit(code)
"""


def opened_by(tmp_path: Path, *words: str) -> list[Path]:
    log = tmp_path / "opened.txt"
    done = subprocess.run(
        [sys.executable, "-c", WATCHED.format(log=str(log), words=list(words))],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "MECHMENTOR_RUNS": str(tmp_path / "runs")},
    )
    assert done.returncode in (0, 4), done.stderr[-2000:]
    return [Path(line).resolve() for line in log.read_text().splitlines()]


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("access", ["target", "base"])
def test_an_audit_opens_nothing_of_the_evals_room(tmp_path: Path, access: str) -> None:
    run = tmp_path / "run"
    words = ["audit", organism_ids()[0], "--access", access, "--calls", "1", "--out", str(run)]
    opened = opened_by(tmp_path, *words)
    assert any(path.suffix == ".safetensors" for path in opened), "the hook saw no weights"
    inside = [path for path in opened if path.is_relative_to(ROOT / "evals")]
    assert inside == []
    case = json.loads((run / "tape.jsonl").read_text().splitlines()[0])["case"]
    weights = {path.parent.parent.name for path in opened if path.suffix == ".safetensors"}
    assert weights == ({"merged"} if access == "target" else {"merged", "models"})
    assert (case["base"] is None) == (access == "target")
    assert case["commitment"]
