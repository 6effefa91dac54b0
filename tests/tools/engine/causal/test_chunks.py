"""Parts are halved once by an allocation that really fails; other errors are passed on."""

import pytest
import torch

from mechmentor.tools.engine.causal.chunks import in_chunks
from mechmentor.tools.spec import Refusal


def failing(most: int, sizes: list[int]):
    def run(rows):
        sizes.append(len(rows))
        if len(rows) > most:
            torch.empty(1 << 46)
        return torch.tensor(rows)

    return run


def test_an_allocation_that_fails_halves_the_parts_once():
    sizes: list[int] = []
    found = [row for row, _ in in_chunks(list(range(8)), lambda _: 1, 8, failing(4, sizes))]
    assert found == list(range(8))
    assert sizes == [8, 4, 4]
    with pytest.raises(Refusal, match="halved once"):
        list(in_chunks(list(range(8)), lambda _: 1, 8, failing(2, [])))


def test_other_errors_are_passed_on():
    def broken(_):
        raise RuntimeError("shapes do not fit")

    with pytest.raises(RuntimeError, match="shapes do not fit"):
        list(in_chunks([1], lambda _: 1, 8, broken))
