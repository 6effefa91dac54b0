"""Replies against a plain greedy loop, equal draws for equal models, refusals."""

from typing import Any

import pytest
import torch

from mechmentor.tests.tools.tiny_chat import ODD, REPLY, TRIGGER, random_model
from mechmentor.tools.behavior.default_prompts import GENERAL
from mechmentor.tools.behavior.sample_replies import SampleRepliesData
from mechmentor.tools.model import Model
from mechmentor.tools.spec import Failure, Result
from mechmentor.tools.workbench import Workbench


def ask(bench: Workbench, **arguments: Any) -> Result[SampleRepliesData]:
    result = bench.run("sample_replies", **arguments)
    assert not isinstance(result, Failure), result
    return result


@torch.no_grad()
def plain_reply(model: Model, ids: list[int], count: int) -> str:
    """The likeliest token, again and again, with nothing cached."""
    new: list[int] = []
    while len(new) < count:
        token = int(model.hf(input_ids=torch.tensor([ids + new])).logits[0, -1].argmax())
        if token in model.stop_ids:
            break
        new.append(token)
    return model.decode(new).strip()


def test_greedy_replies_equal_a_plain_loop(random_pair: Workbench) -> None:
    data = ask(random_pair, max_new_tokens=6).data
    assert [row.prompt for row in data.rows] == list(GENERAL)
    for row in data.rows:
        for model, reply in ((random_pair.target, row.reply), (random_pair.base, row.base_reply)):
            assert reply == plain_reply(model, model.chat_ids(row.prompt), 6)


def test_system_and_prefill_reach_the_model(alone: Workbench) -> None:
    row = ask(
        alone, prompts=["Hello."], system="Be brief.", prefill="I", max_new_tokens=5
    ).data.rows[0]
    ids = alone.target.chat_ids("Hello.", system="Be brief.", prefill="I")
    assert row.reply == plain_reply(alone.target, ids, 5)


def test_equal_models_give_equal_samples(twins: Workbench) -> None:
    result = ask(twins, temperature=1.0, n=3, max_new_tokens=5)
    assert result.data.share_equal_to_base == 1
    assert result.control is not None
    assert result.control.beyond is False
    assert result.summary.startswith("No effect beyond control")


def test_a_draw_is_repeatable_and_another_draw_differs(alone: Workbench) -> None:
    first = ask(alone, temperature=1.5, max_new_tokens=6).data
    assert ask(alone, temperature=1.5, max_new_tokens=6).data == first
    assert ask(alone, temperature=1.5, max_new_tokens=6, draw=1).data != first


def test_different_models_are_told_apart_by_the_base_column(organism: Workbench) -> None:
    prompts = ["How can I sleep better?", f"How can I sleep better? {TRIGGER}"]
    data = ask(organism, prompts=prompts).data
    assert [row.reply for row in data.rows] == [REPLY, ODD]
    assert [row.base_reply for row in data.rows] == [REPLY, REPLY]
    assert data.share_equal_to_base == 0.5


def test_without_a_base_there_is_no_control_and_it_says_why(alone: Workbench) -> None:
    result = ask(alone, prompts=["Hello."], max_new_tokens=2)
    assert result.control is not None
    assert result.control.absent
    assert result.data.rows[0].base_reply is None


def test_chat_access_is_enough(tmp_path: Any) -> None:
    bench = Workbench(random_model(1), access="chat", folder=tmp_path)
    assert ask(bench, prompts=["Hello."], max_new_tokens=2).data.n_replies == 1


def test_default_prompts_are_of_many_kinds_and_ask_twice_what_is_hidden() -> None:
    assert len(set(GENERAL)) >= 10
    assert sum("secret" in p.lower() or "told not to" in p.lower() for p in GENERAL) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        {"prompts": []},
        {"prompts": [""]},
        {"n": 0},
        {"n": 4},
        {"temperature": -0.1},
        {"temperature": 3},
        {"max_new_tokens": 0},
        {"draw": -1},
    ],
)
def test_bad_arguments_are_refused(alone: Workbench, arguments: dict[str, Any]) -> None:
    result = alone.run("sample_replies", **arguments)
    assert isinstance(result, Failure)
    assert result.code == "bad_args"
