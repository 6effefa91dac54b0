"""A run outlives the merged copy of its model, of which the cache keeps the last few only."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mechmentor.agent.state import RunState
from mechmentor.app.cases import organism_ids
from mechmentor.app.cli.main import run
from mechmentor.app.materialise import KEEP, _hold, put_back_for
from mechmentor.tools.bundled import bundled_folder, cache_root


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_run_is_verified_after_the_cache_has_dropped_its_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundled_folder()  # converted once, for this cache as for the user's
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "models").symlink_to(cache_root())
    monkeypatch.setenv("MECHMENTOR_CACHE", str(cache))
    folder = tmp_path / "run"
    audit = ["audit", organism_ids()[0], "--driver", "always_none", "--no-cache"]
    assert run([*audit, "--out", str(folder)]) == 0
    case = RunState.from_folder(folder).case
    assert case is not None
    assert Path(case.target).is_relative_to(tmp_path)
    shutil.rmtree(case.target)
    assert run(["verify", str(folder)]) == 0


def test_a_folder_without_a_tape_is_left_to_others(tmp_path: Path) -> None:
    put_back_for(tmp_path)


def test_of_two_that_start_together_neither_drops_what_the_other_has(tmp_path: Path) -> None:
    names = [f"m{i:02}" for i in range(2 * KEEP)]
    made: list[str] = []

    def have(name: str) -> None:
        def merge() -> None:
            made.append(name)
            (tmp_path / name).mkdir(exist_ok=True)
            (tmp_path / name / "config.json").touch()

        _hold(tmp_path / name, merge)
        assert (tmp_path / name / "config.json").exists()

    for name in names:
        have(name)
        os.utime(tmp_path / name, (0, 0))  # long ago
    with ThreadPoolExecutor() as pool:
        list(pool.map(have, names[:2] * 5))
    assert all((tmp_path / name).exists() for name in names[:2])
    assert made.count(names[0]) >= 2  # dropped once by the others, and made again
