"""Edits of the stream: the same numbers alone and in a batch, and at the places that are said."""

import pytest
import torch

from mechmentor.tests.tools.tiny_models import tiny_gpt2, tiny_llama_model
from mechmentor.tools.engine import opening as opening_module
from mechmentor.tools.engine.edits import (
    Edit,
    ablated,
    added,
    edited,
    edited_logits,
    edited_replies,
    unit,
)
from mechmentor.tools.engine.meter import TokenMeter
from mechmentor.tools.engine.opening import opening
from mechmentor.tools.engine.sampling import generate
from mechmentor.tools.engine.states import pooled_states, stream_after

TEXTS = ["the river", "tell me about the red stone lamp", "is it a horse or a table"]


@pytest.fixture(params=["llama", "gpt2"])
def model(request):
    return tiny_llama_model() if request.param == "llama" else tiny_gpt2()


def prompts(model):
    return [model.text_ids(t) for t in TEXTS]


def test_states_are_those_of_output_hidden_states(model):
    found = pooled_states(model, prompts(model), where="last")
    means = pooled_states(model, prompts(model), where="mean")
    for i, ids in enumerate(prompts(model)):
        hidden = model.hf(torch.tensor([ids]), output_hidden_states=True).hidden_states
        for layer, states in enumerate(hidden[:-1]):  # the last one has passed the final norm
            torch.testing.assert_close(found[layer, i], states[0, -1], atol=1e-5, rtol=1e-5)
            torch.testing.assert_close(means[layer, i], states[0, 1:].mean(0), atol=1e-5, rtol=1e-5)


def test_layers_above_the_one_wanted_are_not_run(model):
    seen = []
    handle = model.adapter.layers[1].register_forward_hook(lambda *_: seen.append(1))
    ids = torch.tensor([prompts(model)[1]])
    stream = stream_after(model, ids, 0)
    handle.remove()
    assert not seen
    hidden = model.hf(ids, output_hidden_states=True).hidden_states[1]
    torch.testing.assert_close(stream, hidden, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("layer", [-1, 0, 1])
def test_a_batch_gives_what_single_passes_give(model, layer):
    vectors = torch.randn(3, model.d_model, generator=torch.Generator().manual_seed(0))
    rows = prompts(model)
    edit = Edit([layer], added(vectors), [len(p) for p in rows])
    together = edited_logits(model, rows, edit)
    for i, ids in enumerate(rows):
        alone = Edit([layer], added(vectors[i : i + 1]), [len(ids)])
        torch.testing.assert_close(
            together[i], edited_logits(model, [ids], alone)[0], atol=1e-4, rtol=1e-4
        )


@pytest.mark.parametrize("act", ["all", "reply"])
def test_replies_equal_whole_passes_without_a_cache(model, act):
    vectors = 3 * torch.randn(3, model.d_model, generator=torch.Generator().manual_seed(1))
    rows = prompts(model)
    edit = Edit([1], added(vectors), [len(p) for p in rows], act)
    for i, reply in enumerate(edited_replies(model, rows, edit, max_new_tokens=5)):
        ids = list(rows[i])
        for token in reply:
            where = Edit([1], added(vectors[i : i + 1]), [len(rows[i])], act)
            where.at([0], left=False)
            with edited(model, where):
                logits = model.hf(torch.tensor([ids]), use_cache=False).logits[0, -1]
            assert int(logits.argmax()) == token
            ids.append(token)


@pytest.mark.parametrize("act", ["all", "reply"])
def test_a_common_beginning_runs_once_for_those_that_are_changed_alike(model, act):
    opening = [7, 30, 12, 5, 44]
    rows = [opening + ids for ids in prompts(model)] * 2
    labels = [0, 0, 0, 1, 1, 1]
    pair = 3 * torch.randn(2, model.d_model, generator=torch.Generator().manual_seed(1))
    vectors = pair.repeat_interleave(3, 0)
    layers, lengths = [-1, 0], [len(p) for p in rows]

    def run(alike):
        one = Edit(layers, added(vectors), lengths, act, alike)
        two = Edit([1], ablated(vectors), lengths, act, alike)
        return edited_logits(model, rows, [one, two]), edited_replies(
            model, rows, one, max_new_tokens=6
        )

    shared, plain = run(labels), run(None)
    torch.testing.assert_close(shared[0], plain[0], atol=1e-4, rtol=1e-4)
    assert shared[1] == plain[1]
    assert shared[1][0] != shared[1][3]  # the two edits are told apart

    meter = TokenMeter()
    meter.attach(model)
    spent = []
    for alike in (labels, None):
        before = meter.tokens
        edited_logits(model, rows, Edit(layers, added(vectors), lengths, act, alike))
        spent.append(meter.tokens - before)
    assert spent[1] - spent[0] == 4 * len(opening)  # six rows less two


def test_openings_that_fill_more_than_a_batch_are_left_to_the_batches(model, monkeypatch):
    rows = [[7, 30, 12, 5, 44, *ids] for ids in prompts(model)] * 2
    labels = [0, 0, 0, 1, 1, 1]
    assert opening(model, rows, labels).length == 5
    monkeypatch.setattr(opening_module, "TOKENS", 9)
    assert opening(model, rows, labels) is None


def test_a_common_beginning_without_any_edit(model):
    rows = [[7, 30, 12, 5, 44, *ids] for ids in prompts(model)]
    together = edited_logits(model, rows, [])
    for found, ids in zip(together, rows, strict=True):
        plain = model.hf(torch.tensor([ids])).logits[0, -1].log_softmax(-1)
        torch.testing.assert_close(found, plain, atol=1e-4, rtol=1e-4)


def test_the_first_token_is_left_alone(model):
    stream = torch.randn(2, 6, model.d_model)
    vectors = torch.ones(2, model.d_model)
    edit = Edit([0], added(vectors), [6, 4])
    edit.at([0, 1], left=True)  # the second row begins with two places of padding
    moved = (edit.apply(stream) - stream).sum(-1) > 0
    assert moved.tolist() == [[False] + [True] * 5, [False] * 3 + [True] * 3]
    edit.at([0, 1], left=False)
    moved = (edit.apply(stream) - stream).sum(-1) > 0
    assert moved.tolist() == [[False] + [True] * 5] * 2


def test_ablation_leaves_nothing_along_the_direction(model):
    direction = unit(torch.randn(model.d_model, generator=torch.Generator().manual_seed(2)))
    edit = Edit([0], ablated(torch.stack([direction, torch.zeros_like(direction)])), [4, 4])
    stream = torch.randn(2, 4, model.d_model)
    edit.at([0, 1], left=False)
    new = edit.apply(stream)
    assert float((new[0, 1:] @ direction).abs().max()) < 1e-5
    assert torch.equal(new[1], stream[1])


def test_a_vector_of_zeros_changes_no_reply(model):
    rows = prompts(model)
    edit = Edit([1], added(torch.zeros(3, model.d_model)), [len(p) for p in rows])
    plain = generate(model, rows, max_new_tokens=6)
    assert edited_replies(model, rows, edit, max_new_tokens=6) == plain
