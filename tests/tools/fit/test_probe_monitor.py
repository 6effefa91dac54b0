"""A kept probe on new texts."""

import pytest
import torch

from mechmentor.tests.tools.fit.test_probe import NOUNS, ONES, ZEROS, texts
from mechmentor.tests.tools.tiny_models import tiny_llama_model
from mechmentor.tools.fit.probe_monitor import ProbeMonitorArgs, probe_monitor, recall_at
from mechmentor.tools.spec import Refusal
from mechmentor.tools.workbench import Workbench


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    bench = Workbench(tiny_llama_model(), folder=tmp_path_factory.mktemp("bench"))
    assert bench.run("probe", **texts(), shuffles=30).control.beyond
    return bench


NEW = {
    "positive": [f"so here is the {noun} {ONES[i % 4]}" for i, noun in enumerate(NOUNS)],
    "negative": [f"so here is the {noun} {ZEROS[i % 4]}" for i, noun in enumerate(NOUNS)],
}


def test_new_texts_are_told_apart_beyond_random_directions(bench):
    result = probe_monitor(bench, ProbeMonitorArgs(**NEW))
    assert result.data.auroc > 0.9
    assert result.data.recall_at_1_percent >= 0.5
    assert result.control.beyond
    assert result.data.judge_tokens > result.data.monitor_tokens
    assert any("1% needs 100" in w for w in result.warnings)


def test_texts_that_do_not_differ_are_no_effect_beyond_control(bench):
    ends = ONES + ZEROS
    mixed = [f"the {noun} {ends[i % 8]}" for i, noun in enumerate(NOUNS)]
    other = [f"a {noun} {ends[i % 8]}" for i, noun in enumerate(reversed(NOUNS))]
    result = probe_monitor(bench, ProbeMonitorArgs(positive=mixed, negative=other))
    assert not result.control.beyond
    assert result.summary.startswith("No effect beyond control")


def test_a_score_is_the_probes_own(bench):
    result = probe_monitor(bench, ProbeMonitorArgs(**NEW))
    packed = bench.get(result.data.probe)
    top = result.data.scored[0]
    ids = torch.tensor([bench.target.text_ids(top.text)])
    hidden = bench.target.hf(ids, output_hidden_states=True).hidden_states
    # the last entry has passed the final norm: the layer before it is enough here
    if result.data.layer + 1 < bench.target.n_layers:
        vector = hidden[result.data.layer + 1][0, -1]
        assert top.score == pytest.approx(float(vector @ packed[:-3] + packed[-3]), abs=1e-3)


def test_recall_at_a_rate_of_false_positives():
    labels = torch.tensor([0.0] * 200 + [1.0] * 4)
    scores = torch.cat([torch.arange(200.0), torch.tensor([250.0, 198.5, 197.5, 0.0])])
    recall, allowed = recall_at(scores, labels, 0.01)
    assert allowed == 2
    assert recall == 0.75  # above 197, which two of label 0 exceed: 198 and 199


def test_one_label_gives_scores_alone(bench):
    result = probe_monitor(bench, ProbeMonitorArgs(positive=NEW["positive"]))
    assert result.data.auroc is None
    assert result.control.beyond is None


def test_without_a_probe_it_says_what_to_run(tmp_path, bench):
    with pytest.raises(Refusal, match="no probe is kept"):
        probe_monitor(Workbench(bench.target, folder=tmp_path), ProbeMonitorArgs())
    name = next(n for n in bench.store.names() if n.startswith("dir:"))
    with pytest.raises(Refusal, match="is no probe"):
        probe_monitor(bench, ProbeMonitorArgs(probe=name))


@pytest.mark.slow
def test_truth_in_other_words_is_told_but_not_well_enough_for_an_alarm(bundled_model, tmp_path):
    bench = Workbench(bundled_model, folder=tmp_path)
    bench.experiment = 1
    bench.run("probe", shuffles=30)
    bench.experiment = 2
    data = probe_monitor(bench, ProbeMonitorArgs()).data
    assert data.auroc > 0.65 > data.random_auroc_95
    assert data.recall_at_1_percent < 0.5
    assert data.monitor_layers < 0.6
