"""Patching as a tool: effects by hand, controls that are measured again, refusals."""

import re
from dataclasses import replace

import pytest
import torch

from mechmentor.tests.tools.tiny_models import tiny_llama_model
from mechmentor.tools.intervene import activation_patching as module
from mechmentor.tools.intervene.activation_patching import (
    ActivationPatchingArgs,
    activation_patching,
)
from mechmentor.tools.intervene.pair import answer_tokens, make_pair, unrelated_pairs
from mechmentor.tools.spec import Refusal
from mechmentor.tools.workbench import Workbench

PAIR = {
    "clean": "Is the lamp by the river or the bridge",
    "corrupted": "Is the lamp by the castle or the bridge",
    "answer": " garden",
    "wrong": " tiger",
    "controls": 2,
}


@pytest.fixture
def bench(tmp_path):
    return Workbench(tiny_llama_model(), folder=tmp_path)


def copying(bench, word, said, strength=40.0):
    """Layer 0's MLP writes `said` at and after every position that reads `word`."""
    model = bench.target
    token = model.text_ids(f" {word}", bos=False)[0]
    row = model.hf.lm_head.weight[model.text_ids(f" {said}", bos=False)[0]]
    mark = torch.randn(model.d_model, generator=torch.Generator().manual_seed(7))
    with torch.no_grad():
        model.hf.model.embed_tokens.weight[token] = 30 * mark

    def answer(_, inputs, out):
        seen = torch.cosine_similarity(inputs[0], mark, dim=-1) > 0.7
        return out + strength * seen.float().cummax(1).values[..., None] * row / row.norm()

    model.hf.model.layers[0].mlp.register_forward_hook(answer)


def test_the_differing_word_carries_the_difference_until_it_is_read(bench):
    copying(bench, "river", "garden")
    result = activation_patching(bench, ActivationPatchingArgs(**PAIR))
    data = result.data
    where = make_pair(
        bench.target, PAIR["clean"], PAIR["corrupted"], PAIR["answer"], PAIR["wrong"], chat=False
    )[0].differing
    assert data.best_layer == 0
    assert [data.best_position] == where
    assert data.best_effect == pytest.approx(1.0, abs=1e-3)
    assert data.best_token == " river"
    assert data.last_position_from == 1
    assert data.clean_difference > data.corrupted_difference
    assert result.control.beyond is True


def test_numbers_are_the_models_own(bench):
    data = activation_patching(bench, ActivationPatchingArgs(**PAIR)).data
    model = bench.target
    right, wrong = (model.text_ids(w, bos=False)[0] for w in (PAIR["answer"], PAIR["wrong"]))
    for prompt, found in (
        ("clean", data.clean_difference),
        ("corrupted", data.corrupted_difference),
    ):
        ids = torch.tensor([model.text_ids(PAIR[prompt])])
        logits = model.hf(input_ids=ids).logits[0, -1]
        assert found == pytest.approx(float(logits[right] - logits[wrong]), abs=1e-4)
    assert data.unpatched_difference == pytest.approx(data.corrupted_difference, abs=1e-4)
    assert data.unpatched_error < 1e-4


def test_noising_is_measured_from_the_clean_run(bench):
    copying(bench, "river", "garden")
    args = ActivationPatchingArgs(**PAIR, direction="noising")
    data = activation_patching(bench, args).data
    assert data.unpatched_difference == pytest.approx(data.clean_difference, abs=1e-4)
    assert data.best_effect == pytest.approx(1.0, abs=1e-3)


def test_a_control_that_returns_the_targets_own_value_shows(bench, monkeypatch):
    copying(bench, "river", "garden")
    monkeypatch.setattr(module, "unrelated_pairs", lambda model, pair, count, generator: [pair])
    result = activation_patching(bench, ActivationPatchingArgs(**PAIR))
    assert result.control.beyond is False
    assert result.summary.startswith("No effect beyond control")


def test_the_control_chooses_its_own_best_cell(bench, monkeypatch):
    """A control that moves the answer in another cell than the target counts all the same."""
    copying(bench, "river", "garden")
    real = module.sweep_pair
    calls = []

    def shifted(*args, **named):
        found = real(*args, **named)
        calls.append(found)
        return found if len(calls) == 1 else replace(found, moved=calls[0].moved.flip(0, 1))

    monkeypatch.setattr(module, "sweep_pair", shifted)
    assert activation_patching(bench, ActivationPatchingArgs(**PAIR)).control.beyond is False


def test_a_given_control_pair_is_used(bench):
    copying(bench, "river", "garden")
    given = {
        "control_clean": "Is the lamp by the paper or the bridge",
        "control_corrupted": "Is the lamp by the candle or the bridge",
    }
    result = activation_patching(bench, ActivationPatchingArgs(**PAIR, **given))
    assert result.control.numbers["pairs"] == 1
    assert result.control.beyond is True
    with pytest.raises(Refusal, match="needs both"):
        activation_patching(bench, ActivationPatchingArgs(**PAIR, control_clean="Is it"))


def test_unrelated_pairs_keep_the_length_and_change_every_subject(bench):
    model = bench.target
    pair, _ = make_pair(
        model, PAIR["clean"], PAIR["corrupted"], PAIR["answer"], PAIR["wrong"], chat=False
    )
    made = unrelated_pairs(model, pair, 8, torch.Generator().manual_seed(0))
    assert len(made) == 8
    assert len({tuple(p.clean) for p in made}) == 8
    for other in made:
        assert other.differing == pair.differing
        at = pair.differing[0]
        assert not {other.clean[at], other.corrupted[at]} & {pair.clean[at], pair.corrupted[at]}
        assert (other.answer, other.wrong) == (pair.answer, pair.wrong)


def test_layers_and_positions_can_be_chosen(bench):
    args = ActivationPatchingArgs(**PAIR, layers=[1], positions=[0, -1])
    result = activation_patching(bench, args)
    assert result.view.rows == ["L1"]
    assert len(result.view.columns) == 2
    assert [p.position for p in result.data.by_position] == [0, result.data.n_tokens - 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layers": [2]}, "layer 2 is out of range"),
        ({"layers": [-1]}, "layer -1 is out of range"),
        ({"positions": [99]}, "position 99 lies beyond the prompt"),
        ({"positions": [-99]}, "position -99 lies beyond the prompt"),
        ({"answer": " "}, "an answer is empty"),
        ({"clean": "", "corrupted": ""}, "prompt is empty"),
        ({"wrong": " garden"}, "do not differ"),
        ({"corrupted": PAIR["clean"]}, "are equal"),
        ({"control_clean": "the lamp", "control_corrupted": "the tiger"}, "control pair has"),
    ],
)
def test_bad_input_is_refused_by_name(bench, change, message):
    with pytest.raises(Refusal, match=message) as refused:
        activation_patching(bench, ActivationPatchingArgs(**{**PAIR, **change}))
    assert refused.value.failure.code == "bad_args"


def test_unequal_lengths_show_both_tokenisations(bench):
    longer = ActivationPatchingArgs(
        **{**PAIR, "corrupted": "Is the old lamp by the river bridge now"}
    )
    with pytest.raises(Refusal) as refused:
        activation_patching(bench, longer)
    message = refused.value.failure.message
    assert "| river|" in message
    assert "tokens, corrupted" in message


def test_answers_that_begin_alike_are_told_apart_later(bench):
    model = bench.target
    shared, right, wrong = answer_tokens(model, " zq a", " zq b")
    assert shared
    assert right != wrong
    assert model.text_ids(" zq a", bos=False)[: len(shared)] == shared


def test_the_default_pair_has_equal_lengths_under_any_tokenizer(bench):
    args = ActivationPatchingArgs(controls=1)
    words = re.compile(r"\w+|[^\w\s]")
    assert sorted(words.findall(args.clean)) == sorted(words.findall(args.corrupted))
    assert activation_patching(bench, args).data.n_tokens > 8


def test_the_sweep_is_charged(bench):
    before = bench.meter.tokens
    data = activation_patching(bench, ActivationPatchingArgs(**PAIR)).data
    assert bench.meter.tokens - before > 3 * 2 * data.n_tokens


@pytest.mark.parametrize("site", ["attn_out", "resid_mid", "mlp_out", "z", "neurons"])
@pytest.mark.parametrize("metric", ["logit_difference", "log_probability", "kl"])
def test_every_site_and_metric(bench, site, metric):
    args = ActivationPatchingArgs(**PAIR, site=site, metric=metric, neurons=5)
    result = activation_patching(bench, args)
    data = result.data
    assert data.unpatched_error < 1e-4
    assert data.unpatched_difference == pytest.approx(data.corrupted_difference, abs=1e-4)
    if metric == "kl":
        assert data.clean_difference == pytest.approx(0, abs=1e-5)
    rows = {"neurons": 5}.get(site, bench.target.n_layers)
    assert len(result.view.values) == rows
    assert bool(data.top) is (site in ("z", "neurons"))


def test_heads_of_the_last_layer_move_what_their_sum_moves(bench):
    """All positions of one head at a time: the grid's best head is the one that is named."""
    result = activation_patching(bench, ActivationPatchingArgs(**PAIR, site="z"))
    best = max(max(row) for row in result.view.values)
    assert result.data.best_effect == pytest.approx(best)
    assert result.view.values[result.data.best_layer][result.data.best_part] == pytest.approx(best)
    assert result.data.best_position is None
    with pytest.raises(Refusal, match="one position or at all"):
        activation_patching(bench, ActivationPatchingArgs(**PAIR, site="z", positions=[1, 2]))


@pytest.mark.parametrize(
    ("corruption", "direction"),
    [("resample", "denoising"), ("resample", "noising"), ("mean", "noising")],
)
def test_other_prompts_can_corrupt(bench, corruption, direction):
    copying(bench, "river", "garden")
    args = ActivationPatchingArgs(**PAIR, corruption=corruption, direction=direction)
    data = activation_patching(bench, args).data
    assert data.best_layer == 0
    assert data.best_token == " river"
    assert data.best_effect > 0.5


def test_a_mean_cannot_be_denoised(bench):
    with pytest.raises(Refusal, match="a mean is no run"):
        activation_patching(bench, ActivationPatchingArgs(**PAIR, corruption="mean"))


def test_pairs_of_a_builder_are_averaged(bench):
    args = ActivationPatchingArgs(pairs="repeated", count=2, controls=2)
    data = activation_patching(bench, args).data
    assert data.pairs == 2
    assert data.unpatched_error < 1e-4


def test_a_model_that_gives_nan_is_refused(bench):
    with torch.no_grad():
        bench.target.hf.model.norm.weight.fill_(torch.nan)
    with pytest.raises(Refusal, match="not finite") as refused:
        activation_patching(bench, ActivationPatchingArgs(**PAIR))
    assert refused.value.failure.code == "numerical"


@pytest.mark.slow
def test_the_bundled_model_moves_the_country_to_the_last_position(tmp_path, bundled_model):
    bench = Workbench(bundled_model, folder=tmp_path)
    args = ActivationPatchingArgs(layers=[0, 10, 20, 26, 29], controls=1)
    result = activation_patching(bench, args)
    by_token = {p.token: p for p in result.data.by_position}
    assert by_token[" France"].half_layers == [0, 10, 20]
    assert result.data.by_position[-1].half_layers == [26, 29]
    assert result.data.last_position_from == 26
    assert result.control.beyond is True
    assert result.data.control_best_effect < 0.5
