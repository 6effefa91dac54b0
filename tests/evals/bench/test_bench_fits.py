"""The benches check that what they compare is equal."""

import pytest
import torch

from mechmentor.evals.bench import early_stop, probe_job, probes
from mechmentor.tests.tools.tiny_models import tiny_llama_model


def test_probes_equal_scikit_learn():
    generator = torch.Generator().manual_seed(0)
    states = torch.randn(3, 80, 24, generator=generator) * torch.linspace(0.1, 9, 24)
    labels = (states[1, :, 0] + 0.3 * torch.randn(80, generator=generator) > 0).float()
    for row in probes.measure(states, labels, 1, shuffles=2):
        assert row["equal"], row
        assert row["accuracy"] == row["sklearn_accuracy"]


def test_the_whole_job_gives_the_same_either_way():
    generator = torch.Generator().manual_seed(0)
    groups = torch.arange(4).repeat_interleave(20)
    labels = (torch.arange(80) % 2).float()
    states = torch.randn(3, 80, 24, generator=generator)
    states[1, :, 0] += 3 * labels
    both = probe_job.measure(states, labels, groups, shuffles=3)
    assert [row["timed_sets"] for row in both] == [4, 2]
    for row in both:
        assert row["equal"], row
        assert row["accuracy"] == pytest.approx(row["sklearn_accuracy"])
        assert row["accuracy"] > 0.8


def test_a_stopped_pass_gives_the_values_of_a_full_one(monkeypatch):
    model = tiny_llama_model()
    monkeypatch.setattr(type(model), "d_vocab", 110)
    found = early_stop.measure(model, 0, 8, 12, 1)
    assert found["equal"]
    assert found["largest_difference"] < 1e-4
