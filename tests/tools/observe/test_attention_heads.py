"""Heads found on a model whose heads are known; patterns equal the model's own; refusals."""

from pathlib import Path

import pytest
import torch

from mechmentor.tests.induction import DUPLICATE, INDUCTION, PREVIOUS, induction_model, repeated
from mechmentor.tests.tools.tiny_models import tiny_gpt2, tiny_llama_model
from mechmentor.tools.engine.components.attention import at_offset, random_tokens
from mechmentor.tools.observe.attention_heads import AttentionHeadsArgs, attention_heads
from mechmentor.tools.spec import Failure, Refusal
from mechmentor.tools.workbench import Workbench


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(induction_model(), folder=tmp_path)


def name(head: tuple[int, int]) -> str:
    return f"L{head[0]}H{head[1]}"


@pytest.mark.parametrize(
    ("score", "head"),
    [("induction", INDUCTION), ("previous_token", PREVIOUS), ("duplicate_token", DUPLICATE)],
)
def test_each_known_head_is_found_and_no_other(bench, score, head):
    result = attention_heads(bench, AttentionHeadsArgs(score=score, length=16))
    assert result.data.best_head == name(head)
    assert result.data.best_value > 0.9
    assert result.control.beyond is True
    top = next(s for s in result.data.scores if s.score == score)
    assert top.n_beyond == 1
    assert result.view.values[head[0]][head[1]] == pytest.approx(result.data.best_value)
    assert result.view.control[head[0]][head[1]] < 0.2


def test_other_heads_show_no_effect_beyond_control(bench):
    result = attention_heads(bench, AttentionHeadsArgs(heads=["L0H0", "L1H1"], length=16))
    assert result.control.beyond is False
    assert result.summary.startswith("No effect beyond control")


def test_a_random_model_has_no_induction_heads(tmp_path):
    bench = Workbench(tiny_llama_model(), folder=tmp_path)
    result = attention_heads(bench, AttentionHeadsArgs())
    assert result.data.best_value < 0.2


@pytest.mark.parametrize("make", [tiny_llama_model, tiny_gpt2, induction_model])
def test_scores_are_means_of_the_models_own_attention(make):
    model = make()
    ids = random_tokens(model, 3, 10, torch.Generator().manual_seed(0), copies=2)
    offsets = torch.tensor([[1, 9], [3, 10], [4, 5]])
    found = at_offset(model, ids, offsets, 11)
    attentions = model.hf(input_ids=ids, output_attentions=True).attentions
    for row in range(3):
        for column in range(2):
            offset = int(offsets[row, column])
            for layer in range(model.n_layers):
                mine = [
                    sum(float(attentions[layer][row, head, i, i - offset]) for i in range(11, 21))
                    for head in range(model.n_heads)
                ]
                expected = torch.tensor(mine) / 10
                assert torch.allclose(found[row, column, layer], expected, atol=1e-6)


def test_patterns_are_the_models_own_beside_random_prompts(bench):
    model = bench.target
    words = model.decode(repeated(6)[1:]).strip()
    args = AttentionHeadsArgs(heads=["L1H4", "L0H2"], prompt=words, length=8)
    result = attention_heads(bench, args)
    ids = model.text_ids(words)
    attention = model.hf(input_ids=torch.tensor([ids]), output_attentions=True).attentions[1][0, 4]
    shown = result.view.values[: len(ids)]
    assert [row[: i + 1] for i, row in enumerate(shown)] == [
        pytest.approx(row[: i + 1], abs=1e-6) for i, row in enumerate(attention.tolist())
    ]
    assert all(v is None for i, row in enumerate(shown) for v in row[i + 1 :])
    assert result.view.rows[len(ids)].startswith("L0H2")
    first = result.data.patterns[0].looks[0]
    assert first.weight > 0.95
    assert first.control < 0.3
    assert result.data.patterns[1].first_position == pytest.approx(1 / (len(ids) - 1), abs=0.05)


def test_random_tokens_are_different_and_repeat(bench):
    rows = random_tokens(bench.target, 5, 12, torch.Generator().manual_seed(1), copies=2)
    assert rows.shape == (5, 25)
    assert (rows[:, 0] == bench.target.bos_id).all()
    assert torch.equal(rows[:, 1:13], rows[:, 13:])
    assert all(len(set(row[1:13])) == 12 for row in rows.tolist())
    assert len({tuple(row) for row in rows.tolist()}) == 5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"heads": ["L2H0"]}, "layer 2 is out of range"),
        ({"heads": ["L1H9"]}, "head 9 is out of range"),
        ({"heads": ["L1.mlp"]}, "is not a head"),
        ({"heads": ["head five"]}, "names no part"),
        ({"heads": ["L0H0"], "prompt": ""}, "one token|empty"),
    ],
)
def test_bad_input_is_refused_by_name(bench, change, message):
    with pytest.raises(Refusal, match=message) as refused:
        attention_heads(bench, AttentionHeadsArgs(**{"length": 8, **change}))
    assert refused.value.failure.code == "bad_args"


def test_weights_that_are_not_numbers_are_refused(bench):
    with torch.no_grad():
        bench.target.hf.model.layers[1].self_attn.q_proj.weight[0] = torch.nan
    failure = bench.run("attention_heads", length=8)
    assert isinstance(failure, Failure)
    assert failure.code == "numerical"
    assert "layer 1" in failure.message


def test_a_vocabulary_that_is_too_small_is_said(bench):
    failure = bench.run("attention_heads", length=64)
    assert isinstance(failure, Failure)
    assert failure.code == "model_limit"


@pytest.mark.slow
def test_the_bundled_model_has_induction_heads(tmp_path, bundled_model):
    bench = Workbench(bundled_model, folder=tmp_path)
    result = attention_heads(bench, AttentionHeadsArgs())
    assert result.control.beyond is True
    by_score = {s.score: s for s in result.data.scores}
    assert [h.head for h in by_score["induction"].heads[:2]] == ["L18H6", "L17H4"]
    assert by_score["induction"].heads[0].value > 0.8
    assert by_score["induction"].ceiling < 0.15
    assert by_score["previous_token"].heads[0].value > 0.8
    assert by_score["duplicate_token"].heads[0].value > 0.5
