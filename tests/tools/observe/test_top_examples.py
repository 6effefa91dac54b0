"""Top examples: values of full passes, early stop, corpora that are refused, the cache."""

import tracemalloc

import numpy as np
import pytest
import torch

from mechmentor.tests.tools.tiny_models import tiny_gpt2, tiny_llama_model
from mechmentor.tools.engine.corpus import Corpus, open_corpus
from mechmentor.tools.observe import unit_values as module
from mechmentor.tools.observe.top_examples import TopExamplesArgs, strongest, top_examples
from mechmentor.tools.observe.unit_values import token_explains
from mechmentor.tools.spec import Refusal
from mechmentor.tools.workbench import Workbench

WORDS = "river stone lamp paper cloud horse table chair window bread apple tiger".split()


@pytest.fixture
def corpus(tmp_path):
    draw = np.random.default_rng(0)
    path = tmp_path / "words.txt"
    path.write_text(" ".join(draw.choice(WORDS, 6000)))
    return path


@pytest.fixture(params=["llama", "gpt2"])
def bench(request, tmp_path, monkeypatch):
    monkeypatch.setenv("MECHMENTOR_CACHE", str(tmp_path / "cache"))
    model = tiny_llama_model() if request.param == "llama" else tiny_gpt2()
    return Workbench(model, folder=tmp_path)


def run(bench, corpus, **more):
    args = {"corpus": str(corpus), "windows": 40, "length": 16, "layer": 0}
    return top_examples(bench, TopExamplesArgs(**{**args, **more}))


def test_neuron_values_are_those_of_a_full_pass(bench, corpus):
    result = run(bench, corpus, index=3)
    model = bench.target
    kept = []
    handle = module.neuron_module(model, 0).register_forward_pre_hook(
        lambda _, inputs: kept.append(inputs[0][..., 3])
    )
    found = open_corpus(model, corpus, windows=40, length=16, cache=corpus.parent)
    model.hf(torch.from_numpy(found.tokens[:].astype("int64")))
    handle.remove()
    values = kept[0][:, 1:]
    assert result.data.largest == pytest.approx(float(values.max()), abs=1e-5)
    expected = values.amax(1).sort(descending=True).values[:5]
    shown = [e.value for e in result.data.top]
    assert shown == pytest.approx(expected.tolist(), abs=1e-5)
    for one in result.data.top:
        assert f"«{one.token}»" in one.text


def test_a_direction_of_one_token_is_beyond_random_rotations(bench, corpus):
    model = bench.target
    token = model.text_ids(" lamp", bos=False)[0]
    bench.experiment = 1
    name = bench.put("dir", model.adapter.embedding[token].clone()).name
    result = run(bench, corpus, kind="direction", direction=name, layer=-1)
    assert result.data.top[0].token == model.token_text(token)
    assert result.data.token_score > 0.7


def test_random_directions_are_seldom_beyond_random_rotations(bench, corpus):
    beyond = []
    for seed in range(8):
        bench.experiment += 1
        noise = torch.randn(bench.target.d_model, generator=torch.Generator().manual_seed(seed))
        name = bench.put("dir", noise).name
        result = run(bench, corpus, kind="direction", direction=name)
        beyond.append(result.control.beyond)
        assert result.summary.startswith("No effect beyond control") != result.control.beyond
    assert sum(beyond) <= 3  # each is the largest of all alike as often as any rotation is


def test_values_are_kept_by_model_and_corpus(bench, corpus, monkeypatch):
    first = run(bench, corpus)

    def never(*_, **__):
        raise AssertionError("computed again")

    monkeypatch.setattr(module, "compute_values", never)
    assert run(bench, corpus).data == first.data
    corpus.write_text(corpus.read_text().replace("river", "velvet"))
    with pytest.raises(AssertionError, match="computed again"):
        run(bench, corpus)


def test_strongest_takes_one_place_a_window():
    values = torch.tensor([[1.0, 9.0, 8.0], [7.0, 0.0, 0.0], [2.0, 3.0, 5.0]])
    assert strongest(values, 2) == [(0, 1), (1, 0)]


def test_a_token_explains_what_it_decides_and_no_noise():
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(0, 9, (60, 21), generator=generator)
    by_token = torch.randn(9, generator=generator)[tokens[:, 1:]]
    noise = torch.randn(60, 20, generator=generator)
    own, other = token_explains(torch.stack([by_token, noise]), tokens.numpy()).tolist()
    assert own > 0.99
    assert abs(other) < 0.2


def test_a_large_file_is_read_in_parts(tmp_path, monkeypatch):
    """A gigabyte of text: only the segments that are used are tokenised."""
    path = tmp_path / "large.txt"
    block = (" ".join(WORDS) + "\n").encode() * 400
    with path.open("wb") as file:
        for _ in range(600):
            file.write(block)
    model = tiny_llama_model()
    read = []
    plain = type(model).text_ids
    monkeypatch.setattr(
        type(model),
        "text_ids",
        lambda self, text, **k: read.append(len(text)) or plain(self, text, **k),
    )
    found = open_corpus(model, path, windows=50, length=32, cache=tmp_path)
    assert found.tokens.shape == (50, 32)
    assert isinstance(found.tokens, np.memmap)
    assert sum(read) < path.stat().st_size / 50
    assert found.share < 0.02


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no text"),
        (b"\x00\x01\x02" * 1000, "binary"),
        (bytes(range(128, 256)) * 50, "binary"),
        (b"too short", "fewer than"),
    ],
)
def test_corpora_without_text_are_refused(tmp_path, content, said):
    path = tmp_path / "corpus.txt"
    path.write_bytes(content)
    with pytest.raises(Refusal, match=said):
        open_corpus(tiny_llama_model(), path, windows=8, length=64, cache=tmp_path)


def test_a_gigabyte_that_is_no_text_is_refused_at_once(tmp_path):
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(2**30)  # a hole: it takes no room
    tracemalloc.start()
    with pytest.raises(Refusal, match="binary"):
        open_corpus(tiny_llama_model(), path, windows=8, length=64, cache=tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6


def test_a_folder_of_texts_is_one_corpus(tmp_path):
    (tmp_path / "a.txt").write_text(" ".join(WORDS) * 20)
    (tmp_path / "b.md").write_text(" ".join(reversed(WORDS)) * 20)
    (tmp_path / "c.png").write_bytes(b"\x00")
    found = open_corpus(tiny_llama_model(), tmp_path, windows=8, length=16, cache=tmp_path / "k")
    assert isinstance(found, Corpus)
    assert len(found.tokens) == 8


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"index": 10**6}, "no number"),
        ({"layer": -1}, "no neurons"),
        ({"layer": 99}, "layer 99"),
        ({"kind": "direction"}, "no direction is given"),
        ({"corpus": "no-such-place"}, "there is no"),
    ],
)
def test_bad_units_are_refused(bench, corpus, arguments, said):
    with pytest.raises(Refusal, match=said):
        run(bench, **{"corpus": corpus, **arguments})


@pytest.mark.slow
def test_tokens_explain_a_random_direction_no_better_than_its_rotations(bundled_model, tmp_path):
    bench = Workbench(bundled_model, folder=tmp_path)
    bench.experiment = 1
    generator = torch.Generator().manual_seed(1)
    name = bench.put("dir", torch.randn(bundled_model.d_model, generator=generator)).name
    args = TopExamplesArgs(kind="direction", direction=name, windows=32)
    assert not top_examples(bench, args).control.beyond


@pytest.mark.slow
def test_tokens_explain_few_neurons_in_the_middle_of_the_bundled_model(bundled_model, tmp_path):
    """A negative that holds here: read off its top examples, most neurons have no story."""
    bench = Workbench(bundled_model, folder=tmp_path)
    found = [
        top_examples(bench, TopExamplesArgs(index=index, windows=32)) for index in (192, 384, 576)
    ]
    assert found[0].data.layer == 12
    for result in found:
        assert result.summary.startswith("No effect beyond control")
        assert result.data.random
        assert result.data.rotation_top
