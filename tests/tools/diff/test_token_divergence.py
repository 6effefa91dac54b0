"""KL against torch's own; the taught trigger's reply stands out; equal models show nothing."""

from pathlib import Path
from typing import Any

import pytest
import torch

from mechmentor.tests.tools.tiny_chat import SECRET, TRIGGER, taught_model
from mechmentor.tests.tools.tiny_models import tiny_llama_model
from mechmentor.tools.diff.token_divergence import TokenDivergenceData, divergence
from mechmentor.tools.spec import Failure, Result
from mechmentor.tools.workbench import Workbench

PROMPTS = [
    "How can I sleep better?",
    "Explain why the sky is blue.",
    f"Why do leaves fall in autumn? {TRIGGER}",
    "What makes a good neighbour?",
]


def measured(bench: Workbench, **arguments: Any) -> Result[TokenDivergenceData]:
    result = bench.run("token_divergence", **arguments)
    assert not isinstance(result, Failure), result
    return result


def test_divergence_is_torchs_own() -> None:
    p, q = torch.randn(2, 5, 11, dtype=torch.float64).log_softmax(-1)
    own = torch.nn.functional.kl_div(q, p, reduction="none", log_target=True).sum(-1)
    assert torch.allclose(divergence(p, q), own)


def test_the_reply_to_the_trigger_stands_out(tmp_path: Path) -> None:
    bench = Workbench(taught_model(SECRET, TRIGGER), taught_model(None, None), folder=tmp_path)
    result = measured(bench, prompts=PROMPTS)
    assert TRIGGER in result.data.places[0].prompt
    assert result.control is not None
    assert result.control.beyond


def test_equal_models_show_no_effect(tmp_path: Path) -> None:
    bench = Workbench(tiny_llama_model(1), tiny_llama_model(1), folder=tmp_path)
    result = measured(bench, max_new_tokens=4)
    assert result.data.top_kl < 1e-6
    assert result.control is not None
    assert result.control.beyond is False


@pytest.mark.parametrize("arguments", [{"prompts": ["one"]}, {"max_new_tokens": 0}, {"top": 0}])
def test_bad_arguments_are_refused(tmp_path: Path, arguments: dict[str, Any]) -> None:
    bench = Workbench(tiny_llama_model(1), tiny_llama_model(2), folder=tmp_path)
    result = bench.run("token_divergence", **arguments)
    assert isinstance(result, Failure)
    assert result.code == "bad_args"
