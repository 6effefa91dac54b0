"""Batched passes whose numbers equal one-by-one passes: sequences are grouped by exact length."""

from collections import defaultdict
from collections.abc import Callable, Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from ..model import Model

OnProgress = Callable[[int, int], None]


def by_length(sequences: list[list[int]], batch: int) -> Iterator[list[int]]:
    """Indices in groups of equal length, at most `batch` each, so that nothing is ever padded."""
    groups: dict[int, list[int]] = defaultdict(list)
    for index, sequence in enumerate(sequences):
        groups[len(sequence)].append(index)
    for length in sorted(groups):
        for start in range(0, len(groups[length]), batch):
            yield groups[length][start : start + batch]


@torch.inference_mode()
def last_logits(
    model: Model,
    sequences: list[list[int]],
    *,
    batch: int = 32,
    on_progress: OnProgress | None = None,
) -> Float[Tensor, "seq d_vocab"]:
    """Logits after the last token of each sequence.

    Args:
        model: The model.
        sequences: Token ids, none empty.
        batch: Sequences a pass.
        on_progress: Called with (done, total).

    Returns:
        Float32 logits on the CPU, soft-cap applied where the architecture has one.
    """
    out = torch.empty(len(sequences), model.d_vocab)
    done = 0
    for group in by_length(sequences, batch):
        ids = torch.tensor([sequences[i] for i in group], device=model.device)
        hidden = model.hf.base_model(input_ids=ids, use_cache=False).last_hidden_state[:, -1]
        out[group] = model.adapter.cap(model.adapter.head(hidden)).float().cpu()
        done += len(group)
        if on_progress:
            on_progress(done, len(sequences))
    return out


@torch.inference_mode()
def all_logits(model: Model, ids: list[int]) -> Float[Tensor, "pos d_vocab"]:
    """Float32 logits at every position of one sequence."""
    out = model.hf(input_ids=torch.tensor([ids], device=model.device), use_cache=False)
    return out.logits[0].float().cpu()  # type: ignore[no-any-return]


@torch.inference_mode()
def sequence_log_prob(
    model: Model, prompts: list[list[int]], continuations: list[list[int]], *, batch: int = 32
) -> Float[Tensor, "seq"]:
    """Natural log probability of each continuation after its prompt.

    Args:
        model: The model.
        prompts: Token ids, none empty.
        continuations: Token ids; an empty one scores 0.
        batch: Sequences a pass.
    """
    whole = [p + c for p, c in zip(prompts, continuations, strict=True)]
    out = torch.zeros(len(whole))
    for group in by_length(whole, batch):
        ids = torch.tensor([whole[i] for i in group], device=model.device)
        logits = model.hf(input_ids=ids, use_cache=False).logits.float().log_softmax(-1)
        for row, index in enumerate(group):
            start = len(prompts[index])
            targets = ids[row, start:]
            picked = logits[row, start - 1 : -1].gather(-1, targets[:, None])
            out[index] = picked.sum().cpu()
    return out
