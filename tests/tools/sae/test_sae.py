"""SAE folders: read as SAELens writes them, refused with the fix, trained on known parts."""

import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from mechmentor.tests.tools.tiny_models import tiny_llama_model
from mechmentor.tools.sae.quality import judge
from mechmentor.tools.sae.sae import CONFIG, SAE, WEIGHTS, check_base, load_sae
from mechmentor.tools.sae.shipped import SHIPPED
from mechmentor.tools.sae.train import ordinary, train_topk
from mechmentor.tools.spec import Refusal


def sae_of(width=8, size=12, architecture="topk", **changes):
    generator = torch.Generator().manual_seed(0)
    draw = lambda *shape: torch.randn(*shape, generator=generator)  # noqa: E731
    values = {
        "w_enc": draw(width, size),
        "b_enc": draw(size) / 4,
        "w_dec": draw(size, width),
        "b_dec": draw(width) / 4,
        "architecture": architecture,
        "layer": 1,
        "k": 3 if architecture == "topk" else 0,
        "threshold": draw(size).abs() if architecture == "jumprelu" else None,
        "model_name": "some/model",
    }
    return SAE(**{**values, **changes})


@pytest.mark.parametrize("architecture", ["standard", "topk", "jumprelu"])
@pytest.mark.parametrize("centred", [True, False])
def test_a_folder_gives_back_what_was_saved(tmp_path, architecture, centred):
    sae = sae_of(architecture=architecture, centred=centred)
    sae.save(tmp_path / "sae")
    again = load_sae(tmp_path / "sae")
    x = torch.randn(5, 8, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(
        again.decode(again.encode(x)), sae.decode(sae.encode(x)), atol=2e-2, rtol=2e-2
    )
    assert (again.layer, again.k, again.architecture) == (1, sae.k, architecture)
    assert json.loads((tmp_path / "sae" / CONFIG).read_text())["d_sae"] == 12


@pytest.mark.parametrize("nested", [True, False])
def test_a_folder_as_saelens_writes_it_is_read(tmp_path, nested):
    """Since version 6 the model stands under `metadata`; before, beside the sizes."""
    plain = sae_of(architecture="standard")
    where = {"model_name": "gpt2-small", "hook_name": "blocks.1.hook_resid_pre"}
    sizes = {"d_in": 8, "d_sae": 12, "dtype": "float32", "device": "cpu"}
    ways = {"apply_b_dec_to_input": False, "normalize_activations": "none"}
    old = {"hook_layer": 1, "hook_head_index": None, "activation_fn_str": "relu"}
    new = {"architecture": "standard", "reshape_activations": "none"}
    config = (
        {**sizes, **ways, **new, "metadata": {**where, "context_size": 128, "prepend_bos": True}}
        if nested
        else {**sizes, **ways, **where, **old, "context_size": 128, "prepend_bos": True}
    )
    (tmp_path / CONFIG).write_text(json.dumps(config))
    tensors = {"W_enc": plain.w_enc, "W_dec": plain.w_dec}
    save_file({**tensors, "b_enc": plain.b_enc, "b_dec": plain.b_dec}, tmp_path / WEIGHTS)
    found = load_sae(tmp_path)
    x = torch.randn(5, 8, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(found.encode(x), (x @ plain.w_enc + plain.b_enc).relu())
    assert (found.layer, found.model_name) == (0, "gpt2-small")  # before layer 1 is after layer 0


def test_encoding_follows_the_definitions():
    x = torch.randn(6, 8, generator=torch.Generator().manual_seed(2))
    plain = sae_of(architecture="standard")
    pre = (x - plain.b_dec) @ plain.w_enc + plain.b_enc
    torch.testing.assert_close(plain.encode(x), pre.clamp(min=0))
    jump = sae_of(architecture="jumprelu")
    torch.testing.assert_close(jump.encode(x), pre * (pre > jump.threshold))
    top = sae_of()
    acts = top.encode(x)
    assert ((acts > 0).sum(-1) <= 3).all()
    for row, expected in zip(acts, pre, strict=True):
        for feature in row.nonzero()[:, 0]:
            assert (expected > expected[feature]).sum() < 3
    by_norm = sae_of(by_norm=True)
    scaled = pre * by_norm.w_dec.norm(dim=-1)
    chosen = scaled.topk(3, -1).indices
    expected = torch.zeros_like(pre).scatter(-1, chosen, scaled.gather(-1, chosen).relu())
    torch.testing.assert_close(by_norm.encode(x), expected / by_norm.w_dec.norm(dim=-1))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: (f / WEIGHTS).write_bytes((f / WEIGHTS).read_bytes()[:200]), "cannot be read"),
        (lambda f: (f / CONFIG).write_text("{"), "cannot be read"),
        (lambda f: (f / CONFIG).write_text("[]"), "not an object"),
        (lambda f: (f / WEIGHTS).rename(f / "sae.pt"), "pickle"),
        (lambda f: (f / CONFIG).unlink(), "is no SAE"),
        (lambda f: _edit(f, d_in=9), "cfg.json says"),
        (lambda f: _edit(f, k=0), "k = 0"),
        (lambda f: _edit(f, architecture="gated"), "not read"),
        (lambda f: _edit(f, normalize_activations="layer_norm"), "not read"),
        (lambda f: _edit(f, metadata={"hook_name": "blocks.1.attn.hook_z"}), "not a site"),
        (lambda f: _drop(f, "W_dec"), "lacks W_dec"),
        (lambda f: _drop(f, "b_enc", torch.full((12,), float("nan"))), "not finite"),
    ],
)
def test_a_folder_that_is_broken_is_refused(tmp_path, spoil, said):
    folder = tmp_path / "sae"
    sae_of().save(folder)
    spoil(folder)
    with pytest.raises(Refusal, match=said):
        load_sae(folder)


def _edit(folder, **changes):
    config = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps({**config, **changes}))


def _drop(folder, name, instead=None):
    tensors = {n: t for n, t in load_file(folder / WEIGHTS).items() if n != name}
    save_file(tensors if instead is None else {**tensors, name: instead}, folder / WEIGHTS)


def test_another_base_model_is_never_taken_silently():
    model = tiny_llama_model()
    fits = sae_of(width=model.d_model)
    with pytest.raises(Refusal, match="was trained on 'some/model'"):
        check_base(fits, [model])
    assert "on your word" in check_base(fits, [model], "some/model")[0]
    named = replace(fits, model_name=f"org/{model.name}")
    assert "no hash" in check_base(named, [model])[0]
    model.weights_sha256 = "right"
    exact = replace(fits, facts={"model_weights_sha256": "right"})
    assert check_base(exact, [model]) == []
    with pytest.raises(Refusal, match="was trained on"):
        check_base(replace(named, facts={"model_weights_sha256": "other"}), [model])
    with pytest.raises(Refusal, match="width 9"):
        check_base(sae_of(width=9), [model])
    with pytest.raises(Refusal, match="layer 30"):
        check_base(replace(fits, layer=30), [model])


def sparse_data(parts=24, width=16, count=6000):
    """Sums of a few known directions, and a mean."""
    generator = torch.Generator().manual_seed(0)
    truth = torch.nn.functional.normalize(torch.randn(parts, width, generator=generator), dim=-1)
    on = torch.rand(count, parts, generator=generator) < 0.08
    sizes = on * (0.5 + torch.rand(count, parts, generator=generator))
    return sizes @ truth + 0.3, truth


def found_share(directions, truth):
    return float(((directions @ truth.T).amax(0) > 0.9).float().mean())


def test_training_recovers_the_parts_of_sparse_data():
    x, truth = sparse_data()
    generator = torch.Generator().manual_seed(1)
    sae = train_topk(x, size=32, k=3, steps=1000, layer=0, generator=generator, rate=3e-3)
    assert found_share(sae.w_dec, truth) > 0.8
    start = torch.nn.functional.normalize(torch.randn(32, 16, generator=generator), dim=-1)
    assert found_share(start, truth) < 0.3  # random directions do not
    error = ((x - sae.decode(sae.encode(x))) ** 2).sum() / ((x - x.mean(0)) ** 2).sum()
    assert float(error) < 0.15


def test_massive_tokens_are_left_out():
    x = torch.randn(100, 8, generator=torch.Generator().manual_seed(0))
    x[7] *= 1000
    assert len(ordinary(x)) == 99


def test_an_exact_rebuild_recovers_the_whole_loss():
    model = tiny_llama_model()
    tokens = torch.randint(5, 60, (16, 20), generator=torch.Generator().manual_seed(0))
    width = model.d_model
    both = torch.cat([torch.eye(width), -torch.eye(width)])
    exact = SAE(both.T, torch.zeros(2 * width), both, torch.zeros(width), "standard", 0)
    found = judge(model, exact, tokens)
    assert found.loss_recovered == pytest.approx(1, abs=1e-4)
    assert found.explained_variance == pytest.approx(1, abs=1e-4)
    assert found.tokens == 8 * 19
    nothing = replace(exact, w_dec=torch.zeros_like(both))
    empty = judge(model, nothing, tokens)
    assert empty.loss_sae != pytest.approx(found.loss, abs=1e-3)
    assert empty.explained_variance <= 0
    share = (empty.loss_mean - empty.loss_sae) / (empty.loss_mean - empty.loss)
    assert empty.loss_recovered == pytest.approx(share)
    # the clean loss is the model's own
    logits = model.hf(tokens[8:]).logits[:, :-1].log_softmax(-1)
    own = -logits.gather(-1, tokens[8:, 1:, None]).mean()
    assert found.loss == pytest.approx(float(own), abs=1e-3)


def test_the_shipped_sae_is_small_and_reads_layer_12():
    sae = load_sae(SHIPPED)
    assert sae.layer == 12
    assert sae.facts["model_weights_sha256"]
    assert sum(f.stat().st_size for f in SHIPPED.iterdir()) < 20e6
