"""Path patching as a tool: direct against total effects, controls, refusals."""

import pytest

from mechmentor.tests.tools.intervene.test_activation_patching import PAIR
from mechmentor.tests.tools.tiny_models import tiny_llama_model
from mechmentor.tools.intervene.path_patching import PathPatchingArgs, path_patching
from mechmentor.tools.spec import Refusal
from mechmentor.tools.workbench import Workbench


@pytest.fixture
def bench(tmp_path):
    return Workbench(tiny_llama_model(), folder=tmp_path)


def effects(bench, **words):
    result = path_patching(bench, PathPatchingArgs(**PAIR, **words))
    return result, {p.sender: p for p in result.data.top}


def test_the_last_layers_mlp_has_only_its_direct_path(bench):
    """Nothing stands between it and the logits: direct and total effect are the same number."""
    _, found = effects(bench)
    assert found["L1 MLP"].direct == pytest.approx(found["L1 MLP"].total, abs=1e-4)
    assert abs(found["L1 MLP"].direct) > 1e-3
    assert found["L0 MLP"].direct != pytest.approx(found["L0 MLP"].total, abs=1e-3)


def test_senders_stand_below_the_receivers(bench):
    result, found = effects(bench, receivers=["L1H2.q", "L1H2.v"])
    assert {s[:2] for s in found} == {"L0"}
    assert result.data.senders == bench.target.n_heads + 1
    assert result.control.numbers["best_effect"] == result.data.control_best_effect


def test_the_unrelated_pairs_choose_their_own_best_sender(bench):
    result, _ = effects(bench, senders="heads", direction="noising")
    assert result.data.control_best_effect > 0
    assert result.control.beyond is (result.data.best_effect > result.data.control_best_effect)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"receivers": ["L1.q"]}, "is no receiver"),
        ({"receivers": ["L9H0.q"]}, "out of range"),
        ({"receivers": ["L1H9.k"]}, "out of range"),
        ({"receivers": ["L0H0.q"]}, "nothing stands below"),
    ],
)
def test_bad_input_is_refused_by_name(bench, words, message):
    with pytest.raises(Refusal, match=message) as refused:
        effects(bench, **words)
    assert refused.value.failure.code == "bad_args"
