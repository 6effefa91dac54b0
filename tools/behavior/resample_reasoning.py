"""Which sentence of a chain of reasoning decides the answer: resample before and after it."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from pydantic import Field

from ..engine.sampling import generate
from ..spec import Args, Control, Data, Frozen, Refusal, Result, tool
from ..views import Bars
from ..workbench import Workbench

BATCH = 32
SHUFFLES = 500
_SENTENCE = re.compile(r"\S.*?(?:[.!?](?=\s|$)|\n|$)", re.S)
# From a text that the model goes on from to the answers of so many continuations.
Sampler = Callable[[str, int], list[str]]


class ResampleReasoningArgs(Args):
    """A question, its chain of reasoning, and how often each start is continued."""

    prompt: str = Field(
        "Tom has 3 apples and buys 4 more. How many apples does he have? Think step by step.",
        min_length=1,
        max_length=4000,
        description="User message",
    )
    reasoning: str | None = Field(
        None,
        max_length=4000,
        description="The chain of reasoning; without it the target's own greedy one",
    )
    answer: str = Field(
        r"-?\d+(?:\.\d+)?",
        min_length=1,
        max_length=200,
        description="Regular expression; its last match in a reply is the answer",
    )
    n: int = Field(12, ge=4, le=64, description="Continuations from each sentence boundary")
    temperature: float = Field(0.8, gt=0, le=2, description="Of the continuations")
    max_new_tokens: int = Field(80, ge=8, le=512, description="Longest continuation, in tokens")
    draw: int = Field(0, ge=0, le=10000, description="Another draw of the same experiment")


class Sentence(Frozen):
    """A sentence and how far it moves the answers."""

    text: str
    importance: float = Field(ge=0, le=1, description="Total variation: answers before v after it")
    p: float = Field(gt=0, le=1, description="Share of shuffles in which any sentence reached this")
    answer_after: str = Field(description="Most common answer once it stands; '' for none")


class ResampleReasoningData(Data):
    """Sentences in order, and the band of exchanged continuations."""

    sentences: list[Sentence]
    answer: str = Field(description="Most common answer after the last sentence")
    top_importance: float = Field(ge=0, le=1)
    shuffled_95: float = Field(ge=0, le=1, description="95% of the largest importance by shuffling")
    n: int = Field(ge=1, description="Continuations from each boundary")


@tool(access="chat")
def resample_reasoning(
    bench: Workbench, args: ResampleReasoningArgs
) -> Result[ResampleReasoningData]:
    """Measure which sentence of a chain of reasoning decides the answer, by continuing from it.

    The importance of a sentence is how far the distribution of answers moves between going on
    before it and after it (total variation). Control: continuations exchanged at random between
    the two sides, the largest sentence chosen again. It speaks of the target alone: a base plays
    no part, so a target equal to its base may well show an effect.

    Misleads:
        A sentence may look important because going on from it is unlike the model's own
        text; it speaks of answers, not of what was computed.
    """
    try:
        pattern = re.compile(args.answer)
    except re.error as error:
        raise Refusal("bad_args", f"answer is no regular expression: {error}", r"-?\d+") from None
    generator = bench.generator("resample_reasoning", args)
    text = args.reasoning if args.reasoning is not None else _greedy(bench, args)
    sentences = split(text)
    if not sentences:
        raise Refusal("bad_args", "the reasoning has no sentence", "give reasoning=…")

    def sample(start: str, count: int) -> list[str]:
        ids = bench.target.chat_ids(args.prompt, prefill=start)
        out = generate(
            bench.target,
            [ids] * count,
            max_new_tokens=args.max_new_tokens,
            temperature=args.temperature,
            generator=generator,
            batch=BATCH,
        )
        return [last_match(pattern, start + bench.target.decode(reply)) for reply in out]

    found = importances(
        sentences, sample, args.n, generator, lambda i, n: bench.progress(i, n, "boundaries")
    )
    rows = [
        Sentence(text=s, importance=v, p=p, answer_after=a)
        for s, v, p, a in zip(sentences, found.values, found.p, found.answers, strict=True)
    ]
    top = max(rows, key=lambda row: row.importance)
    beyond = top.importance > found.limit
    figures = (
        f"“{top.text.strip()[:80]}” moves the answers by {top.importance:.2f} "
        f"(shuffled: 95% at most {found.limit:.2f})"
    )
    return Result(
        summary=f"The sentence that decides: {figures}."
        if beyond
        else f"No effect beyond control: the most important is {figures}.",
        data=ResampleReasoningData(
            sentences=rows,
            answer=found.answers[-1],
            top_importance=top.importance,
            shuffled_95=found.limit,
            n=args.n,
        ),
        control=Control(
            what=f"continuations before and after each sentence exchanged at random, {SHUFFLES} "
            "times, the largest sentence chosen again",
            numbers={"top_importance": top.importance, "shuffled_95": found.limit},
            beyond=beyond,
        ),
        view=Bars(
            title="How far each sentence moves the answer",
            caption="total variation of the answers; band: exchanged continuations",
            names=[f"{i}. {row.text.strip()[:60]}" for i, row in enumerate(rows, start=1)],
            values=[row.importance for row in rows],
            band=(0.0, found.limit),
            unit="0 to 1",
        ),
    )


@dataclass(frozen=True)
class Importances:
    """Importance, p over shuffles and commonest answer of each sentence; 95% of shuffled maxima."""

    values: list[float]
    p: list[float]
    answers: list[str]
    limit: float


def importances(
    sentences: Sequence[str],
    sample: Sampler,
    n: int,
    generator: torch.Generator,
    on_boundary: Callable[[int, int], None] = lambda done, total: None,
) -> Importances:
    """Continue from every boundary and compare neighbours.

    Args:
        sentences: Joined they are the reasoning, spaces included.
        sample: Gives the answers of continuations from a start.
        n: Continuations from each boundary.
        generator: For the shuffles.
        on_boundary: Told (boundaries done, boundaries).
    """
    starts = ["".join(sentences[:i]) for i in range(len(sentences) + 1)]
    answers = []
    for i, start in enumerate(starts):
        answers.append(sample(start, n))
        on_boundary(i + 1, len(starts))
    values = [variation(a, b) for a, b in pairwise(answers)]
    maxima = []
    for _ in range(SHUFFLES):
        moved = []
        for a, b in pairwise(answers):
            both = a + b
            order = torch.randperm(len(both), generator=generator).tolist()
            moved.append(variation([both[i] for i in order[:n]], [both[i] for i in order[n:]]))
        maxima.append(max(moved))
    limit = float(torch.tensor(maxima, dtype=torch.float64).quantile(0.95))
    p = [(1 + sum(m >= v - 1e-12 for m in maxima)) / (SHUFFLES + 1) for v in values]
    common = [Counter(side).most_common(1)[0][0] for side in answers[1:]]
    return Importances(values, p, common, limit)


def variation(one: Sequence[str], other: Sequence[str]) -> float:
    """Total variation distance of two samples: 0 for equal shares, 1 for nothing in common."""
    a, b = Counter(one), Counter(other)
    return sum(abs(a[x] / len(one) - b[x] / len(other)) for x in a | b) / 2


def split(text: str) -> list[str]:
    """Sentences with the spaces before them, so that joined they are the text without its end."""
    ends = [match.end() for match in _SENTENCE.finditer(text)]
    pieces = [text[a:b] for a, b in zip([0, *ends], ends, strict=False)]
    return [piece for piece in pieces if piece.strip()]


def last_match(pattern: re.Pattern[str], text: str) -> str:
    """The last match in a text; '' where there is none."""
    found = [match[0] for match in pattern.finditer(text)]
    return found[-1] if found else ""


def _greedy(bench: Workbench, args: ResampleReasoningArgs) -> str:
    ids = bench.target.chat_ids(args.prompt)
    reply = generate(bench.target, [ids], max_new_tokens=args.max_new_tokens)[0]
    return bench.target.decode(reply).strip()
