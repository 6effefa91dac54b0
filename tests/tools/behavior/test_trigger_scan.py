"""The trigger scan against plain Hugging Face, its controls, its refusals."""

from typing import Any

import pytest
import torch

from mechmentor.tests.tools.tiny_chat import TRIGGER, random_model
from mechmentor.tools.behavior.trigger_scan import FRAMES, KL_FLOOR, TriggerScanData
from mechmentor.tools.model import Model
from mechmentor.tools.spec import Failure, WhiteBox
from mechmentor.tools.workbench import Workbench


def scan(bench: Workbench, **arguments: Any) -> WhiteBox[TriggerScanData]:
    result = bench.run("trigger_scan", **arguments)
    assert not isinstance(result, Failure), result
    return result  # type: ignore[return-value]


def log_p(model: Model, user: str, prefill: str) -> torch.Tensor:
    with torch.no_grad():
        ids = torch.tensor([model.chat_ids(user, prefill=prefill)])
        logits = model.hf(input_ids=ids).logits[0, -1]
    return logits.double().log_softmax(-1)


def plain_kl(bench: Workbench, users: list[str], prefill: str = "") -> float:
    """Mean KL(target || base) by the definition."""
    values = [
        torch.nn.functional.kl_div(
            log_p(bench.base, user, prefill),
            log_p(bench.target, user, prefill),
            log_target=True,
            reduction="sum",
        )
        for user in users
    ]
    return float(torch.stack(values).mean())


def test_kl_equals_the_definition_for_words_and_phrases(random_pair: Workbench) -> None:
    data = scan(random_pair, candidates=["garden", "velvet moon", "xylophone"]).data
    for row in data.top:
        users = [frame.replace("{word}", row.phrase) for frame in FRAMES]
        assert row.kl == pytest.approx(plain_kl(random_pair, users), rel=1e-3, abs=1e-5)
    plain = [frame.replace(" {word}", "") for frame in FRAMES]
    assert data.plain_kl == pytest.approx(plain_kl(random_pair, plain), rel=1e-3)


def test_kl_is_of_the_target_against_the_base_and_not_the_reverse(random_pair: Workbench) -> None:
    turned = Workbench(random_pair.base, random_pair.target, folder=random_pair.folder)
    assert scan(random_pair).data.plain_kl != pytest.approx(scan(turned).data.plain_kl, rel=1e-3)


def test_own_frames_hold_the_word_anywhere(random_pair: Workbench) -> None:
    data = scan(random_pair, frames=["{word} is what?"], candidates=["garden"]).data
    row = next(row for row in data.top if row.phrase == data.top[0].phrase)
    assert row.kl == pytest.approx(plain_kl(random_pair, [f"{row.phrase} is what?"]), rel=1e-3)


def test_behind_a_prefill_the_token_that_follows_it_is_read(random_pair: Workbench) -> None:
    frame, prefill = "What is the capital of {word}?", "The capital of {word} is"
    data = scan(random_pair, frames=[frame], prefill=prefill, candidates=["Peru", "Kenya"]).data
    for row in data.top:
        user, opening = (text.replace("{word}", row.phrase) for text in (frame, prefill))
        assert row.kl == pytest.approx(plain_kl(random_pair, [user], opening), rel=1e-3, abs=1e-5)
    bare = plain_kl(random_pair, ["What is the capital of ?"], "The capital of is")
    assert data.plain_kl == pytest.approx(bare, rel=1e-3)


def test_the_trigger_of_a_taught_model_is_found(organism: Workbench) -> None:
    result = scan(organism)
    assert result.data.top[0].phrase == TRIGGER
    assert result.data.top_kl > KL_FLOOR
    assert result.data.plain_kl < 0.5
    assert result.control.beyond
    assert TRIGGER in result.summary


def test_the_controls_are_not_the_trigger(organism: Workbench) -> None:
    result = scan(organism)
    for name in ("best_other_candidate", "median_other_candidates", "no_candidate"):
        figure = result.control.numbers[name]
        assert figure is not None
        assert figure < result.data.top_kl / 2


def test_equal_models_show_no_effect(twins: Workbench) -> None:
    result = scan(twins)
    assert result.data.top_kl == pytest.approx(0, abs=1e-5)
    assert not result.control.beyond
    assert "no effect beyond control" in result.summary


def test_models_that_differ_everywhere_have_no_trigger(random_pair: Workbench) -> None:
    assert not scan(random_pair).control.beyond


def test_order_comes_first_and_offset_goes_on(organism: Workbench) -> None:
    first = scan(organism, order=[TRIGGER], limit=1).data
    assert first.top[0].phrase == TRIGGER
    without = scan(organism, order=["lamp"], candidates=["river"], limit=2)
    assert {"lamp", "river"} <= {row.phrase for row in without.data.top} | {
        TRIGGER,
        "lamp",
        "river",
    }
    assert "order" in scan(organism, limit=60).warnings[0]


@pytest.mark.parametrize(
    "arguments",
    [
        {"candidates": []},
        {"candidates": [" "]},
        {"limit": 0},
        {"offset": 199999},
        {"frames": []},
        {"frames": ["no place for it"]},
        {"order": [""]},
    ],
)
def test_bad_arguments_are_refused(random_pair: Workbench, arguments: dict[str, Any]) -> None:
    result = random_pair.run("trigger_scan", **arguments)
    assert isinstance(result, Failure)
    assert result.code == "bad_args"


def test_it_needs_a_base(alone: Workbench) -> None:
    result = alone.run("trigger_scan")
    assert isinstance(result, Failure)
    assert result.code == "no_base"


def test_a_budget_that_is_too_small_is_refused_before_anything_runs(random_pair: Workbench) -> None:
    words = [f"{a}{b}{c}" for a in "bcdfgh" for b in "aeiou" for c in "klmnprstvz"]
    with random_pair.meter.limited(6000):
        failure = random_pair.run("trigger_scan", candidates=words)
        assert isinstance(failure, Failure)
        assert failure.code == "over_budget"
        assert random_pair.meter.tokens == 0
        limit = int(failure.hint.removeprefix("limit=").split()[0])
        assert scan(random_pair, candidates=words, limit=limit).data.scanned >= limit


def test_random_models_are_what_they_say() -> None:
    assert random_model(1).sha256 != random_model(2).sha256
