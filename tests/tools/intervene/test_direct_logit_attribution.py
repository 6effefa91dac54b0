"""The parts sum to the logits, equal a computation by hand, and stand against random answers."""

import pytest
import torch

from mechmentor.tests.tools.tiny_models import tiny_gpt2, tiny_llama_model
from mechmentor.tools.intervene import direct_logit_attribution as module
from mechmentor.tools.intervene.direct_logit_attribution import (
    DirectLogitAttributionArgs,
    direct_logit_attribution,
    stand_out,
)
from mechmentor.tools.models import load_model
from mechmentor.tools.spec import Refusal
from mechmentor.tools.workbench import Workbench

CALL = {"prompt": "Is the lamp by the river", "answer": " garden", "wrong": " tiger", "top": 100}


@pytest.fixture(params=["llama", "gpt2"])
def model(request):
    return tiny_llama_model() if request.param == "llama" else tiny_gpt2()


def run(tmp_path, model, **change):
    bench = Workbench(model, folder=tmp_path)
    return direct_logit_attribution(bench, DirectLogitAttributionArgs(**{**CALL, **change}))


def values(result):
    return {c.component: c.value for c in result.data.components}


@pytest.mark.parametrize("heads", [False, True])
def test_the_parts_sum_to_the_models_own_logit_difference(tmp_path, model, heads):
    data = run(tmp_path, model, heads=heads).data
    ids = torch.tensor([model.text_ids(CALL["prompt"])])
    logits = model.hf(input_ids=ids).logits[0, -1]
    right, wrong = (model.text_ids(w, bos=False)[0] for w in (CALL["answer"], CALL["wrong"]))
    truth = float(logits[right] - logits[wrong])
    assert data.logit_difference == pytest.approx(truth, abs=1e-4)
    assert data.sum_error < 1e-4
    parts = data.embedding + data.attention + data.mlp + data.biases
    assert parts == pytest.approx(truth, abs=1e-3)


def test_each_part_equals_a_gradient_through_the_frozen_norm(tmp_path):
    """Independent: the derivative of the logit difference, with the norm's denominator fixed."""
    model = tiny_llama_model()
    found = values(run(tmp_path, model))
    ids = torch.tensor([model.text_ids(CALL["prompt"])])
    states = model.hf(input_ids=ids, output_hidden_states=True).hidden_states
    kept = []
    handle = model.hf.model.norm.register_forward_pre_hook(lambda _, a: kept.append(a[0][0, -1]))
    model.hf(input_ids=ids)
    handle.remove()
    final, norm = kept[0], model.hf.model.norm
    size = (final.pow(2).mean() + norm.variance_epsilon).sqrt()
    right, wrong = (model.text_ids(w, bos=False)[0] for w in (CALL["answer"], CALL["wrong"]))
    rows = model.hf.lm_head.weight
    direction = norm.weight * (rows[right] - rows[wrong]) / size
    assert found["embedding"] == pytest.approx(float(states[0][0, -1] @ direction), abs=1e-4)
    first_layer = float((states[1][0, -1] - states[0][0, -1]) @ direction)
    assert found["L0 attention"] + found["L0 mlp"] == pytest.approx(first_layer, abs=1e-4)


def test_heads_and_their_bias_sum_to_the_layer(tmp_path, model):
    whole, split = values(run(tmp_path, model)), values(run(tmp_path, model, heads=True))
    for layer in range(model.n_layers):
        parts = [v for n, v in split.items() if n.startswith(f"L{layer} ") and "mlp" not in n]
        assert len(parts) == model.n_heads + hasattr(model.hf, "transformer")
        assert sum(parts) == pytest.approx(whole[f"L{layer} attention"], abs=1e-4)


def test_a_head_that_is_removed_leaves_the_others(tmp_path):
    """Zeroing one head's output weights takes exactly that head's part away."""
    model = tiny_llama_model()
    size = model.d_model // model.n_heads
    last = model.n_layers - 1
    with torch.no_grad():
        model.hf.model.layers[last].self_attn.o_proj.weight[:, 2 * size : 3 * size] = 0
    found = values(run(tmp_path, model, heads=True))
    assert found[f"L{last} head 2"] == pytest.approx(0.0, abs=1e-6)
    assert abs(found[f"L{last} head 1"]) > 1e-4


def writing(model, word, layer=1, strength=25.0):
    row = model.hf.lm_head.weight[model.text_ids(word, bos=False)[0]]
    model.hf.model.layers[layer].mlp.register_forward_hook(
        lambda _, __, out: out + strength * row / row.norm()
    )


def test_a_component_that_writes_the_answer_stands_out(tmp_path):
    model = tiny_llama_model()
    writing(model, " garden")
    result = run(tmp_path, model)
    assert result.data.top_component == "L1 mlp"
    assert result.control.beyond is True
    assert result.control.numbers["pairs"] >= 8


def test_a_control_that_returns_the_targets_own_value_shows(tmp_path, monkeypatch):
    model = tiny_llama_model()
    writing(model, " garden")
    monkeypatch.setattr(
        module, "_random_pairs", lambda model, answer, wrong, generator: [(answer, wrong)] * 8
    )
    result = run(tmp_path, model)
    assert result.control.beyond is False
    assert result.summary.startswith("No effect beyond control")


def test_what_moves_every_answer_alike_does_not_stand_out():
    others = torch.randn(32, 3, generator=torch.Generator().manual_seed(0)) * torch.tensor(
        [9, 1, 1]
    )
    z = stand_out(torch.tensor([9.0, 5.0, 0.0]), others)
    assert z[1] > 3 > z[0]


def test_empty_answers_are_the_two_likeliest_tokens(tmp_path, model):
    data = run(tmp_path, model, answer="", wrong="").data
    ids = torch.tensor([model.text_ids(CALL["prompt"])])
    top = model.hf(input_ids=ids).logits[0, -1].topk(2).indices.tolist()
    assert [data.answer_token, data.wrong_token] == [model.token_text(i) for i in top]
    assert data.logit_difference >= 0


@pytest.mark.parametrize("kind", ["gemma2", "gemma3_text", "qwen2", "qwen3"])
def test_other_architectures_sum_too(tmp_path, make_tiny, kind):
    model = load_model(make_tiny(kind), device="cpu")
    result = run(tmp_path, model, prompt="The capital of Italy is", answer="", wrong="")
    assert result.data.relative_error < 1e-4
    if kind.startswith("gemma"):
        with pytest.raises(Refusal, match="heads"):
            run(tmp_path, model, prompt="The capital", answer="", wrong="", heads=True)


def test_parts_that_do_not_sum_are_refused(tmp_path, monkeypatch):
    real = module.components

    def forgets_one(model, record, inputs):
        names, parts = real(model, record, inputs)
        return names[:-1], parts[:-1]

    monkeypatch.setattr(module, "components", forgets_one)
    with pytest.raises(Refusal, match="the parts sum to"):
        run(tmp_path, tiny_llama_model())


@pytest.mark.parametrize("change", [{"answer": " ", "wrong": ""}, {"answer": "", "wrong": " a"}])
def test_empty_answers_are_refused(tmp_path, change):
    with pytest.raises(Refusal) as refused:
        run(tmp_path, tiny_llama_model(), **change)
    assert refused.value.failure.code == "bad_args"


def test_a_part_of_another_width_is_refused():
    with pytest.raises((TypeError, RuntimeError)):
        stand_out(torch.randn(4), torch.randn(8, 5))


@pytest.mark.slow
def test_the_bundled_models_capital_and_name_heads(tmp_path, bundled_model):
    prompt = "The capital of France is the city of"
    capital = run(tmp_path, bundled_model, prompt=prompt, answer=" Paris", wrong=" Rome")
    assert capital.data.top_component == "L23 attention"
    assert capital.data.sum_error < 1e-4
    assert capital.control.beyond is True
    prompt = "When Mary and John went to the shop, John gave a drink to"
    names = run(
        tmp_path, bundled_model, prompt=prompt, answer=" Mary", wrong=" John", heads=True, top=5
    )
    assert names.data.top_component == "L23 head 3"
    assert names.data.sum_error < 1e-4
