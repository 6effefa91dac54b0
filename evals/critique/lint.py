"""The linter on the planted documents: `python -m mechmentor.evals.critique.lint FOLDER`.

It reads `clean/` and `planted/` and never `truth.json`, and writes `findings.json` beside them.
"""

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...tools.critique import linter
from ...tools.critique.document.read import read_draft
from ...tools.critique.findings import Finding
from .documents import documents

Critic = Callable[[Path, str], list[dict[str, Any]]]
MAIN = {document.id: document.main for document in documents()}


def run(folder: Path, critic: Critic | None = None) -> dict[str, Any]:
    """Findings on every clean and planted document of a folder that the planter wrote.

    Args:
        folder: The folder.
        critic: Who reads; the linter if None.
    """
    critic = critic or lint
    mains = sorted(set(MAIN.values()))
    clean = {path.name: critic(path, MAIN[path.name]) for path in _folders(folder / "clean")}
    planted = {}
    for path in _folders(folder / "planted"):
        main = next(name for name in mains if (path / name).is_file())
        planted[path.name] = critic(path, main)
    return {"clean": clean, "planted": planted}


def lint(folder: Path, main: str) -> list[dict[str, Any]]:
    """Findings on one document, files named as inside its folder."""
    return [row(finding, folder) for finding in linter.lint(read_draft(folder / main)).findings]


def row(finding: Finding, folder: Path) -> dict[str, Any]:
    """A finding as the scorer reads it."""
    return {
        "rule": finding.rule,
        "theme": finding.theme,
        "severity": finding.severity,
        "file": os.path.relpath(finding.place.file, folder).replace(os.sep, "/"),
        "line": finding.place.line,
        "end_line": finding.place.end_line,
        "message": finding.message,
    }


def code_hash() -> str:
    """Hash of everything that decides what the linter finds."""
    folder = Path(linter.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir())


def main() -> int:
    """Write `findings.json`."""
    parser = argparse.ArgumentParser(
        prog="python -m mechmentor.evals.critique.lint", description="run the linter on a corpus"
    )
    parser.add_argument("folder", type=Path, help="what the planter wrote")
    folder = parser.parse_args().folder
    if not (folder / "clean").is_dir():
        print(f"{folder} holds no clean/: write it with the planter", file=sys.stderr)
        return 2
    found = run(folder)
    (folder / "findings.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    total = sum(len(rows) for rows in found["planted"].values())
    print(
        f"{total} findings on {len(found['planted'])} planted documents, linter {code_hash()[:12]}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
