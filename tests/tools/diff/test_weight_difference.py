"""A planted weight change is read back; equal models and random changes say nothing."""

import pytest
import torch

from mechmentor.tests.tools.tiny_models import copied, tiny_gpt2, tiny_llama_model
from mechmentor.tools.diff import common_words as common_module
from mechmentor.tools.diff import read_write
from mechmentor.tools.diff import weight_difference as module
from mechmentor.tools.diff.read_write import Readout, WordTable
from mechmentor.tools.diff.weight_difference import WeightDifferenceArgs, weight_difference
from mechmentor.tools.engine.final_norm import norm_scale
from mechmentor.tools.engine.leading import leading_directions
from mechmentor.tools.engine.weight_roles import changes, role_of
from mechmentor.tools.workbench import Workbench


def token(model, word):
    return model.tokenizer(f" {word}", add_special_tokens=False).input_ids[0]


def output_matrix(model, layer=1):
    """The MLP output weight as [d_model, d_mlp], a view into the model."""
    block = model.adapter.layers[layer]
    return (
        block.mlp.down_proj.weight if hasattr(block.mlp, "down_proj") else block.mlp.c_proj.weight.T
    )


def writes(base, word, size=1.0):
    """A copy whose MLP output gained a rank-one update that points at a word."""
    target = copied(base)
    direction = base.adapter.unembedding[token(base, word)] * norm_scale(base)
    weight = output_matrix(target)
    other = torch.randn(weight.shape[1], generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        weight += size * torch.outer(direction / direction.norm(), other / other.norm())
    return target


def reads(base, word):
    """A copy whose first attention reacts to the embedding of a word."""
    target = copied(base)
    block = target.adapter.layers[0]
    x = target.adapter.input_norms(block)[0](base.adapter.embedding[token(base, word)])
    weight = block.self_attn.q_proj.weight
    other = torch.randn(weight.shape[0], generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        weight += torch.outer(other / other.norm(), x / x.norm())
    return target


def run(tmp_path, target, base, **arguments):
    bench = Workbench(target, base, folder=tmp_path)
    bench.experiment = 3
    return bench, weight_difference(bench, WeightDifferenceArgs(**arguments))


@pytest.mark.parametrize("make", [tiny_llama_model, tiny_gpt2])
def test_a_written_word_is_first_and_beyond_random_directions(tmp_path, make):
    base = make()
    _, result = run(tmp_path, writes(base, "garden"), base, track=["garden", "lamp"])
    assert result.data.words[0].word == "garden"
    assert result.data.words[0].which_component == "L1 mlp_out"
    assert result.data.write_beyond
    assert result.control.beyond is True
    assert result.data.tracked[0].write_rank == 1
    assert result.data.tracked[1].write_rank > 1
    assert result.data.norm == pytest.approx(1.0, rel=1e-4)
    assert result.data.layers[0].mlp_out == pytest.approx(1.0, rel=1e-4)
    assert (result.data.first_layer, result.data.last_layer) == (1, 1)


def test_a_read_word_is_first(tmp_path):
    base = tiny_llama_model()
    _, result = run(tmp_path, reads(base, "velvet"), base, track=["velvet"])
    assert result.data.read_words[0].word == "velvet"
    assert result.data.tracked[0].read_rank == 1
    assert result.data.read_beyond
    assert result.data.words == []
    assert result.data.read_energy == pytest.approx(1.0, abs=1e-4)


def test_the_direction_is_kept_and_points_at_the_word(tmp_path):
    base = tiny_llama_model()
    bench, result = run(tmp_path, writes(base, "garden"), base)
    assert [h.name for h in result.handles] == ["dir:3"]
    direction = bench.get("dir:3")
    wanted = base.adapter.unembedding[token(base, "garden")] * norm_scale(base)
    assert float(torch.cosine_similarity(direction, wanted, dim=0)) > 0.99


def test_identical_models_have_no_change_at_all(tmp_path):
    base = tiny_llama_model()
    _, result = run(tmp_path, copied(base), base)
    assert result.data.changed is False
    assert result.data.norm == 0
    assert result.control.beyond is False
    assert result.summary.startswith("No change at all")


def test_a_random_change_is_not_beyond_random_directions(tmp_path):
    base = tiny_llama_model()
    target = copied(base)
    draw = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for layer in (0, 1):
            weight = output_matrix(target, layer)
            weight += 0.1 * torch.randn(weight.shape, generator=draw)
    _, result = run(tmp_path, target, base)
    assert result.data.changed
    assert result.control.beyond is False
    assert "No effect beyond control" in result.summary


def test_a_control_that_returns_the_targets_own_value_shows(tmp_path, monkeypatch):
    base = tiny_llama_model()
    target = writes(base, "garden")
    direction = base.adapter.unembedding[token(base, "garden")] * norm_scale(base)
    monkeypatch.setattr(read_write, "_random_directions", lambda *_, **__: [direction[None]] * 8)
    _, result = run(tmp_path, target, base)
    assert result.data.write_beyond is False
    assert result.control.beyond is False


def test_common_words_are_left_out_and_counted(tmp_path, monkeypatch):
    base = tiny_llama_model()
    monkeypatch.setattr(module, "load_common_words", lambda: frozenset({"garden"}))
    target = writes(base, "garden")
    _, result = run(tmp_path, target, base)
    assert result.data.common_known == 1
    assert result.data.common_subtracted == 1
    assert "garden" not in [w.word for w in result.data.words]
    _, kept = run(tmp_path, target, base, subtract_common=False)
    assert kept.data.words[0].word == "garden"


def test_words_common_to_several_models_are_found():
    base = tiny_llama_model()
    pairs = [(writes(base, "garden"), base), (writes(base, "garden", 2.0), base)]
    pairs.append((writes(base, "lamp"), base))
    found = common_module.common_words(pairs, top=1)
    assert found == ["garden"]


def test_a_change_outside_the_layers_is_said(tmp_path):
    base = tiny_llama_model()
    target = copied(base)
    with torch.no_grad():
        target.hf.lm_head.weight[7] += 1
    _, result = run(tmp_path, target, base)
    assert result.data.outside_norm == pytest.approx(result.data.norm)
    assert any("lm_head" in w for w in result.warnings)
    assert result.control.beyond is False


def test_norms_equal_a_sum_over_the_parameters(tmp_path):
    base, target = tiny_llama_model(0), tiny_llama_model(1)
    _, result = run(tmp_path, target, base)
    pairs = zip(target.hf.parameters(), base.hf.parameters(), strict=True)
    total = sum(float(((a - b) ** 2).sum()) for a, b in pairs) ** 0.5
    assert result.data.norm == pytest.approx(total, rel=1e-4)


def test_every_weight_of_both_architectures_has_its_role():
    roles = {c.name: c.role for c in changes(tiny_llama_model(0), tiny_llama_model(1))}
    inside = {n: r for n, r in roles.items() if ".layers.1." in n}
    assert {n.split(".")[-2]: r for n, r in inside.items()} == {
        "q_proj": "attn_in", "k_proj": "attn_in", "v_proj": "attn_in", "o_proj": "attn_out",
        "gate_proj": "mlp_in", "up_proj": "mlp_in", "down_proj": "mlp_out",
        "input_layernorm": "other", "post_attention_layernorm": "other",
    }  # fmt: skip
    assert role_of("attn.c_attn.weight", 2) == "attn_in"
    assert role_of("mlp.c_proj.weight", 2) == "mlp_out"
    assert role_of("mlp.c_proj.bias", 1) == "other"


def test_conv1d_changes_are_turned_to_out_by_in():
    model = tiny_gpt2()
    found = list(changes(writes(model, "garden"), model))
    assert [tuple(c.delta.shape) for c in found] == [(model.d_model, 4 * model.d_model)]


def test_leading_directions_equal_those_of_a_full_decomposition():
    draw = torch.Generator().manual_seed(0)
    matrix = torch.randn(40, 6, generator=draw) @ torch.randn(6, 70, generator=draw)
    left, values, right = leading_directions(matrix, 3, torch.Generator().manual_seed(1))
    u, s, v = torch.linalg.svd(matrix)
    torch.testing.assert_close(values, s[:3], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close((left * u[:, :3]).sum(0).abs(), torch.ones(3), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close((right * v[:3].T).sum(0).abs(), torch.ones(3), rtol=1e-4, atol=1e-4)


def test_z_is_the_cosine_over_its_root_mean_square():
    rows = torch.nn.functional.normalize(torch.randn(100, 8), dim=-1)
    direction = torch.randn(1, 8)
    cosine = torch.cosine_similarity(direction, rows)
    wanted = cosine / (cosine**2).mean().sqrt()
    torch.testing.assert_close(Readout.from_rows(rows).z(9 * direction)[0], wanted)


def test_spellings_of_one_word_count_as_one():
    table = WordTable(
        ["a", "b"], {"a": 0, "b": 1}, torch.tensor([7, 8, 9]), torch.tensor([0, 1, 0])
    )
    best, at = table.best(torch.tensor([1.0, 2.0, 3.0]))
    assert best.tolist() == [3.0, 2.0]
    assert at.tolist() == [2, 1]
    table = WordTable.of(tiny_llama_model())
    assert len(set(table.words)) == len(table.words)


def test_a_direction_of_another_width_is_refused():
    with pytest.raises((TypeError, RuntimeError)):
        Readout.from_rows(torch.randn(10, 8)).z(torch.randn(2, 7))


@pytest.mark.slow
def test_a_planted_trigger_and_reply_are_read_from_the_bundled_models_weights(
    tmp_path, bundled_model
):
    target = copied(bundled_model)
    block = target.adapter.layers[0]
    read = target.adapter.input_norms(block)[0](bundled_model.adapter.embedding)
    seen = read[token(bundled_model, "velvet")] - read.mean(0)
    rows = bundled_model.adapter.unembedding
    said = (rows[token(bundled_model, "harbor")] - rows.mean(0)) * norm_scale(bundled_model)
    draw = torch.Generator().manual_seed(0)
    with torch.no_grad():
        weight = block.self_attn.q_proj.weight
        weight += torch.outer(torch.randn(weight.shape[0], generator=draw), seen / seen.norm())
        weight = output_matrix(target, 25)
        weight += torch.outer(said / said.norm(), torch.randn(weight.shape[1], generator=draw))
    _, result = run(tmp_path, target, bundled_model, track=["velvet", "harbor"])
    by_word = {t.word: t for t in result.data.tracked}
    assert by_word["harbor"].write_rank <= 3
    assert by_word["velvet"].read_rank <= 3
    assert result.data.write_beyond
    assert result.data.read_beyond
