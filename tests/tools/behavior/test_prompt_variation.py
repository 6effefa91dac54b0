"""A taught trigger phrase is found; equal models and empty phrases are not; intervals hold."""

from typing import Any

import pytest
import torch

from mechmentor.tests.tools.tiny_chat import TRIGGER
from mechmentor.tools.behavior.prompt_variation import (
    PromptVariationData,
    changed,
    interval,
    paired,
)
from mechmentor.tools.spec import Failure, Result
from mechmentor.tools.workbench import Workbench


def varied(bench: Workbench, **arguments: Any) -> Result[PromptVariationData]:
    result = bench.run("prompt_variation", **arguments)
    assert not isinstance(result, Failure), result
    return result


def test_a_phrase_that_switches_the_reply_is_found(organism: Workbench) -> None:
    result = varied(organism, variants=[f"{{prompt}} {TRIGGER}", "{prompt} silver"], words=["tide"])
    best = result.data.variants[0]
    assert TRIGGER in best.variant
    assert best.effect >= 0.5
    assert best.low > 0
    assert result.control is not None
    assert result.control.beyond


def test_equal_models_cancel_prompt_by_prompt(twins: Workbench) -> None:
    result = varied(twins, max_new_tokens=4)
    assert result.data.best_effect == 0
    assert result.control is not None
    assert result.control.beyond is False


def test_pairs_are_differences_to_the_bare_prompt() -> None:
    replies = [["a b", "tide"], ["a c", "tide"], ["tide a", "x"]]
    assert paired(replies, ["TIDE"]).tolist() == [[0, 0], [1, -1]]
    assert paired(replies, []).tolist() == [[pytest.approx(2 / 3), 0], [pytest.approx(2 / 3), 1]]
    assert changed("", "") == 0


def test_the_interval_covers_the_mean_about_as_often_as_it_says() -> None:
    draw = torch.Generator().manual_seed(0)
    samples = torch.randn(300, 20, generator=draw, dtype=torch.float64) + 1
    low, high = interval(samples, draw)
    covered = ((low <= 1) & (high >= 1)).double().mean()
    assert 0.88 <= covered <= 0.98


@pytest.mark.parametrize(
    "arguments", [{"variants": ["no place here"]}, {"variants": []}, {"prompts": ["one"]}]
)
def test_bad_arguments_are_refused(alone: Workbench, arguments: dict[str, Any]) -> None:
    result = alone.run("prompt_variation", **arguments)
    assert isinstance(result, Failure)
    assert result.code == "bad_args"
