"""Ablated runs against models whose weights were cut; means against recordings; matched sets."""

from collections import Counter

import pytest
import torch

from mechmentor.tests.induction import induction_model
from mechmentor.tests.tools.tiny_models import copied, tiny_gpt2, tiny_llama_model
from mechmentor.tools.engine.components.ablate import Direction, ablated
from mechmentor.tools.engine.components.effects import Item, effects
from mechmentor.tools.engine.components.matched import matched_sets, random_directions
from mechmentor.tools.engine.components.names import Component, component
from mechmentor.tools.engine.components.reference import reference_values
from mechmentor.tools.engine.recording import record
from mechmentor.tools.engine.residual import first, hooked, residual_stream
from mechmentor.tools.spec import Refusal

TEXTS = [
    "Is the lamp by the river?",
    "The castle stands by the old bridge in winter.",
    "A horse by the window",
]
NAMES = ["L0H1", "L0N5", "L0.mlp", "L0.attention", "L0", "L1H3", "L1N0", "L1.mlp", "L1"]
DRAWN = torch.zeros(1, 64, dtype=torch.long)


@pytest.fixture(scope="module", params=[tiny_llama_model, tiny_gpt2])
def model(request):
    return request.param()


def logits(model, ids):
    return model.hf(input_ids=torch.tensor([ids])).logits[0]


def cut(model, part):
    """A copy of the model whose weights no longer hold the part."""
    other = copied(model)
    layer = other.adapter.layers[part.layer]
    gpt2 = model.adapter.family == "gpt2"
    attention = layer.attn.c_proj if gpt2 else layer.self_attn.o_proj
    mlp = layer.mlp.c_proj if gpt2 else layer.mlp.down_proj
    with torch.no_grad():
        for module, mine in ((attention, ("head", "attention")), (mlp, ("neuron", "mlp"))):
            if part.kind not in (*mine, "layer"):
                continue
            weight = module.weight.T if gpt2 else module.weight
            if part.kind == "head":
                width = weight.shape[1] // model.n_heads
                weight[:, part.index * width : (part.index + 1) * width] = 0
            elif part.kind == "neuron":
                weight[:, part.index] = 0
            else:
                weight.zero_()
                if getattr(module, "bias", None) is not None:
                    module.bias.zero_()
    return other


@pytest.mark.parametrize("name", NAMES)
def test_zero_equals_a_model_without_the_weights(model, name):
    ids = model.text_ids(TEXTS[1])
    part = component(model, name)
    with ablated(model, [part], "zero", {}, DRAWN[:, : len(ids)]):
        found = logits(model, ids)
    # The first position is left as it is: in the cut model it is taken from the whole one.
    whole: list[torch.Tensor] = []
    with hooked(
        [model.adapter.layers[part.layer].register_forward_hook(lambda m, a, o: whole.append(o))]
    ):
        plain = logits(model, ids)
    other = cut(model, part)

    def restore(_, __, output):
        new = first(output).clone()
        new[:, :1] = first(whole[0])[:, :1]
        return (new, *output[1:]) if isinstance(output, tuple) else new

    with hooked([other.adapter.layers[part.layer].register_forward_hook(restore)]):
        expected = logits(other, ids)
    assert torch.allclose(found, expected, atol=1e-4)
    assert not torch.allclose(found, plain, atol=1e-3)
    assert torch.equal(logits(model, ids), plain)


@pytest.mark.parametrize("layer", [0, 1])
def test_a_direction_is_gone_behind_its_layer(model, layer):
    ids = model.text_ids(TEXTS[1])
    vector = torch.randn(model.d_model, generator=torch.Generator().manual_seed(0))
    part = Direction("dir:1", vector, (layer,))
    with ablated(model, [part], "zero", {}, DRAWN[:, : len(ids)]):
        stream, _ = residual_stream(model, ids, len(ids))
    plain, _ = residual_stream(model, ids, len(ids))
    along = stream[layer + 1] @ vector
    assert along[1:].abs().max() < 1e-3
    assert torch.equal(stream[layer + 1, 0], plain[layer + 1, 0])
    rest = torch.eye(model.d_model) - torch.outer(vector, vector) / vector.norm() ** 2
    assert torch.allclose(stream[layer + 1] @ rest, plain[layer + 1] @ rest, atol=1e-4)


def test_reference_values_are_the_recordings(model):
    ids = [model.text_ids(text) for text in TEXTS]
    places = {(site, 1) for site in ("heads", "neurons", "attention", "mlp", "layer", "stream")}
    found = reference_values(model, ids, places)
    runs = [record(model, one) for one in ids]
    order = sorted(range(len(ids)), key=lambda i: -len(ids[i]))
    expected = {
        "heads": [r.z[1].flatten(1) for r in runs],
        "neurons": [r.neurons[1] for r in runs],
        "attention": [r.attn_out[1] for r in runs],
        "mlp": [r.mlp_out[1] for r in runs],
        "layer": [r.resid_pre[2] - r.resid_pre[1] for r in runs],
        "stream": [r.resid_pre[2] for r in runs],
    }
    for site, values in expected.items():
        joined = torch.cat([values[i][1:] for i in order])
        assert torch.allclose(found[(site, 1)], joined, atol=1e-4), site


def test_mean_and_resample_put_reference_values_in_place(model):
    ids = model.text_ids(TEXTS[1])
    part = component(model, "L1.mlp")
    reference = reference_values(model, [model.text_ids(TEXTS[0])], {("mlp", 1)})
    values = reference[("mlp", 1)]
    drawn = torch.randint(len(values), (1, len(ids)), generator=torch.Generator().manual_seed(3))
    run = record(model, ids)
    for method, instead in (
        ("mean", values.mean(0).expand(len(ids), -1)),
        ("resample", values[drawn[0]]),
    ):
        with ablated(model, [part], method, reference, drawn):
            found = logits(model, ids)
        stream = run.resid_mid[-1] + run.mlp_out[-1] if model.n_layers == 2 else None
        if stream is not None:
            stream[1:] = run.resid_mid[-1][1:] + instead[1:]
            assert torch.allclose(found, model.adapter.logits(stream), atol=1e-4)
        assert not torch.allclose(found, logits(model, ids), atol=1e-3)


def test_effects_are_means_over_scored_tokens(model):
    items = []
    for text, spots in zip(TEXTS, ([1, 2], [3], [1]), strict=True):
        ids = model.text_ids(text)
        items.append(Item(ids, spots, [ids[s + 1] for s in spots], [7] * len(spots)))
    part = component(model, "L1H0")
    generator = torch.Generator().manual_seed(0)
    plain, own = effects(model, items, [[part]], "zero", {}, generator)
    losses, gaps, kls, ablated_losses = [], [], [], []
    for item in items:
        before = logits(model, item.ids)
        with ablated(model, [part], "zero", {}, DRAWN[:, : len(item.ids)]):
            after = logits(model, item.ids)
        for spot, target in zip(item.places, item.targets, strict=True):
            a, b = before[spot].log_softmax(-1), after[spot].log_softmax(-1)
            losses.append(-float(a[target]))
            ablated_losses.append(-float(b[target]))
            gaps.append(float(before[spot, target] - before[spot, 7]))
            kls.append(float((a.exp() * (a - b)).sum()))
    assert plain.loss == pytest.approx(sum(losses) / 4, abs=1e-4)
    assert plain.difference == pytest.approx(sum(gaps) / 4, abs=1e-4)
    assert plain.kl == pytest.approx(0, abs=1e-5)
    assert own.loss == pytest.approx(sum(ablated_losses) / 4, abs=1e-4)
    assert own.kl == pytest.approx(sum(kls) / 4, abs=1e-4)


def test_matched_sets_keep_kinds_and_layers():
    model = induction_model()
    chosen = [component(model, n) for n in ("L0H2", "L1H4", "L1H5", "L0N3")]
    sets, same = matched_sets(model, chosen, 12, torch.Generator().manual_seed(0))
    assert same == len(sets) == len({tuple(s) for s in map(sorted, sets)}) == 12
    shape = Counter((c.kind, c.layer) for c in chosen)
    for parts in sets:
        assert Counter((c.kind, c.layer) for c in parts) == shape
        assert not set(parts) & set(chosen)


def test_where_a_layer_has_too_few_others_any_layer_does():
    model = induction_model()
    chosen = [Component(0, "head", i) for i in range(8)]
    sets, _ = matched_sets(model, chosen, 8, torch.Generator().manual_seed(0))
    assert len(sets) == 8
    assert all(len(set(s)) == 8 and not set(s) & set(chosen) for s in sets)
    one, _ = matched_sets(model, [Component(0, "mlp")], 8, torch.Generator().manual_seed(0))
    assert one == [[Component(1, "mlp")]]
    with pytest.raises(Refusal, match="too few other"):
        matched_sets(
            model, [Component(0, "mlp"), Component(1, "mlp")], 8, torch.Generator().manual_seed(0)
        )


def test_random_directions_are_isotropic_and_of_the_covariance():
    cloud = torch.randn(200, 16, generator=torch.Generator().manual_seed(0))
    cloud[:, 3] *= 30
    like = Direction("dir:1", torch.ones(16), (0,))
    drawn = random_directions(like, cloud, 8, torch.Generator().manual_seed(1))
    share = [float(d.vector[3].abs() / d.vector.norm()) for d in drawn]
    assert len(drawn) == 16
    assert max(share[:8]) < 0.9
    assert min(share[8:]) > 0.9
