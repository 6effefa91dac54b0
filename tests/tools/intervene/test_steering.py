"""Steering: the sweep, its controls, and what is refused."""

import pytest
import torch

from mechmentor.tests.tools.tiny_models import tiny_llama_model
from mechmentor.tools.intervene.feelings import HAPPY, SAD
from mechmentor.tools.intervene.steering import SteeringArgs, steering
from mechmentor.tools.intervene.text_scores import distinct_2, net_words
from mechmentor.tools.spec import Refusal
from mechmentor.tools.workbench import Workbench

NOUNS = "river stone lamp paper cloud horse table chair".split()
WORDS = {"up_words": ["lamp"], "down_words": ["stone"]}
SYSTEMS = {"system_up": ["Say lamp."], "system_down": ["Say stone."]}
QUICK = {"max_new_tokens": 8, "prompts": ["tell me about the river"], "coefficients": [-1, 1]}


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return Workbench(tiny_llama_model(), folder=tmp_path_factory.mktemp("bench"))


def keep(bench, vector):
    bench.experiment += 1
    return bench.put("dir", vector).name


def test_a_direction_that_writes_the_word_is_beyond_the_band(bench):
    rows = bench.target.adapter.unembedding
    lamp, stone = (bench.target.text_ids(f" {w}", bos=False)[0] for w in ("lamp", "stone"))
    name = keep(bench, rows[lamp] - rows[stone])
    result = steering(bench, SteeringArgs(direction=name, layer=1, **WORDS, **SYSTEMS, **QUICK))
    data = result.data
    assert data.next_token_shift > data.next_token_shift_random
    assert data.monotone
    assert [s.coefficient for s in data.strengths] == [-1, 0, 1]
    assert len(data.systems) == 2
    assert data.strengths[1].next_token_band is None


def test_a_random_direction_is_no_effect_beyond_control(bench):
    generator = torch.Generator().manual_seed(5)
    name = keep(bench, torch.randn(bench.target.d_model, generator=generator))
    result = steering(bench, SteeringArgs(direction=name, **WORDS, **SYSTEMS, **QUICK))
    assert not result.control.beyond
    assert result.summary.startswith("No effect beyond control")


def test_the_shipped_exercise_runs_with_its_baselines(bench):
    assert len(HAPPY) == len(SAD) == len({*HAPPY}) == len({*SAD}) == 32
    result = steering(bench, SteeringArgs(**QUICK))
    assert result.data.layer == bench.target.n_layers * 2 // 5
    assert {s.asks for s in result.data.systems} == {"up", "down"}
    assert result.handles[0].name.startswith("dir:")
    for strength in result.data.strengths:
        assert 0 <= strength.distinct_2 <= 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"positive": NOUNS}, "needs up_words"),
        ({"positive": NOUNS, **WORDS, **SYSTEMS}, "negative is empty"),
        ({"positive": NOUNS, "negative": NOUNS, **WORDS, **SYSTEMS}, "same mean"),
        ({"coefficients": [0.0, 0.0]}, "no coefficient but 0"),
        ({"layer": 40}, "layer 40"),
        ({"direction": "dir:999", **WORDS, **SYSTEMS}, "no handle"),
    ],
)
def test_what_cannot_be_steered_is_refused(bench, arguments, said):
    with pytest.raises(Refusal, match=said):
        steering(bench, SteeringArgs(**{**QUICK, **arguments}))


def test_scores_of_texts():
    assert net_words(["A happy, HAPPY dog.", "so sad"], {"happy"}, {"sad"}) == pytest.approx(
        100 / 6
    )
    assert distinct_2(["a b a b a b"]) == pytest.approx(2 / 5)
    assert distinct_2(["one two three"]) == 1
    assert distinct_2([]) == 0


# Where the vector is added at the reply's tokens alone the score rises as well, by no more than
# with random directions: +0.51 against +0.63.
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_next_words_of_the_bundled_model_rise_with_each_coefficient(bundled_model, tmp_path):
    coefficients = [-2.0, -1.0, -0.5, 0.5, 1.0, 2.0]
    args = SteeringArgs(coefficients=coefficients, max_new_tokens=8)
    data = steering(Workbench(bundled_model, folder=tmp_path), args).data
    assert data.layer == 12
    assert data.monotone
    assert data.next_token_shift > data.next_token_shift_random


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_half_a_step_moves_the_next_word_outside_the_band_and_glad_text_too(
    bundled_model, tmp_path
):
    args = SteeringArgs(coefficients=[-0.5, 0.5])
    result = steering(Workbench(bundled_model, folder=tmp_path), args)
    low, plain, high = result.data.strengths
    assert low.next_token < low.next_token_band[0]
    assert high.next_token > high.next_token_band[1]
    assert low.text < plain.text < high.text
    assert high.text > high.text_band[1]
    assert result.control.beyond
