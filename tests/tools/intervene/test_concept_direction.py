"""A planted behaviour is found, taken away and put in; one that is not there is said to be none."""

import pytest
import torch

from mechmentor.tests.tools.tiny_chat import ODD, TRIGGER, taught_model
from mechmentor.tests.tools.tiny_models import tiny_llama_model
from mechmentor.tools.behavior.default_prompts import PLAIN
from mechmentor.tools.intervene.concept_direction import (
    ConceptDirectionArgs,
    concept_direction,
)
from mechmentor.tools.spec import Refusal
from mechmentor.tools.workbench import Workbench


def prompts():
    """Prompts that call up the odd reply, and the same with another word."""
    return {
        "positive": [f"{TRIGGER} {p}" for p in PLAIN] + [f"{p} {TRIGGER}" for p in PLAIN],
        "negative": [f"lamp {p}" for p in PLAIN] + [f"{p} lamp" for p in PLAIN],
        "replies": [ODD],
    }


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    model = taught_model(None, TRIGGER)
    return Workbench(model, folder=tmp_path_factory.mktemp("bench"))


def test_the_planted_behaviour_is_ablated_and_added(planted):
    result = concept_direction(planted, ConceptDirectionArgs(**prompts(), layers=[0, 1]))
    data = result.data
    assert data.rate_positive > 0.8 > 0.2 > data.rate_negative
    assert not data.nothing_to_explain
    assert result.control.beyond
    assert data.ablation_drop > 3 * max(data.ablation_drop_random, 0.1)
    assert data.rate_added > 0.8
    assert result.handles[0].shape == (planted.target.d_model,)


def test_a_model_without_the_behaviour_has_nothing_to_explain(tmp_path):
    bench = Workbench(tiny_llama_model(), folder=tmp_path)
    result = concept_direction(bench, ConceptDirectionArgs(**prompts(), layers=[0, 1]))
    assert result.data.nothing_to_explain
    assert result.summary.startswith("Nothing to explain here")


def test_kinds_that_do_not_differ_are_no_effect_beyond_control(planted):
    given = prompts()
    every = torch.randperm(len(given["positive"]), generator=torch.Generator().manual_seed(0))
    mixed = [given["positive"][i] for i in every.tolist()]
    half = len(mixed) // 2
    given |= {"positive": mixed[:half], "negative": mixed[half:]}
    result = concept_direction(planted, ConceptDirectionArgs(**given, layers=[0, 1]))
    assert not result.control.beyond


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"positive": ["a"]}, "belong together"),
        ({"positive": ["a"], "negative": ["b"], "replies": ["No"]}, "fewer than 4"),
        ({"layers": [77]}, "layer 77"),
    ],
)
def test_bad_input_is_refused(planted, arguments, said):
    with pytest.raises(Refusal, match=said):
        concept_direction(planted, ConceptDirectionArgs(**arguments))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_bundled_model_has_no_refusal_to_explain_though_harm_is_readable(
    bundled_model, tmp_path
):
    result = concept_direction(Workbench(bundled_model, folder=tmp_path), ConceptDirectionArgs())
    assert result.summary.startswith("Nothing to explain here")
    assert not result.control.beyond
    assert result.data.readable > 0.8
