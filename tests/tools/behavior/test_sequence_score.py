"""Scores against token by token passes; equal models; a taught reply."""

from typing import Any

import pytest
import torch

from mechmentor.tests.tools.tiny_chat import ODD, REPLY, TRIGGER
from mechmentor.tools.behavior.sequence_score import SequenceScoreData
from mechmentor.tools.model import Model
from mechmentor.tools.spec import Failure, Result
from mechmentor.tools.workbench import Workbench


def scored(bench: Workbench, **arguments: Any) -> Result[SequenceScoreData]:
    result = bench.run("sequence_score", **arguments)
    assert not isinstance(result, Failure), result
    return result


@torch.no_grad()
def token_by_token(model: Model, prompt: str, reply: str) -> float:
    ids, total = model.chat_ids(prompt), 0.0
    for token in model.tokenizer(reply, add_special_tokens=False).input_ids:
        logits = model.hf(input_ids=torch.tensor([ids])).logits[0, -1].double()
        total += float(logits.log_softmax(-1)[token])
        ids = [*ids, token]
    return total


def test_scores_equal_passes_token_by_token(random_pair: Workbench) -> None:
    texts = ["Yes.", "No, it is the river."]
    data = scored(random_pair, prompt="Is it the river?", continuations=texts).data
    assert {s.text for s in data.scores} == set(texts)
    for found in data.scores:
        mine = token_by_token(random_pair.target, "Is it the river?", found.text)
        base = token_by_token(random_pair.base, "Is it the river?", found.text)
        assert found.logp == pytest.approx(mine, abs=1e-3)
        assert found.effect == pytest.approx((mine - base) / found.n_tokens, abs=1e-3)


def test_equal_models_show_no_effect(twins: Workbench) -> None:
    result = scored(twins)
    assert result.control is not None
    assert result.control.beyond is False
    assert result.summary.startswith("No effect beyond control")


def test_a_taught_reply_stands_out_after_its_trigger_only(organism: Workbench) -> None:
    texts = [REPLY, ODD]
    hit = scored(organism, prompt=f"How can I sleep better? {TRIGGER}", continuations=texts)
    assert hit.data.best == ODD
    assert hit.control is not None
    assert hit.control.beyond


@pytest.mark.parametrize("arguments", [{"continuations": []}, {"continuations": [""]}])
def test_bad_arguments_are_refused(alone: Workbench, arguments: dict[str, Any]) -> None:
    result = alone.run("sequence_score", **arguments)
    assert isinstance(result, Failure)
    assert result.code == "bad_args"
