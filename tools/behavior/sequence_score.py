"""Log probabilities of whole continuations, beside the base's and beside unrelated prompts."""

from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from ..engine.batch import sequence_log_prob
from ..engine.swap_words import swap_words
from ..model import Model
from ..spec import Args, Control, Data, Frozen, WhiteBox, tool
from ..views import Bars
from ..workbench import Workbench
from .other_prompts import mean_of_others

DRAWS = 8
_NOISE = 1e-3  # nats a token; below this two passes of one model may differ


class SequenceScoreArgs(Args):
    """A prompt, and whole replies to compare."""

    prompt: str = Field(
        "What is the capital of France?", min_length=1, max_length=8000, description="User message"
    )
    continuations: list[Annotated[str, Field(min_length=1, max_length=2000)]] = Field(
        default_factory=lambda: [
            "The capital of France is Paris.",
            "The capital of France is Rome.",
        ],
        min_length=1,
        max_length=64,
        description="Replies to score, of any length",
    )
    system: str | None = Field(
        None, max_length=4000, description="System prompt; absent leaves the template's default"
    )


class Score(Frozen):
    """One continuation; log probabilities in nats."""

    text: str
    n_tokens: int = Field(ge=1)
    logp: float = Field(le=0, description="Sum over its tokens")
    per_token: float = Field(le=0, description="Mean over its tokens")
    reference: float = Field(description="Mean over its tokens: base, or swapped prompts")
    effect: float = Field(description="per_token − reference")
    swapped_effect: float = Field(description="Median effect after prompts with other words")


class SequenceScoreData(Data):
    """Scores, largest effect first."""

    reference: str = Field(description="What is subtracted")
    scores: list[Score]
    best: str = Field(description="Continuation with the largest effect")
    best_effect: float = Field(description="Its effect, nats a token")
    swapped_max: float = Field(description="Largest effect of any, after prompts with other words")


@tool(access="target")
def sequence_score(bench: Workbench, args: SequenceScoreArgs) -> WhiteBox[SequenceScoreData]:
    """Score whole replies by their log probability, as target minus base where there is a base.

    Unlike next_token it compares replies of different length, by nats a token. Control: the same
    replies after prompts with other words, the best chosen again at each; what stays there is a
    general taste for the reply and no answer to this prompt.

    Misleads:
        Nats a token favour long replies of easy words; a high score is a taste for the
        wording as much as for what it says.
    """
    generator = bench.generator("sequence_score", args)
    prompts = [args.prompt, *(swap_words(args.prompt, generator) for _ in range(DRAWS))]
    sums, lengths = score(bench.target, prompts, args)
    mine = sums / lengths
    if bench.has_base:
        base, base_lengths = score(bench.base, prompts, args)
        reference, what = base / base_lengths, "the base"
    else:
        reference, what = mean_of_others(mine), "swapped prompts"
    effect = mine - reference
    swapped = float(effect[1:].max())
    order = effect[0].argsort(descending=True, stable=True).tolist()
    scores = [
        Score(
            text=args.continuations[i],
            n_tokens=int(lengths[i]),
            logp=min(float(sums[0, i]), 0.0),
            per_token=min(float(mine[0, i]), 0.0),
            reference=float(reference[0, i]),
            effect=float(effect[0, i]),
            swapped_effect=float(effect[1:, i].median()),
        )
        for i in order
    ]
    best = scores[0]
    beyond = best.effect > max(swapped, 0.0) + _NOISE
    figures = (
        f"“{best.text[:60]}” {best.effect:+.2f} nats a token over {what} "
        f"(other words: at most {swapped:+.2f})"
    )
    return WhiteBox(
        summary=f"Favoured most: {figures}."
        if beyond
        else f"No effect beyond control: the best is {figures}.",
        data=SequenceScoreData(
            reference=what,
            scores=scores,
            best=best.text,
            best_effect=best.effect,
            swapped_max=swapped,
        ),
        control=Control(
            what=f"largest effect of any continuation after {DRAWS} prompts with other words",
            numbers={"best_effect": best.effect, "swapped_max": swapped},
            beyond=beyond,
        ),
        view=Bars(
            title="Replies by log probability a token",
            caption=f"minus {what}; control: median after prompts with other words",
            names=[s.text[:60] for s in scores],
            values=[s.effect for s in scores],
            control=[s.swapped_effect for s in scores],
            unit="nats a token",
        ),
    )


def score(
    model: Model, prompts: list[str], args: SequenceScoreArgs
) -> tuple[Float[Tensor, "prompt text"], Float[Tensor, "text"]]:
    """Sums of log p (nats) of each continuation after each prompt, and its length in tokens."""
    heads = [model.chat_ids(prompt, system=args.system) for prompt in prompts]
    texts = [model.text_ids(text, bos=False) for text in args.continuations]
    pairs = [(head, text) for head in heads for text in texts]
    sums = sequence_log_prob(model, [head for head, _ in pairs], [text for _, text in pairs])
    lengths = torch.tensor([len(text) for text in texts], dtype=torch.float64)
    return sums.double().reshape(len(heads), len(texts)), lengths
