"""Ablation as a tool: the known circuit is found, the rest is not; controls; refusals."""

from pathlib import Path

import pytest
import torch

from mechmentor.tests.induction import CIRCUIT, induction_model
from mechmentor.tests.tools.tiny_models import tiny_llama_model
from mechmentor.tools.intervene.ablation import AblationArgs, ablation
from mechmentor.tools.spec import Failure, Refusal
from mechmentor.tools.workbench import Workbench

NAMES = [f"L{layer}H{head}" for layer, head in CIRCUIT]


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(induction_model(), folder=tmp_path)


@pytest.mark.parametrize("method", ["zero", "mean", "resample"])
@pytest.mark.parametrize("components", [NAMES, NAMES[:1], NAMES[1:]])
def test_the_induction_circuit_is_needed(bench, method, components):
    args = AblationArgs(components=components, method=method, length=16)
    result = ablation(bench, args)
    assert result.data.plain_loss < 0.1
    assert result.data.loss > 2
    assert result.control.beyond is True
    assert result.data.control_loss_high < 0.5
    assert len(result.data.random_sets) == 8
    assert result.data.n_same_layers == 8


def test_other_heads_are_not(bench):
    result = ablation(bench, AblationArgs(components=["L0H0", "L1H1"], length=16))
    assert result.control.beyond is False
    assert result.summary.startswith("No effect beyond control")


def test_kl_is_measured_against_the_model_as_it_is(bench):
    result = ablation(bench, AblationArgs(components=NAMES, measure="kl", length=16))
    assert result.data.effect == result.data.kl > 1
    assert result.control.beyond is True


def test_prompts_with_answers(bench):
    prompts = ["lamp river stone paper lamp", "tiger bread apple rocket apple"]
    args = AblationArgs(
        components=NAMES,
        prompts=prompts,
        answers=[" river", " rocket"],
        wrong=[" stone", " bread"],
        measure="logit_difference",
        reference=["cloud horse table chair window", "carpet castle guitar button"],
    )
    result = ablation(bench, args)
    data = result.data
    assert data.n_scored == 2
    assert data.plain_logit_difference > 5
    assert data.effect == pytest.approx(data.plain_logit_difference - data.logit_difference)
    assert result.control.beyond is True
    assert data.control_logit_difference_low > data.logit_difference


def test_texts_without_answers_are_scored_at_every_token(bench):
    text = "lamp river stone lamp river stone"
    result = ablation(bench, AblationArgs(components=NAMES, prompts=[text]))
    assert result.data.n_scored == 5
    assert result.data.plain_logit_difference is None


def test_a_kept_direction_is_set_against_random_ones(bench):
    """The unembedding's direction of the right answer: without it the answer is lost."""
    bench.experiment = 3
    bench.put("dir", bench.target.hf.lm_head.weight[3])
    args = AblationArgs(
        components=["dir:3"],
        prompts=["lamp river stone paper lamp"],
        answers=[" river"],
        reference=["cloud horse table chair window", "carpet castle guitar button"],
        method="zero",
        layers=[1],
    )
    result = ablation(bench, args)
    assert len(result.data.random_sets) == 16
    assert result.data.loss > 2
    assert result.control.beyond is True
    alone = ablation(bench, args.model_copy(update={"layers": [0]}))
    assert alone.control.beyond is False


def test_components_and_directions_together(bench):
    bench.put("dir", torch.ones(bench.target.d_model))
    args = AblationArgs(components=["L0H2", "dir:0", "L0H2"], length=8)
    result = ablation(bench, args)
    assert result.data.components == ["L0H2", "dir:0"]
    assert all(len(s.components) == 2 for s in result.data.random_sets)


def test_few_others_are_said(bench):
    result = ablation(bench, AblationArgs(length=8))
    assert len(result.data.random_sets) == 1
    assert "only 1 other" in result.warnings[0]


def test_the_model_is_left_as_it_was(bench):
    def facts():
        return [
            *(p.double().sum().item() for p in bench.target.hf.parameters()),
            sum(
                len(m._forward_hooks) + len(m._forward_pre_hooks) for m in bench.target.hf.modules()
            ),
        ]

    before = facts()
    ablation(bench, AblationArgs(components=["L0", "L1H2", "L1N3"], length=8))
    assert facts() == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"components": ["L2H0"]}, "layer 2 is out of range"),
        ({"components": ["L1H9"]}, "head 9 is out of range"),
        ({"components": ["L1N8"]}, "neuron 8 is out of range"),
        ({"components": ["everything"]}, "names no part"),
        ({"components": ["L0.mlp", "L1.mlp"]}, "too few other"),
        ({"measure": "logit_difference"}, "needs prompts"),
        ({"answers": [" river"]}, "without prompts"),
        ({"prompts": ["lamp river"], "answers": [" a", " b"]}, "1 prompts but 2 answers"),
        ({"prompts": ["lamp river"], "wrong": [" a"]}, "without answers"),
        ({"prompts": ["lamp"]}, "too short"),
        ({"prompts": ["lamp river"], "answers": [" "]}, "an answer is empty"),
        ({"layers": [5]}, "layer 5 is out of range"),
    ],
)
def test_bad_input_is_refused_by_name(bench, change, message):
    with pytest.raises(Refusal, match=message) as refused:
        ablation(bench, AblationArgs(**{"components": ["L0H0"], "length": 8, **change}))
    assert refused.value.failure.code == "bad_args"


def test_an_empty_set_an_unknown_handle_and_a_wrong_width_are_refused(bench):
    def code(**arguments):
        failure = bench.run("ablation", length=8, **arguments)
        assert isinstance(failure, Failure)
        return failure.code

    assert code(components=[]) == "bad_args"
    assert code(components=["dir:99"]) == "unknown_handle"
    bench.experiment = 50
    bench.put("dir", torch.ones(7))
    assert code(components=["dir:50"]) == "bad_args"
    bench.experiment = 51
    bench.put("dir", torch.zeros(bench.target.d_model))
    assert code(components=["dir:51"]) == "bad_args"


def test_weights_that_are_not_numbers_are_refused(tmp_path):
    bench = Workbench(tiny_llama_model(), folder=tmp_path)
    with torch.no_grad():
        bench.target.hf.model.layers[1].mlp.up_proj.weight[0] = torch.nan
    failure = bench.run("ablation", components=["L0H0"], length=8)
    assert isinstance(failure, Failure)
    assert failure.code == "numerical"
