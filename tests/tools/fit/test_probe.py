"""The probe tool: what it finds, what its control says, what it refuses."""

import json

import pytest
import torch

from mechmentor.tests.tools.tiny_models import tiny_llama_model
from mechmentor.tools.fit.held_out import shuffled_within
from mechmentor.tools.fit.probe import ProbeArgs, pack, probe, unpack
from mechmentor.tools.fit.truth_statements import truth_statements
from mechmentor.tools.spec import Refusal
from mechmentor.tools.workbench import Workbench

NOUNS = "river stone lamp paper cloud horse table chair window bread apple tiger".split()
TOPICS = {"a": "we saw the {} {}", "b": "tell me about a {} {}", "c": "is it the {} {}"}


ONES, ZEROS = ("now", "is", "city", "one"), ("gone", "was", "sea", "two")


def texts(ones=ONES, zeros=ZEROS):
    """Sentences that end in a word of one of two lists, in three topics."""
    out = {"positive": [], "negative": [], "positive_topics": [], "negative_topics": []}
    for topic, form in TOPICS.items():
        for i, noun in enumerate(NOUNS):
            for side, words in (("positive", ones), ("negative", zeros)):
                out[side].append(form.format(noun, words[i % len(words)]))
                out[f"{side}_topics"].append(topic)
    return out


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return Workbench(tiny_llama_model(), folder=tmp_path_factory.mktemp("bench"))


def test_the_last_word_is_read_at_every_layer(bench):
    result = probe(bench, ProbeArgs(**texts(), shuffles=30))
    assert result.data.auroc > 0.9
    assert result.control.beyond
    assert result.data.majority == 0.5
    assert result.data.by_topic
    assert len(result.data.auroc_by_layer) == bench.target.n_layers + 1
    assert [h.name.split(":")[0] for h in result.handles] == ["probe", "dir"]


def test_labels_at_random_are_no_effect_beyond_control(bench):
    given = texts()
    every = given["positive"] + given["negative"]
    owners = given["positive_topics"] + given["negative_topics"]
    generator = torch.Generator().manual_seed(4)
    order = torch.randperm(len(every), generator=generator).tolist()
    half = len(every) // 2
    result = probe(
        bench,
        ProbeArgs(
            positive=[every[i] for i in order[:half]],
            negative=[every[i] for i in order[half:]],
            positive_topics=[owners[i] for i in order[:half]],
            negative_topics=[owners[i] for i in order[half:]],
            method="difference",
        ),
    )
    assert not result.control.beyond
    assert result.summary.startswith("No effect beyond control")


def test_centring_is_off_and_named_when_on(bench):
    assert not ProbeArgs().centre
    result = probe(bench, ProbeArgs(**texts(), centre=True, shuffles=30))
    assert result.data.centred
    assert any(w.startswith("Centred") for w in result.warnings)


def test_the_kept_probe_scores_as_the_fitted_one(bench):
    result = probe(bench, ProbeArgs(**texts(), shuffles=30))
    weight, bias, layer, where = unpack(bench.get(result.handles[0].name))
    assert layer == result.data.layer
    assert where == "last"
    again = pack(weight, bias, layer, where)
    assert torch.equal(again, bench.get(result.handles[0].name))
    assert float(bench.get(result.handles[1].name).norm()) == pytest.approx(1.0, abs=1e-5)


def test_a_length_that_gives_the_label_away_is_told(bench):
    given = texts()
    given["positive"] = [f"{t} and then and then" for t in given["positive"]]
    result = probe(bench, ProbeArgs(**given, shuffles=30))
    assert any("Length alone" in w for w in result.warnings)
    assert result.data.length_auroc > 0.9


def test_without_topics_it_says_so(bench):
    given = texts()
    result = probe(
        bench, ProbeArgs(positive=given["positive"], negative=given["negative"], shuffles=30)
    )
    assert not result.data.by_topic
    assert any("Split by text" in w for w in result.warnings)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"positive": NOUNS}, "one class"),
        ({"positive": NOUNS, "negative": ["stone"]}, "label 0|of 0"),
        ({"positive": NOUNS, "negative": NOUNS}, "both classes"),
        ({"positive": NOUNS, "negative": ["  "] * 9}, "empty"),
        ({"positive": NOUNS, "negative": ["x"], "positive_topics": ["a"]}, "1 topics"),
        ({"file": "no-such-file"}, "there is no"),
    ],
)
def test_bad_texts_are_refused_with_the_fix(bench, arguments, said):
    with pytest.raises(Refusal, match=said):
        probe(bench, ProbeArgs(**arguments))


def test_states_that_are_not_finite_are_refused(tmp_path):
    model = tiny_llama_model()
    with torch.no_grad():
        model.hf.model.layers[1].mlp.down_proj.weight[0, 0] = float("nan")
    with pytest.raises(Refusal, match="not finite"):
        probe(Workbench(model, folder=tmp_path), ProbeArgs(**texts()))


def test_a_file_is_read_only_where_files_may_be_read(tmp_path, bench):
    path = tmp_path / "texts.jsonl"
    given = texts()
    rows = [
        {"text": text, "label": label, "topic": topic}
        for label, side in ((1, "positive"), (0, "negative"))
        for text, topic in zip(given[side], given[f"{side}_topics"], strict=True)
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    assert probe(bench, ProbeArgs(file=str(path), shuffles=30)).data.by_topic
    closed = Workbench(bench.target, folder=tmp_path, reads_files=False)
    with pytest.raises(Refusal) as refused:
        probe(closed, ProbeArgs(file=str(path)))
    assert refused.value.failure.code == "no_access"
    path.write_text('{"text": "a", "label": 3}')
    with pytest.raises(Refusal, match="line 1"):
        probe(bench, ProbeArgs(file=str(path)))


@pytest.mark.slow
def test_truth_is_read_on_unseen_topics(bundled_model, tmp_path):
    result = probe(Workbench(bundled_model, folder=tmp_path), ProbeArgs())
    assert result.data.auroc > 0.85 > result.data.shuffled_auroc_95
    assert all(t.auroc > result.data.shuffled_auroc_95 for t in result.data.topics)
    assert {t.topic for t in result.data.topics if t.known > 0.9} >= {"capitals", "places"}


@pytest.mark.slow
def test_shuffled_statements_are_no_effect_beyond_control(bundled_model, tmp_path):
    items = truth_statements()
    labels = torch.tensor([float(item.label) for item in items])
    names = sorted({item.topic for item in items})
    groups = torch.tensor([names.index(item.topic) for item in items])
    generator = torch.Generator().manual_seed(0)
    mixed = shuffled_within(labels, groups, 1, generator)[:, 0]
    rows = [
        json.dumps({"text": item.text, "label": int(label), "topic": item.topic})
        for item, label in zip(items, mixed, strict=True)
    ]
    path = tmp_path / "shuffled.jsonl"
    path.write_text("\n".join(rows))
    result = probe(Workbench(bundled_model, folder=tmp_path), ProbeArgs(file=str(path)))
    assert not result.control.beyond
    assert result.summary.startswith("No effect beyond control")
