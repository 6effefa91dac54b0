"""Run-time shape checks are on in tests: a wrong shape is an error at the call."""

from typing import Any

import pytest
import torch
from jaxtyping import TypeCheckError

from mechmentor.tools.engine.blocks import attend
from mechmentor.tools.engine.leading import leading_directions


def test_wrong_number_of_axes(tiny_model: Any) -> None:
    with pytest.raises(TypeCheckError):
        leading_directions(torch.zeros(3, 4, 5), 1, torch.Generator())


def test_axes_that_should_be_equal() -> None:
    q, k = torch.zeros(2, 3, 4, 8), torch.zeros(2, 3, 2, 8)
    hidden = torch.zeros(3, 1, 3, dtype=torch.bool)
    assert attend(q, k, k, None, hidden).shape == (2, 3, 32)
    with pytest.raises(TypeCheckError):
        attend(q, k, k[..., :4], None, hidden)


def test_wrong_kind_of_number(tiny_model: Any) -> None:
    with pytest.raises(TypeCheckError):
        tiny_model.adapter.logits(torch.zeros(2, 32, dtype=torch.long))


def test_plain_types_too(tiny_model: Any) -> None:
    with pytest.raises(TypeCheckError):
        tiny_model.chat_ids(5)
