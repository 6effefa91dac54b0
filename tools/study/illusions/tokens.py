"""Illusions of input: a second start token, padding that is read as text."""

import torch

from ...model import Model
from .passes import TEXTS, logits, stream, token
from .types import Illusion


def double_start(model: Model) -> Illusion:
    """A second start token moves answers, and is taken for an effect of the prompt."""
    text = "The capital of France is"
    ids = model.text_ids(text, bos=False)
    start = model.bos_id if model.bos_id is not None else ids[0]
    # A prompt format holds the start token as text, as chat templates do.
    formatted = model.text_ids(model.tokenizer.decode([start]) + text, bos=False)
    paris = token(model, " Paris")

    def p(tokens: list[int]) -> float:
        return float(logits(model, tokens).softmax(-1)[paris])

    once, twice, right = p([start, *ids]), p([start, *formatted]), p(formatted)
    return Illusion(
        id="double-start",
        claim="Our prompt format changes how sure the model is of Paris.",
        seen=abs(twice - once),
        seen_as="change of p(Paris) between a text with one and with two start tokens",
        control=abs(right - once),
        control_as="the same comparison when the tokenizer adds none to the format's own",
        rule="a change of five percentage points would be reported; none is what rounding leaves",
        appears=abs(twice - once) > 0.05,
        dies=abs(right - once) < 1e-4,
    )


def padding_as_text(model: Model) -> Illusion:
    """Left padding without a mask changes every answer of a batch."""
    short = model.text_ids("The capital of France is", bos=False)
    pad = model.tokenizer.pad_token_id
    filled = [pad if pad is not None else 0] * 8 + short
    truth = logits(model, short).log_softmax(-1)

    def far(mask: bool) -> float:
        named = {"input_ids": torch.tensor([filled], device=model.device)}
        if mask:
            kept = torch.tensor([[0] * 8 + [1] * len(short)], device=model.device)
            named |= {"attention_mask": kept, "position_ids": (kept.cumsum(-1) - 1).clamp(min=0)}
        with torch.no_grad():
            got = model.hf(**named, use_cache=False).logits[0, -1].float().log_softmax(-1)
        return float((truth.exp() * (truth - got)).sum())

    bare, masked = far(False), far(True)
    return Illusion(
        id="padding-as-text",
        claim="The model answers differently in a batch with longer texts.",
        seen=bare,
        seen_as="KL (nats) between the answer alone and left-padded without a mask",
        control=masked,
        control_as="with attention mask and positions",
        rule="another answer is one nat away; none is what rounding leaves",
        appears=bare > 1,
        dies=masked < 1e-4,
    )


def long_first_token(model: Model) -> Illusion:
    """The first word of every text looks most important by the size of its state."""
    ids = [model.text_ids(t, bos=False) for t in TEXTS]

    def ratio(tokens: list[int], place: int) -> float:
        sizes = stream(model, tokens)[12].float().norm(dim=1)
        return float(sizes[place] / sizes[2:].median())

    seen = sum(ratio(i, 0) for i in ids) / len(ids)
    # The same words, no longer first.
    moved = sum(ratio([ids[(n + 1) % len(ids)][0], *i], 1) for n, i in enumerate(ids)) / len(ids)
    return Illusion(
        id="long-first-token",
        claim="The model weighs a text's first word most: its state is many times longer.",
        seen=seen,
        seen_as="length of the first token's state over the median, layer 12",
        control=moved,
        control_as="the same words when another token stands before them",
        rule="many times longer is an order of magnitude; the word is not the reason if another "
        "place takes an order of magnitude away",
        appears=seen > 10,
        dies=moved < seen / 10,
    )
