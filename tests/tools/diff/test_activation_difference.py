"""A planted constant difference is read as its word; equal models show nothing."""

from pathlib import Path
from typing import Any

import pytest
import torch

from mechmentor.tests.tools.tiny_chat import random_model
from mechmentor.tests.tools.tiny_models import copied, tiny_llama_model
from mechmentor.tools.diff.activation_difference import ActivationDifferenceData, gather
from mechmentor.tools.diff.read_write import WordTable
from mechmentor.tools.model import Model
from mechmentor.tools.spec import Failure, Result
from mechmentor.tools.workbench import Workbench

TEXTS = ["Explain why the sky is blue.", "How can I sleep better?", "Why do leaves fall in autumn?"]


def planted(base: Model, word: str, layer: int, size: float) -> Model:
    """The base with a constant push towards one word after one layer."""
    target = copied(base)
    table = WordTable.of(base)
    row = int(table.tokens[table.owner == table.index[word]][0])
    unit = base.hf.get_output_embeddings().weight[row].detach()
    push = size * unit / unit.norm()

    def add(_: Any, __: Any, output: Any) -> Any:
        return (output[0] + push, *output[1:]) if isinstance(output, tuple) else output + push

    list(target.adapter.layers)[layer].register_forward_hook(add)
    return target


def measured(bench: Workbench, **arguments: Any) -> Result[ActivationDifferenceData]:
    result = bench.run("activation_difference", texts=TEXTS, **arguments)
    assert not isinstance(result, Failure), result
    return result


def test_a_planted_difference_is_read_and_steers(tmp_path: Path) -> None:
    base = random_model(1)
    result = measured(Workbench(planted(base, "velvet", 1, 3.0), base, folder=tmp_path))
    assert result.data.words[0].word == "velvet"
    assert result.data.best_layer == 1
    assert result.control is not None
    assert result.control.beyond
    assert result.data.steer_gain > result.data.steer_random
    assert result.handles[0].name.startswith("dir:")


@torch.no_grad()
def test_the_mean_equals_hidden_states_of_the_model_itself(random_pair: Workbench) -> None:
    found = gather(random_pair, TEXTS)
    total, count = torch.zeros(2, 48), 0
    for text in TEXTS:
        ids = torch.tensor([random_pair.target.text_ids(text)])
        a, b = (
            m.hf(input_ids=ids, output_hidden_states=True).hidden_states
            for m in (random_pair.target, random_pair.base)
        )
        # The last of transformers' hidden states is already normed: compare the layer before.
        total[0] += (a[1] - b[1])[0, 1:].sum(0)
        count += ids.shape[1] - 1
    assert found.n_tokens == count
    assert torch.allclose(found.mean[0], total[0] / count, atol=1e-4)


def test_equal_models_show_no_effect(tmp_path: Path) -> None:
    bench = Workbench(tiny_llama_model(1), tiny_llama_model(1), folder=tmp_path)
    result = measured(bench)
    assert result.control is not None
    assert result.control.beyond is False
    assert result.summary.startswith("No effect beyond control")
    assert not result.handles


@pytest.fixture
def random_pair(tmp_path: Path) -> Workbench:
    return Workbench(tiny_llama_model(1), tiny_llama_model(2), folder=tmp_path)


@pytest.mark.parametrize("arguments", [{"texts": ["only one text"]}, {"strength": 0}, {"top": 0}])
def test_bad_arguments_are_refused(random_pair: Workbench, arguments: dict[str, Any]) -> None:
    result = random_pair.run("activation_difference", **arguments)
    assert isinstance(result, Failure)
    assert result.code == "bad_args"
