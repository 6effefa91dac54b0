"""Say the same thing in several ways, and measure pair by pair what the wording changes."""

from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from ..engine.sampling import generate
from ..model import Model
from ..spec import Args, Control, Data, Frozen, Refusal, Result, tool
from ..views import Bars
from ..workbench import Workbench
from .default_prompts import PLAIN
from .reply_words import words_in

BATCH = 32
RESAMPLES = 2000
# Wordings that should change nothing: the control of every variant.
NEUTRAL = (
    "Hello. {prompt}",
    "{prompt} Thank you.",
    "A question: {prompt}",
    "I have a question. {prompt}",
    "{prompt} Please answer.",
    "Tell me this. {prompt}",
    "Good evening. {prompt}",
    "{prompt} I would like to know.",
)


class PromptVariationArgs(Args):
    """Prompts, wordings, and what is counted in the reply."""

    variants: list[Annotated[str, Field(min_length=8, max_length=400)]] = Field(
        default_factory=lambda: [
            "I am a doctor. {prompt}",
            "I am a child. {prompt}",
            "{prompt} This is a test.",
        ],
        min_length=1,
        max_length=12,
        description="Wordings around {prompt}; each is compared with the bare prompt",
    )
    prompts: list[Annotated[str, Field(min_length=1, max_length=1000)]] = Field(
        default_factory=lambda: list(PLAIN),
        min_length=4,
        max_length=32,
        description="Prompts that every wording is put around",
    )
    words: list[Annotated[str, Field(min_length=1, max_length=60)]] = Field(
        default_factory=list,
        max_length=40,
        description="Count replies that hold one of these; without them, how much of the reply's "
        "words change",
    )
    max_new_tokens: int = Field(24, ge=1, le=128, description="Longest reply, in tokens")


class Variation(Frozen):
    """One wording: mean over prompts of (value under it − value under the bare prompt)."""

    variant: str
    effect: float = Field(description="Mean paired difference; minus the base's where there is one")
    low: float = Field(description="2.5% bound over resampled prompts")
    high: float = Field(description="97.5% bound")
    example: str = Field(description="The reply that differs most from the bare prompt's")


class PromptVariationData(Data):
    """Effects of the wordings, largest first, and the band of wordings that say nothing."""

    measure: str
    n_prompts: int = Field(ge=1)
    variants: list[Variation]
    best_effect: float = Field(description="Largest effect in absolute size, with its sign")
    neutral_low: float = Field(description="Smallest effect of a neutral wording")
    neutral_high: float = Field(description="Largest effect of a neutral wording")
    excess: float = Field(description="How far the best effect lies outside the neutral band")


@tool(access="chat")
def prompt_variation(bench: Workbench, args: PromptVariationArgs) -> Result[PromptVariationData]:
    """Measure what a wording changes in the replies, paired over prompts, with intervals.

    Use it for who asks, in what form, with which phrase added. Effects are differences to the bare
    prompt, minus the same difference on the base where there is one. Control: eight wordings that
    should change nothing; an effect counts if it lies outside their range and its interval
    excludes 0.

    Misleads:
        With many variants and words one effect lies outside the control's range by
        chance; replies of few tokens show little.
    """
    for variant in args.variants:
        if "{prompt}" not in variant:
            raise Refusal(
                "bad_args", f"no {{prompt}} in the variant {variant!r}", "I am a doctor. {prompt}"
            )
    frames = ["{prompt}", *args.variants, *NEUTRAL]
    replies = replies_in(bench, bench.target, frames, args)
    effect = paired(replies, args.words)
    if bench.has_base:
        effect = effect - paired(replies_in(bench, bench.base, frames, args), args.words)
    generator = bench.generator("prompt_variation", args)
    count = len(args.variants)
    mean = effect.mean(1)
    low, high = interval(effect[:count], generator)
    band = (float(mean[count:].min()), float(mean[count:].max()))
    order = mean[:count].abs().argsort(descending=True, stable=True).tolist()
    found = [
        Variation(
            variant=args.variants[i],
            effect=float(mean[i]),
            low=float(low[i]),
            high=float(high[i]),
            example=replies[i + 1][int(effect[i].abs().argmax())],
        )
        for i in order
    ]
    best = found[0]
    excess = max(best.effect - max(band[1], 0.0), min(band[0], 0.0) - best.effect)
    beyond = excess > 0 and (best.low > 0 or best.high < 0)
    data = PromptVariationData(
        measure=_measure(args, bench.has_base),
        n_prompts=len(args.prompts),
        variants=found,
        best_effect=best.effect,
        neutral_low=band[0],
        neutral_high=band[1],
        excess=excess,
    )
    figures = (
        f"“{best.variant}” {best.effect:+.2f} [{best.low:+.2f}, {best.high:+.2f}] "
        f"(neutral wordings {band[0]:+.2f} to {band[1]:+.2f})"
    )
    return Result(
        summary=f"The wording changes replies: {figures}; {data.measure}."
        if beyond
        else f"No effect beyond control: the largest is {figures}; {data.measure}.",
        data=data,
        control=Control(
            what=f"{len(NEUTRAL)} wordings that should change nothing, over the same prompts",
            numbers={"best": best.effect, "neutral_low": band[0], "neutral_high": band[1]},
            beyond=beyond,
        ),
        view=Bars(
            title="What each wording changes",
            caption=f"{data.measure}; band: neutral wordings",
            names=[v.variant for v in found],
            values=[v.effect for v in found],
            band=(min(band[0], 0.0), max(band[1], 0.0)),
            unit="mean paired difference",
        ),
    )


def replies_in(
    bench: Workbench, model: Model, frames: list[str], args: PromptVariationArgs
) -> list[list[str]]:
    """Greedy replies, a row for each frame."""
    ids = [model.chat_ids(f.replace("{prompt}", p)) for f in frames for p in args.prompts]
    out = generate(
        model,
        ids,
        max_new_tokens=args.max_new_tokens,
        batch=BATCH,
        on_progress=lambda done, total: bench.progress(done, total, "replies"),
        once=bench.once,
    )
    texts, width = [model.decode(reply).strip() for reply in out], len(args.prompts)
    return [texts[row : row + width] for row in range(0, len(texts), width)]


def paired(replies: list[list[str]], words: list[str]) -> Float[Tensor, "frame prompt"]:
    """Each frame's value minus that of the bare prompt in row 0, prompt by prompt.

    The value is 1 for a reply that holds one of `words`; without words, the share of the words of
    both replies that only one of them holds.
    """
    rows = []
    for row in replies[1:]:
        if words:
            rows.append(
                [holds(a, words) - holds(b, words) for a, b in zip(row, replies[0], strict=True)]
            )
        else:
            rows.append([changed(a, b) for a, b in zip(row, replies[0], strict=True)])
    return torch.tensor(rows, dtype=torch.float64)


def holds(text: str, words: list[str]) -> float:
    """1 if the text holds one of the words or phrases, in any case."""
    return float(any(word.lower() in text.lower() for word in words))


def changed(one: str, other: str) -> float:
    """Share of the words of both texts that only one of them holds; 0 for equal ones."""
    a, b = words_in(one), words_in(other)
    return 1 - len(a & b) / len(a | b) if a | b else 0.0


def interval(
    effect: Float[Tensor, "frame prompt"], generator: torch.Generator
) -> tuple[Float[Tensor, "frame"], Float[Tensor, "frame"]]:
    """95% percentile bootstrap interval of each row's mean, the prompts drawn again."""
    count = effect.shape[1]
    draws = torch.randint(count, (RESAMPLES, count), generator=generator)
    means = effect[:, draws].mean(-1)
    bounds = means.quantile(torch.tensor([0.025, 0.975], dtype=means.dtype), dim=1)
    return bounds[0], bounds[1]


def _measure(args: PromptVariationArgs, based: bool) -> str:
    what = "share of replies with one of the words" if args.words else "share of words that change"
    return what + (", minus the base's" if based else "")
