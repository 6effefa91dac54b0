"""Work in parts of bounded size; when memory runs out, the parts are halved once."""

from collections.abc import Callable, Iterator
from typing import TypeVar

import torch
from torch import Tensor

from ...spec import Refusal

Row = TypeVar("Row")


def in_chunks(
    rows: list[Row],
    vectors: Callable[[Row], int],
    held: int,
    run: Callable[[list[Row]], Tensor],
    on_progress: Callable[[int, int], None] = lambda _, __: None,
) -> Iterator[tuple[Row, Tensor]]:
    """Each row with what `run` gives for it.

    Args:
        rows: What is to be done, in an order in which like rows stand together.
        vectors: Vectors that a row holds while it runs.
        held: Most vectors that are held at a time; a single row may hold more.
        run: Computes a part of the rows: [row, out].
        on_progress: Called with (rows done, rows).

    Raises:
        Refusal: `model_limit`, if memory runs out again after the parts were halved once.
    """
    halved, done = False, 0
    while done < len(rows):
        chunk = _take(rows, done, vectors, held)
        try:
            found = run(chunk).float().cpu()
        except (RuntimeError, MemoryError) as error:
            if not _out_of_memory(error):
                raise
            if halved:
                raise Refusal(
                    "model_limit",
                    f"memory ran out with {held} vectors, after the batch was halved once",
                    "choose fewer cells, a shorter prompt or a smaller model",
                ) from None
            halved, held = True, max(1, min(held, sum(map(vectors, chunk))) // 2)
            continue
        yield from zip(chunk, found, strict=True)
        done += len(chunk)
        on_progress(done, len(rows))


def _out_of_memory(error: Exception) -> bool:
    """Allocations that fail on a CPU have no class of their own, only words."""
    kinds = (torch.OutOfMemoryError, MemoryError)
    words = ("you tried to allocate", "could not create a ")
    return isinstance(error, kinds) or any(w in str(error) for w in words)


def _take(rows: list[Row], begin: int, vectors: Callable[[Row], int], held: int) -> list[Row]:
    """As many rows as may be held, at least one."""
    total = 0
    for i in range(begin, len(rows)):
        total += vectors(rows[i])
        if i > begin and total > held:
            return rows[begin:i]
    return rows[begin:]
