"""Features of a prompt and interventions on them, beside random features."""

import pytest
import torch

from mechmentor.tests.tools.tiny_models import tiny_llama_model
from mechmentor.tools.sae.sae import SAE
from mechmentor.tools.sae.sae_features import SaeFeaturesArgs, prompt_features, sae_features
from mechmentor.tools.sae.sae_intervene import SaeInterveneArgs, sae_intervene
from mechmentor.tools.spec import Refusal
from mechmentor.tools.workbench import Workbench

PROMPT = "Please tell me about the river and the lamp"


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.setenv("MECHMENTOR_CACHE", str(tmp_path / "cache"))
    return Workbench(tiny_llama_model(), folder=tmp_path)


@pytest.fixture
def given(bench, tmp_path):
    """Arguments that name an SAE of the identity and a corpus of words."""
    width = bench.target.d_model
    both = torch.cat([torch.eye(width), -torch.eye(width)])
    sae = SAE(both.T, torch.zeros(2 * width), both, torch.zeros(width), "standard", 0)
    object.__setattr__(sae, "model_name", "tiny")
    sae.save(tmp_path / "sae")
    words = "the river and the lamp were red, so the stone is a horse. "
    (tmp_path / "words.txt").write_text(words * 200)
    return {"sae": str(tmp_path / "sae"), "base_model": "tiny", "prompt": PROMPT}


def test_features_are_those_of_the_stream(bench, given, tmp_path):
    args = SaeFeaturesArgs(**given, corpus=str(tmp_path / "words.txt"), windows=8)
    result = sae_features(bench, args)
    ids = bench.target.text_ids(PROMPT)
    hidden = bench.target.hf(torch.tensor([ids]), output_hidden_states=True).hidden_states[1][0, 1:]
    for feature in result.data.top + result.data.random:
        width = bench.target.d_model
        sign = 1 if feature.feature < width else -1
        expected = (sign * hidden[:, feature.feature % width]).clamp(min=0).max()
        assert feature.value == pytest.approx(float(expected), abs=1e-3)
        assert feature.base_value is None
    assert result.data.quality.loss_recovered == pytest.approx(1, abs=1e-2)
    assert result.control.numbers["loss_recovered_pca"] is not None


def test_random_features_are_no_effect_beyond_control(bench, given, tmp_path):
    """The top of random features is above its usual value as well, as it was chosen to be."""
    beyond = []
    for seed in range(6):
        generator = torch.Generator().manual_seed(seed)
        width = bench.target.d_model
        rows = torch.nn.functional.normalize(torch.randn(64, width, generator=generator), dim=-1)
        noise = SAE(rows.T, torch.zeros(64), rows, torch.zeros(width), "topk", 0, k=8)
        object.__setattr__(noise, "model_name", "tiny")
        noise.save(tmp_path / f"sae{seed}")
        given = {**given, "sae": str(tmp_path / f"sae{seed}")}
        args = SaeFeaturesArgs(**given, corpus=str(tmp_path / "words.txt"), windows=8)
        result = sae_features(bench, args)
        beyond.append(result.control.beyond)
        assert result.summary.startswith("No effect beyond control") != result.control.beyond
    assert sum(beyond) <= 3  # each is the largest of 9 alike once in nine times


def test_target_and_base_are_compared(bench, given, tmp_path):
    pair = Workbench(tiny_llama_model(1), tiny_llama_model(0), folder=tmp_path)
    args = SaeFeaturesArgs(**given, corpus=str(tmp_path / "words.txt"), windows=8)
    data = sae_features(pair, args).data
    gaps = [abs(f.value - f.base_value) for f in data.changed]
    assert data.changed
    assert max(gaps) > 0


def test_ablation_takes_away_what_the_feature_adds(bench, given):
    result = sae_intervene(bench, SaeInterveneArgs(**given))
    data = result.data
    model = bench.target
    ids = model.text_ids(PROMPT)
    width = model.d_model
    sign, column = (1, data.feature) if data.feature < width else (-1, data.feature - width)

    def cut(_, __, output):
        stream = output[0] if isinstance(output, tuple) else output
        new = stream.clone()
        new[:, 1:, column] -= sign * (sign * stream[:, 1:, column]).clamp(min=0)
        return (new, *output[1:]) if isinstance(output, tuple) else new

    plain = model.hf(torch.tensor([ids])).logits[0, -1].log_softmax(-1)
    handle = model.adapter.layers[0].register_forward_hook(cut)
    changed = model.hf(torch.tensor([ids])).logits[0, -1].log_softmax(-1)
    handle.remove()
    expected = float((plain.exp() * (plain - changed)).sum())
    assert data.kl == pytest.approx(expected, abs=1e-4)
    assert len(data.kl_random) == 8


def test_a_feature_like_any_other_is_no_effect_beyond_control(bench, given):
    found = []
    for feature in range(12):
        args = SaeInterveneArgs(**given, mode="steer", feature=feature)
        found.append(sae_intervene(bench, args).control.beyond)
    assert sum(found) <= 5  # each is the largest of 9 alike once in nine times


def test_what_cannot_be_done_is_refused(bench, given):
    given["prompt"] = "river lamp"  # one position is read: one sign of each dimension is silent
    ids = bench.target.text_ids(given["prompt"])
    acts = prompt_features(bench.target, _load(given), ids)
    silent = int((acts.amax(0) <= 0).nonzero()[0, 0])
    with pytest.raises(Refusal, match="not active"):
        sae_intervene(bench, SaeInterveneArgs(**given, feature=silent))
    with pytest.raises(Refusal, match="features"):
        sae_intervene(bench, SaeInterveneArgs(**given, feature=10**6))
    with pytest.raises(Refusal, match="shipped SAE does not fit"):
        sae_intervene(bench, SaeInterveneArgs())
    closed = Workbench(bench.target, folder=bench.folder, reads_files=False)
    with pytest.raises(Refusal, match="files cannot be read"):
        sae_intervene(closed, SaeInterveneArgs(**given))


@pytest.mark.slow
def test_the_shipped_sae_recovers_more_loss_than_pca_of_its_size(bundled_model, tmp_path):
    data = sae_features(Workbench(bundled_model, folder=tmp_path), SaeFeaturesArgs()).data
    quality = data.quality
    assert quality.components == quality.active == 32
    assert quality.loss_recovered > 0.9 > quality.loss_recovered_pca + 0.05
    assert quality.loss < quality.loss_sae < quality.loss_pca < quality.loss_mean
    assert quality.dead_share < 0.25
    assert len(data.random) >= 8
    assert "torch" in data.judged_on


@pytest.mark.slow
def test_the_shipped_saes_strongest_feature_matters_and_an_arbitrary_one_does_not(
    bundled_model, tmp_path
):
    bench = Workbench(bundled_model, folder=tmp_path)
    strongest = sae_intervene(bench, SaeInterveneArgs())
    assert strongest.control.beyond
    assert strongest.data.kl > 2 * max(strongest.data.kl_random)
    arbitrary = sae_intervene(bench, SaeInterveneArgs(feature=5, mode="steer"))
    assert arbitrary.summary.startswith("No effect beyond control")


def _load(given):
    from pathlib import Path

    from mechmentor.tools.sae.sae import load_sae

    return load_sae(Path(given["sae"]))
