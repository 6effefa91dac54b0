"""A run outlives the merged copy of its model, of which the cache keeps the last few only."""

import shutil
from pathlib import Path

import pytest

from mechmentor.agent.state import RunState
from mechmentor.app.cases import organism_ids
from mechmentor.app.cli.main import run
from mechmentor.app.materialise import put_back_for
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
