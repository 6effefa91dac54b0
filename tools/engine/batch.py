"""Plain forward passes over many prompts of different length."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ..model import Model
from ..spec import Refusal

OnProgress = Callable[[int, int], None]
# Eager attention holds heads × tokens² floats a row: longer prompts go in smaller batches.
TOKENS = 8192


def batches(lengths: list[int], size: int, tokens: int = TOKENS) -> Iterator[list[int]]:
    """Indices in batches of like length, longest first, so that little of a batch is padding.

    Args:
        lengths: Length of each sequence.
        size: Most sequences in a batch.
        tokens: Most tokens in a batch of more than one sequence, padding included.
    """
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    start = 0
    while start < len(order):
        width = max(1, lengths[order[start]])
        count = max(1, min(size, tokens // width))
        yield order[start : start + count]
        start += count


@torch.no_grad()
def last_logits(
    model: Model,
    sequences: list[list[int]],
    *,
    batch: int = 32,
    on_progress: OnProgress | None = None,
) -> Float[Tensor, "seq d_vocab"]:
    """Logits after the last token of each sequence, float32 on the CPU.

    Padding stands to the right, where causal attention never looks, so no mask is needed and the
    numbers are those of one pass a sequence.
    """
    check_lengths(model, sequences)
    out = torch.empty(len(sequences), model.d_vocab)
    done = 0
    for part in batches([len(s) for s in sequences], batch):
        hidden = final_hidden(model, [sequences[i] for i in part])
        last = torch.tensor([len(sequences[i]) - 1 for i in part], device=hidden.device)
        rows = hidden[torch.arange(len(part), device=hidden.device), last]
        out[part] = model.adapter.unembed(rows).float().cpu()
        done += len(part)
        if on_progress:
            on_progress(done, len(sequences))
    return out


@torch.no_grad()
def all_logits(model: Model, ids: list[int]) -> Float[Tensor, "pos d_vocab"]:
    """Logits after every token of one sequence, float32 on the CPU."""
    check_lengths(model, [ids])
    return model.adapter.unembed(final_hidden(model, [ids])[0]).float().cpu()


@torch.no_grad()
def sequence_log_prob(
    model: Model,
    prompts: list[list[int]],
    continuations: list[list[int]],
    *,
    batch: int = 32,
) -> Float[Tensor, "seq"]:
    """Log probability (nats) of each continuation after its prompt, summed over its tokens.

    Raises:
        Refusal: `bad_args`, if a prompt is empty: its first token would have no probability.
    """
    pairs = list(zip(prompts, continuations, strict=True))
    whole = [prompt + continuation for prompt, continuation in pairs]
    check_lengths(model, prompts)
    check_lengths(model, whole)
    out = torch.zeros(len(pairs), dtype=torch.float64)
    for part in batches([len(s) for s in whole], batch):
        hidden = final_hidden(model, [whole[i] for i in part])
        for row, i in enumerate(part):
            prompt, continuation = pairs[i]
            if continuation:
                at = hidden[row, len(prompt) - 1 : len(whole[i]) - 1]
                logp = model.adapter.unembed(at).float().log_softmax(-1)
                wanted = torch.tensor(continuation, device=logp.device)[:, None]
                out[i] = float(logp.gather(1, wanted).double().sum())
    return out.float()


def final_hidden(
    model: Model, sequences: list[list[int]], known: Any = None
) -> Float[Tensor, "seq pos d_model"]:
    """What the final norm gives at each position; positions past a sequence's end are padding.

    Args:
        model: The model.
        sequences: Token ids.
        known: A cache of what stands before each sequence; it is added to.
    """
    width = max(map(len, sequences))
    rows = [s + [0] * (width - len(s)) for s in sequences]
    ids = torch.tensor(rows, device=model.device)
    out = model.adapter.body(input_ids=ids, past_key_values=known, use_cache=known is not None)
    return out.last_hidden_state  # type: ignore[no-any-return]


def check_lengths(model: Model, sequences: list[list[int]]) -> None:
    """Refuse empty prompts and those that are longer than the model's positions.

    Raises:
        Refusal: `bad_args` or `model_limit`.
    """
    if any(not s for s in sequences):
        raise Refusal("bad_args", "a prompt is empty", "give at least one token")
    most = getattr(model.hf.config, "max_position_embeddings", None)
    longest = max(map(len, sequences), default=0)
    if most is not None and longest > most:
        raise Refusal(
            "model_limit",
            f"{longest} tokens, {model.name} takes at most {most}",
            "give a shorter text",
        )
