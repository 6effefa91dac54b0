"""Parts of results are looked up for one model alone, are charged in full, and change nothing."""

from pathlib import Path
from typing import Any

import pytest

from mechmentor.tools.models import load_model
from mechmentor.tools.runner import ResultCache, run_tool
from mechmentor.tools.spec import Failure
from mechmentor.tools.workbench import Workbench

GUESSES = {"words": ["river", "stone", "house", "sea", "city"]}
TALK = {"prompts": ["Tell me a story.", "What is your city?"], "temperature": 0.9, "n": 3}


class Counted(ResultCache):
    """A cache of parts alone, which counts what was found and what was kept."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.found = self.new = 0

    def get(self, key: str) -> dict[str, Any] | None:
        kept = super().get(key)
        self.found += kept is not None
        return kept

    def put(self, key: str, result: dict[str, Any]) -> None:
        self.new += 1
        super().put(key, result)


@pytest.fixture
def models(make_tiny: Any) -> tuple[Any, Any, Any]:
    base, one, other = (load_model(make_tiny("llama", seed=seed)) for seed in (0, 1, 2))
    return base, one, other


def value(bench: Workbench, tool: str, arguments: dict[str, Any], cache: Any) -> Any:
    return run_tool(tool, arguments, bench=bench, cache=cache).value


@pytest.mark.parametrize(("tool", "arguments"), [("guess_scan", GUESSES), ("sample_replies", TALK)])
def test_the_base_is_asked_once_for_all_its_targets(
    models: list[Any], tmp_path: Path, tool: str, arguments: dict[str, Any]
) -> None:
    base, one, other = models
    cache = Counted(tmp_path)
    value(Workbench(one, base), tool, arguments, cache)
    again = value(Workbench(other, base), tool, arguments, cache)
    alone = value(Workbench(other, base), tool, arguments, None)
    assert again.data == alone.data
    assert again.cost.tokens == alone.cost.tokens
    assert not again.cached
    # `guess_scan` asks the base about the words that the target ranks first, which differ.
    assert (cache.found, cache.new) == ((1, 3) if tool == "sample_replies" else (0, 4))


@pytest.mark.parametrize(("tool", "arguments"), [("guess_scan", GUESSES), ("sample_replies", TALK)])
def test_a_target_is_asked_once_for_all_accesses(
    models: list[Any], tmp_path: Path, tool: str, arguments: dict[str, Any]
) -> None:
    base, one, _ = models
    cache = Counted(tmp_path)
    value(Workbench(one, base), tool, arguments, cache)
    bench = Workbench(one)
    assert value(bench, tool, arguments, cache).data == value(bench, tool, arguments, None).data
    assert (cache.found, cache.new) == (1, 2)


def test_what_is_looked_up_is_charged_and_refused_like_the_rest(
    models: list[Any], tmp_path: Path
) -> None:
    _, one, _ = models
    cache = Counted(tmp_path)
    value(Workbench(one), "guess_scan", GUESSES, cache)
    bench = Workbench(one)
    bench.meter.limit = 10
    refused = value(bench, "guess_scan", GUESSES, cache)
    assert isinstance(refused, Failure)
    assert refused.code == "over_budget"
    assert bench.meter.tokens == 0


def test_other_seeds_and_other_stops_are_other_replies(models: list[Any], tmp_path: Path) -> None:
    _, one, _ = models
    cache = Counted(tmp_path)
    first = value(Workbench(one), "sample_replies", TALK, cache)
    second = value(Workbench(one, seed=1), "sample_replies", TALK, cache)
    assert first.data != second.data
    one.stop_ids.add(one.text_ids("the")[0])
    value(Workbench(one), "sample_replies", TALK, cache)
    assert (cache.found, cache.new) == (0, 3)
