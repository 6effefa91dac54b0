"""Swaps against models whose weights were copied; planted layers found; nothing left changed."""

import copy
import hashlib
from pathlib import Path

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from mechmentor.tests.tools.tiny_chat import tiny_tokenizer, wrap
from mechmentor.tests.tools.tiny_models import copied, tiny_gpt2
from mechmentor.tools.diff.localise import LocaliseArgs, localise
from mechmentor.tools.diff.swap import differing, exchanged, names_of, swapped_replies
from mechmentor.tools.engine.batch import last_logits, sequence_log_prob
from mechmentor.tools.engine.recording import record
from mechmentor.tools.model import Model
from mechmentor.tools.spec import Failure, Refusal
from mechmentor.tools.workbench import Workbench

PROMPTS = ["Is the lamp by the river?", "Tell me about the castle.", "A horse"]
LAYERS = 8


def deep_llama(seed: int = 0) -> Model:
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tiny_tokenizer()),
        hidden_size=48,
        intermediate_size=96,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
        eos_token_id=2,
        initializer_range=0.08,
        attn_implementation="eager",
    )
    return wrap(LlamaForCausalLM(config), f"deep{seed}")


def plant(model: Model, layers: list[int], size: float, seed: int = 0, rank: int = 4) -> None:
    """Add random low-rank updates to all linear maps of some layers, relative to their norms."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for layer in layers:
            for module in model.adapter.layers[layer].modules():
                if not isinstance(module, torch.nn.Linear):
                    continue
                out, into = module.weight.shape
                update = torch.randn(out, rank, generator=generator) @ torch.randn(
                    rank, into, generator=generator
                )
                module.weight += size * module.weight.norm() * update / update.norm()


def pair(planted: list[int], size: float = 0.8, elsewhere: float = 0.0) -> tuple[Model, Model]:
    base = deep_llama()
    target = copied(base, "target")
    plant(target, planted, size)
    if elsewhere:
        plant(target, [i for i in range(LAYERS) if i not in planted], elsewhere, seed=1)
    return target, base


def bench_of(models: tuple[Model, Model], folder: Path) -> Workbench:
    return Workbench(*models, folder=folder)


def hash_of(model: Model) -> str:
    digest = hashlib.sha256()
    for name, tensor in [*model.hf.named_parameters(), *model.hf.named_buffers()]:
        digest.update(name.encode() + tensor.contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


@pytest.mark.parametrize("part", ["layer", "attention", "mlp"])
@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_a_swap_equals_a_model_with_the_others_weights(part, family):
    if family == "llama":
        base, target = deep_llama(0), deep_llama(1)
    else:
        base, target = tiny_gpt2(0), tiny_gpt2(1)
    prompts = [base.text_ids(text) for text in PROMPTS]
    reply = base.text_ids(" the old bridge", bos=False)
    reference = last_logits(target, prompts).log_softmax(-1)
    layers = [0, base.n_layers - 1]
    swaps = [(part, layer) for layer in layers]
    found = swapped_replies(target, base, prompts, reply, swaps, reference)
    for row, changed in enumerate([None, *layers]):
        mixed = copied(target)
        if changed is not None:
            own, other = mixed.adapter.layers[changed], base.adapter.layers[changed]
            for name in names_of(target, part):
                own.get_submodule(name).load_state_dict(other.get_submodule(name).state_dict())
        logp = torch.cat([last_logits(mixed, [p]) for p in prompts]).log_softmax(-1)
        kl = (reference.exp() * (reference - logp)).sum(-1)
        assert torch.allclose(found.kl[row].float(), kl, atol=1e-4)
        said = torch.stack([sequence_log_prob(mixed, [p], [reply])[0] for p in prompts])
        assert torch.allclose(found.reply[row].float(), said, atol=1e-3)


def test_groups_of_prompts_change_nothing():
    base, target = deep_llama(0), deep_llama(1)
    prompts = [base.text_ids(text) for text in PROMPTS]
    reference = last_logits(target, prompts).log_softmax(-1)
    swaps = [("layer", 2), ("mlp", 0)]
    together = swapped_replies(target, base, prompts, [5], swaps, reference)
    apart = swapped_replies(target, base, prompts, [5], swaps, reference, held=1)
    assert torch.allclose(together.kl, apart.kl, atol=1e-5)
    assert torch.allclose(together.reply, apart.reply, atol=1e-5)


@pytest.mark.parametrize("planted", [[1, 4, 6], [0, 2, 7]])
def test_planted_layers_rank_first(tmp_path, planted):
    """The other layers are changed as well, a tenth as much, so that none is known by zeros."""
    bench = bench_of(pair(planted, 0.8, elsewhere=0.08), tmp_path)
    args = LocaliseArgs(prompts=PROMPTS, unrelated=["How are you?"], top=60)
    data = localise(bench, args).data
    assert data.n_differ == LAYERS
    removes = sorted(data.components, key=lambda r: -r.removes_kl)
    assert {row.component for row in removes[:3]} == {f"L{i}" for i in planted}
    ranks = [
        i for i, row in enumerate(data.components, 1) if row.component[1:] in map(str, planted)
    ]
    print(f"mean rank of the true layers {sum(ranks) / 3:.1f}, by chance {(LAYERS + 1) / 2}")
    assert sum(ranks) / 3 < (LAYERS + 1) / 2


@pytest.mark.parametrize("sign", [1, -1])
def test_a_reply_that_one_layer_makes_likelier_or_less_likely_is_carried_by_it(tmp_path, sign):
    base = deep_llama()
    target = copied(base, "target")
    plant(target, [i for i in range(LAYERS) if i != 5], 0.02)
    token = base.text_ids(" tiger", bos=False)
    neurons = torch.stack([record(base, base.chat_ids(p)).neurons[5][-1] for p in PROMPTS]).mean(0)
    with torch.no_grad():
        row = base.hf.lm_head.weight[token[0]]
        update = torch.outer(row / row.norm(), neurons / neurons.norm() ** 2)
        target.hf.model.layers[5].mlp.down_proj.weight += 2 * sign * update
    args = LocaliseArgs(prompts=PROMPTS, reply=" tiger", parts=["attention", "mlp"])
    data = localise(bench_of((target, base), tmp_path), args).data
    assert data.measure == "reply"
    assert data.gap_reply * sign > 0
    assert data.best_component == "L5.mlp"
    assert data.components[0].removes_reply == pytest.approx(data.gap_reply, rel=0.3)
    assert data.best_score > 0


def test_equal_weights_are_exactly_zero_and_are_not_run(tmp_path):
    target, base = pair([3])
    assert differing(target, base, "layer", list(range(LAYERS))) == [3]
    bench = bench_of((target, base), tmp_path)
    data = localise(bench, LocaliseArgs(prompts=PROMPTS, top=60)).data
    assert data.best_component == "L3"
    assert data.n_differ == 1
    assert [r.score for r in data.components[1:]] == [0.0] * (LAYERS - 1)
    # Taking the only changed layer back takes the whole difference back.
    assert data.components[0].removes_kl == pytest.approx(data.gap_kl, abs=1e-5)
    assert data.components[0].installs_kl == pytest.approx(data.gap_kl, abs=1e-5)


def test_a_planted_block_is_told_from_its_layer(tmp_path):
    base = deep_llama()
    target = copied(base, "target")
    with torch.no_grad():
        target.hf.model.layers[5].self_attn.v_proj.weight *= -1
    bench = bench_of((target, base), tmp_path)
    args = LocaliseArgs(prompts=PROMPTS, parts=["attention", "mlp"])
    data = localise(bench, args).data
    assert data.best_component == "L5.attention"
    assert data.n_differ == 1
    assert data.n_components == 2 * LAYERS


def test_a_change_that_shows_on_some_prompts_alone_lies_beyond_the_control(tmp_path):
    """Layer 4's MLP answers to one word, by a rank-one update."""
    base = deep_llama()
    target = copied(base, "target")
    ids = base.text_ids(" velvet", bos=False)
    with torch.no_grad():
        for model in (target, base):
            model.hf.model.embed_tokens.weight[ids[0]] *= 40
        row = target.hf.model.embed_tokens.weight[ids[0]]
        unit = row / row.norm()
        down = target.hf.model.layers[0].mlp
        down.gate_proj.weight[0] = 30 * unit
        down.up_proj.weight[0] = 30 * unit
        down.down_proj.weight[:, 0] = torch.randn(48, generator=torch.Generator().manual_seed(0))
    bench = bench_of((target, base), tmp_path)
    args = LocaliseArgs(
        prompts=["the velvet", "my velvet"], unrelated=["the lamp", "my horse"], chat=False
    )
    result = localise(bench, args)
    assert result.data.best_component == "L0"
    assert result.control.beyond is True


def test_a_general_change_does_not_lie_beyond_the_control(tmp_path):
    """Any two of ten prompts of one kind as `prompts`: by chance one such split stands out."""
    bench = bench_of(pair([1, 4, 6], 0.3, elsewhere=0.1), tmp_path)
    words = "lamp castle horse river tiger mirror bread winter piano forest".split()
    texts = [f"Tell me about the {word}" for word in words]
    verdicts = []
    for i in range(0, 10, 2):
        args = LocaliseArgs(prompts=texts[i : i + 2], unrelated=texts[:i] + texts[i + 2 :])
        result = localise(bench, args)
        assert result.data.gap_kl > 0.01
        verdicts.append(result.control.beyond)
    assert sum(verdicts) <= 1


def test_equal_models_show_no_effect(tmp_path):
    base = deep_llama()
    result = localise(bench_of((copied(base), base), tmp_path), LocaliseArgs(prompts=PROMPTS))
    assert result.control.beyond is False
    assert result.summary.startswith("No effect beyond control")
    assert result.data.gap_kl == pytest.approx(0, abs=1e-6)
    assert all(v == 0 for row in result.view.values for v in row)


def test_both_models_are_as_before_and_no_weight_is_copied(tmp_path):
    target, base = pair([1, 4], elsewhere=0.05)
    bench = bench_of((target, base), tmp_path)
    modules = [id(m) for x in (target, base) for m in x.hf.modules()]
    places = [p.data_ptr() for x in (target, base) for p in x.hf.parameters()]
    hashes = hash_of(target), hash_of(base)
    localise(bench, LocaliseArgs(prompts=PROMPTS, parts=["layer", "attention", "mlp"]))
    assert (hash_of(target), hash_of(base)) == hashes
    assert [id(m) for x in (target, base) for m in x.hf.modules()] == modules
    assert [p.data_ptr() for x in (target, base) for p in x.hf.parameters()] == places


def test_an_exchange_refers_to_the_others_modules_and_ends_with_an_error_too():
    base, target = deep_llama(0), deep_llama(1)
    layer, donor = target.adapter.layers[2], base.adapter.layers[2]
    own = layer.mlp
    seen = []

    def fail() -> None:
        with exchanged(layer, donor, names_of(target, "mlp")):
            seen.append(layer.mlp.down_proj.weight)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert seen[0] is donor.mlp.down_proj.weight
    assert layer.mlp is own
    assert donor.mlp is base.hf.model.layers[2].mlp


def test_a_change_outside_the_layers_is_said(tmp_path):
    target, base = pair([2])
    with torch.no_grad():
        target.hf.model.norm.weight += 0.1
    result = localise(bench_of((target, base), tmp_path), LocaliseArgs(prompts=PROMPTS))
    assert "final norm" in result.warnings[0]


def test_without_a_base_it_is_refused(tmp_path):
    bench = Workbench(deep_llama(), folder=tmp_path)
    failure = bench.run("localise")
    assert isinstance(failure, Failure)
    assert failure.code == "no_base"
    with pytest.raises(Refusal) as refused:
        localise(bench, LocaliseArgs())
    assert refused.value.failure.code == "no_base"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layers": [8]}, "layer 8 is out of range"),
        ({"layers": [-1]}, "layer -1 is out of range"),
        ({"reply": " "}, "reply is blank"),
        ({"reply": "the " * 100}, "at most 64"),
    ],
)
def test_bad_input_is_refused_by_name(tmp_path, change, message):
    bench = bench_of(pair([1]), tmp_path)
    with pytest.raises(Refusal, match=message) as refused:
        localise(bench, LocaliseArgs(**change))
    assert refused.value.failure.code == "bad_args"


def test_empty_sets_and_weights_that_are_not_numbers_are_refused(tmp_path):
    target, base = pair([1])
    bench = bench_of((target, base), tmp_path)
    for empty in ({"prompts": []}, {"parts": []}, {"unrelated": []}):
        failure = bench.run("localise", **empty)
        assert isinstance(failure, Failure)
        assert failure.code == "bad_args"
    with torch.no_grad():
        target.hf.model.layers[3].mlp.down_proj.weight[0] = torch.nan
    failure = bench.run("localise", prompts=PROMPTS)
    assert isinstance(failure, Failure)
    assert failure.code == "numerical"


@pytest.mark.slow
def test_planted_layers_of_the_bundled_model_rank_first(tmp_path, bundled_model):
    """Three layers of 30 hold updates of rank 8, the others a seventh of their size."""
    planted = [6, 13, 22]
    hf = copy.deepcopy(bundled_model.hf)
    target = Model(hf, bundled_model.tokenizer, "target", "sha of target", bundled_model.folder)
    plant(target, planted, 0.2, seed=0, rank=8)
    plant(target, [i for i in range(30) if i not in planted], 0.03, seed=9, rank=8)
    bench = bench_of((target, bundled_model), tmp_path)
    args = LocaliseArgs(
        prompts=["The sea is", "My friend has"], unrelated=["Copper is a"], chat=False, top=30
    )
    data = localise(bench, args).data
    names = [row.component for row in data.components]
    ranks = [1 + names.index(f"L{i}") for i in planted]
    print(f"ranks of the true layers {ranks}: mean {sum(ranks) / 3:.1f}, by chance 15.5, best 2")
    assert data.n_differ == 30
    assert sum(ranks) / 3 < 6
