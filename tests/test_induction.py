"""The hand-built model does induction perfectly, and only through its two heads."""

import math

import pytest
import torch
from torch import Tensor

from mechmentor.tests.induction import (
    CIRCUIT,
    D_HEAD,
    DUPLICATE,
    INDUCTION,
    PREVIOUS,
    WORDS,
    induction_model,
    repeated,
)
from mechmentor.tools.model import Model

LENGTH = 20


@pytest.fixture(scope="module")
def model() -> Model:
    return induction_model()


def run(model: Model, seed: int = 0) -> tuple[Tensor, list[Tensor]]:
    ids = torch.tensor([repeated(LENGTH, seed)])
    out = model.hf(input_ids=ids, output_attentions=True)
    return out.logits[0], [a[0] for a in out.attentions]


def losses(logits: Tensor, ids: list[int]) -> Tensor:
    return -logits[:-1].log_softmax(-1).gather(1, torch.tensor(ids[1:])[:, None])[:, 0]


@pytest.mark.parametrize("seed", range(8))
def test_every_repeated_token_is_predicted(model: Model, seed: int) -> None:
    ids = repeated(LENGTH, seed)
    logits, _ = run(model, seed)
    assert logits[LENGTH + 1 : -1].argmax(-1).tolist() == ids[LENGTH + 2 :]
    loss = losses(logits, ids)
    assert loss[LENGTH + 1 :].max() < 0.05
    # Nothing to go by in the first copy: no better than guessing.
    assert loss[:LENGTH].mean() > math.log(len(WORDS))


def test_each_head_looks_where_it_should(model: Model) -> None:
    _, attention = run(model)
    second = range(LENGTH + 1, 2 * LENGTH + 1)
    look = {
        PREVIOUS: [(i, i - 1) for i in range(1, 2 * LENGTH + 1)],
        DUPLICATE: [(i, i - LENGTH) for i in second],
        INDUCTION: [(i, i - LENGTH + 1) for i in second],
    }
    for (layer, head), places in look.items():
        pattern = attention[layer][head]
        assert min(float(pattern[i, j]) for i, j in places) > 0.95


@pytest.mark.parametrize("layer_head", [(lay, h) for lay in range(2) for h in range(9)])
def test_induction_needs_these_two_heads_and_no_other(layer_head: tuple[int, int]) -> None:
    model = induction_model()
    layer, head = layer_head
    part = slice(head * D_HEAD, (head + 1) * D_HEAD)
    with torch.no_grad():
        model.hf.model.layers[layer].self_attn.o_proj.weight[:, part] = 0
    logits, _ = run(model)
    second = losses(logits, repeated(LENGTH))[LENGTH + 1 :].mean()
    if layer_head in CIRCUIT:
        assert second > 3
    else:
        assert second < 0.05


def test_words_are_tokens_and_texts_begin_with_the_first_token(model: Model) -> None:
    ids = model.text_ids("lamp river stone")
    assert ids == [0, 2, 3, 4]
    assert model.text_ids(" river", bos=False) == [3]
    assert model.token_text(3) == " river"
