"""Cells: run once, found again, not run without a key."""

import asyncio
import json
from pathlib import Path

import pytest

from mechmentor.evals import cells
from mechmentor.evals.cells import Cell, NotRun, run_cell

CELL = Cell(case="m-000000", access="target", driver="llm", model="a/b", max_usd=0.5)


def scripted(monkeypatch: pytest.MonkeyPatch, *codes: int) -> list[list[str]]:
    """Commands answer with these exit codes; audits leave a tape, scorings a score."""
    asked: list[list[str]] = []
    left = iter(codes)

    async def command(words: list[str]) -> tuple[int, str]:
        asked.append(words)
        await asyncio.sleep(0)
        code = next(left)
        if "--out" in words and code == 0:
            folder = Path(words[words.index("--out") + 1])
            folder.mkdir()
            (folder / "tape.jsonl").touch()
        if "mechmentor.evals.score" in words and code == 0:
            (Path(words[-1]) / "score.json").write_text(json.dumps({"verdict": "hit"}))
        return code, "its last line"

    monkeypatch.setattr(cells, "_command", command)
    return asked


def test_the_command_is_what_a_user_would_type(tmp_path: Path) -> None:
    words = CELL.command(tmp_path / "run")
    assert words[2:5] == ["mechmentor", "audit", "m-000000"]
    assert words[words.index("--max-usd") + 1] == "0.5"
    assert "--yes" in words
    assert CELL.name == "m-000000-target-llm-a-b-0"


def test_workers_that_want_the_same_cell_run_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = scripted(monkeypatch, 0, 0)

    async def both() -> list[dict[str, str]]:
        return list(await asyncio.gather(run_cell(CELL, tmp_path), run_cell(CELL, tmp_path)))

    assert asyncio.run(both()) == [{"verdict": "hit"}] * 2
    assert len(asked) == 2  # one audit, one scoring


def test_a_broken_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / CELL.name
    folder.mkdir()
    (folder / "tape.jsonl").touch()
    asked = scripted(monkeypatch, 0, 0)
    asyncio.run(run_cell(CELL, tmp_path))
    assert asked[0][-2:] == ["--resume", str(folder)]


def test_no_key_is_no_failure_and_a_failure_is_no_zero(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(monkeypatch, 3, 5)
    with pytest.raises(NotRun, match="its last line"):
        asyncio.run(run_cell(CELL, tmp_path))
    with pytest.raises(RuntimeError, match="its last line"):
        asyncio.run(run_cell(CELL, tmp_path))
