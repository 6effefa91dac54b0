"""Where heads look: scores on repeated random tokens for all heads, patterns of chosen ones."""

from typing import Literal, get_args

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from ..engine.components.attention import at_offset, random_tokens, watch_attention
from ..engine.components.names import Component, component
from ..engine.prompt_ids import prompt_ids
from ..model import Model
from ..spec import Args, Control, Data, Frozen, Refusal, WhiteBox, tool
from ..views import HeatMap
from ..workbench import Workbench

DRAWS = 8  # sequences without repetition
_LISTED = 6  # strongest pairs of tokens of each chosen head
Score = Literal["induction", "previous_token", "duplicate_token"]
SCORES: tuple[Score, ...] = get_args(Score)


class AttentionHeadsArgs(Args):
    """Which score is asked about, or which heads' patterns are shown."""

    score: Score = Field(
        "induction",
        description="induction: to the token after an earlier copy of this one; previous_token; "
        "duplicate_token: to the earlier copy",
    )
    heads: list[str] = Field(
        default_factory=list,
        max_length=6,
        description="Heads whose patterns on `prompt` are shown, such as L5H3; none: all scores",
    )
    prompt: str = Field(
        "When Mary and John went to the store, John gave a drink to",
        max_length=1000,
        description="Text or user message, for the patterns",
    )
    chat: bool = Field(False, description="Wrap the prompt in the chat template")
    length: int = Field(24, ge=8, le=128, description="Random tokens before they are repeated")
    sequences: int = Field(4, ge=1, le=32, description="Repeated sequences that are averaged")
    top: int = Field(5, ge=1, le=30, description="How many heads are listed a score")


class HeadScore(Frozen):
    """Mean attention of one head to where the score looks."""

    head: str
    value: float = Field(ge=0, le=1.001)
    control_high: float = Field(description="This head's highest in any control sequence")


class ScoreTop(Frozen):
    """The best heads by one score."""

    score: Score
    ceiling: float = Field(description="Highest of any head in any control sequence")
    n_beyond: int = Field(ge=0, description="Heads above that ceiling")
    heads: list[HeadScore] = Field(description="Highest first")


class Look(Frozen):
    """One token looking at another."""

    query: str
    key: str
    weight: float
    control: float = Field(description="At these positions, mean over random prompts")


class HeadPattern(Frozen):
    """What stands out in one head's pattern."""

    head: str
    first_position: float = Field(description="Share that rests on the first token")
    looks: list[Look] = Field(description="Furthest above the control; the first token left out")


class AttentionHeadsData(Data):
    """Scores of heads, and patterns of the chosen ones."""

    n_layers: int = Field(ge=1)
    n_heads: int = Field(ge=1, description="Heads a layer")
    best_head: str = Field(description="By the score asked about, among the chosen heads if any")
    best_value: float
    control_best: float = Field(description="The same choice in the control sequences")
    scores: list[ScoreTop]
    patterns: list[HeadPattern]


@tool(access="target")
def attention_heads(bench: Workbench, args: AttentionHeadsArgs) -> WhiteBox[AttentionHeadsData]:
    """Score all heads for induction, previous and duplicate tokens, or show chosen patterns.

    Random tokens stand twice in a row, so that only copying can tell what comes. Control: the same
    offsets in sequences without repetition, best head chosen again; for previous_token random other
    offsets. Patterns stand beside the mean pattern on random tokens.

    Misleads:
        Where a head looks is not what it moves; many heads look at the first token when
        they have nothing to do.
    """
    model = bench.target
    chosen = list(dict.fromkeys(_head(model, name) for name in args.heads))
    generator = bench.generator("attention_heads", args)
    bench.progress(0, 2, "random tokens")
    found, control = head_scores(model, args.length, args.sequences, generator)
    bench.progress(1, 2, "random tokens")
    which = SCORES.index(args.score)
    scored = chosen or [Component(i, "head", j) for i, j in _grid(model)]
    values = torch.tensor([float(found[which, c.layer, c.index]) for c in scored])
    band = torch.stack([control[:, which, c.layer, c.index] for c in scored])
    best, ceiling = int(values.argmax()), float(band.max())
    patterns: list[HeadPattern] = []
    warnings: list[str] = []
    view = _map(model, args.score, found[which], control[:, which])
    if chosen:
        ids, warnings = prompt_ids(model, args.prompt, chat=args.chat)
        own, beside = prompt_patterns(model, ids, chosen, generator)
        tokens = [model.token_text(i) for i in ids]
        rows = list(zip(chosen, own, beside, strict=True))
        patterns = [_pattern(str(c), a, b, tokens) for c, a, b in rows]
        view = _drawn(chosen, own, beside, tokens)
    data = AttentionHeadsData(
        n_layers=model.n_layers,
        n_heads=model.n_heads,
        best_head=str(scored[best]),
        best_value=float(values[best]),
        control_best=ceiling,
        scores=[
            _top(model, s, found[i], control[:, i], args.top, chosen) for i, s in enumerate(SCORES)
        ],
        patterns=patterns,
    )
    beyond = data.best_value > ceiling
    return WhiteBox(
        summary=_sentence(data, args.score, beyond, len(values)),
        data=data,
        control=Control(
            what=_what(args.score) + (", best head chosen again" if len(values) > 1 else ""),
            numbers={
                "best": ceiling,
                "median_best": float(band.amax(0).median()),
                "sequences": DRAWS,
            },
            beyond=beyond,
        ),
        warnings=warnings,
        view=view,
    )


def head_scores(
    model: Model, length: int, sequences: int, generator: torch.Generator
) -> tuple[Float[Tensor, "score layer head"], Float[Tensor, "draw score layer head"]]:
    """Mean attention on repeated sequences, and on each control sequence, in the order of SCORES.

    Source: Olsson et al., "In-context Learning and Induction Heads" (2022), prefix matching score.
    """
    twice = random_tokens(model, sequences, length, generator, copies=2)
    once = random_tokens(model, DRAWS, 2 * length, generator)
    offsets = torch.tensor([[length - 1, 1, length]])
    found = at_offset(model, twice, offsets.expand(sequences, -1), length + 1).mean(0)
    # A head that looks one token back does so without repetition too: there, others offsets count.
    others = offsets.repeat(DRAWS, 1)
    others[:, 1] = torch.randint(2, length, (DRAWS,), generator=generator)
    return found, at_offset(model, once, others, length + 1)


def prompt_patterns(
    model: Model, ids: list[int], heads: list[Component], generator: torch.Generator
) -> tuple[Float[Tensor, "part query key"], Float[Tensor, "part query key"]]:
    """Patterns on a prompt, and their mean on random tokens of the same length."""
    if len(ids) < 2:
        raise Refusal("bad_args", "the prompt is one token long", "give a longer prompt")
    rows = torch.cat([torch.tensor([ids]), random_tokens(model, DRAWS, len(ids) - 1, generator)])
    out = torch.empty(2, len(heads), len(ids), len(ids))

    def see(layer: int, weights: Tensor) -> None:
        for place, head in enumerate(heads):
            if head.layer == layer:
                out[0, place] = weights[0, head.index].cpu()
                out[1, place] = weights[1:, head.index].mean(0).cpu()

    watch_attention(model, rows, see)
    return out[0], out[1]


def _head(model: Model, name: str) -> Component:
    found = component(model, name)
    if found.kind != "head":
        raise Refusal("bad_args", f"{name!r} is not a head", "correct: L5H3")
    return found


def _grid(model: Model) -> list[tuple[int, int]]:
    return [(i, j) for i in range(model.n_layers) for j in range(model.n_heads)]


def _top(
    model: Model,
    score: Score,
    values: Float[Tensor, "layer head"],
    control: Float[Tensor, "draw layer head"],
    top: int,
    chosen: list[Component],
) -> ScoreTop:
    ceiling = float(control.max())
    order = values.flatten().argsort(descending=True, stable=True)[:top].tolist()
    places = [(c.layer, c.index) for c in chosen] or [divmod(i, model.n_heads) for i in order]
    return ScoreTop(
        score=score,
        ceiling=ceiling,
        n_beyond=int((values > ceiling).sum()),
        heads=[
            HeadScore(
                head=f"L{i}H{j}",
                value=float(values[i, j]),
                control_high=float(control[:, i, j].max()),
            )
            for i, j in places
        ],
    )


def _pattern(
    name: str,
    own: Float[Tensor, "query key"],
    beside: Float[Tensor, "query key"],
    tokens: list[str],
) -> HeadPattern:
    above = (own - beside)[1:, 1:]
    order = above.flatten().argsort(descending=True, stable=True)[:_LISTED].tolist()
    places = [divmod(i, above.shape[1]) for i in order]
    return HeadPattern(
        head=name,
        first_position=float(own[1:, 0].mean()),
        looks=[
            Look(
                query=tokens[q + 1],
                key=tokens[k + 1],
                weight=float(own[q + 1, k + 1]),
                control=float(beside[q + 1, k + 1]),
            )
            for q, k in places
        ],
    )


def _map(
    model: Model,
    score: Score,
    values: Float[Tensor, "layer head"],
    control: Float[Tensor, "draw layer head"],
) -> HeatMap:
    return HeatMap(
        title=f"{score.replace('_', ' ').capitalize()} score of every head",
        caption="Mean attention on repeated random tokens; control: each head's highest in "
        f"{DRAWS} sequences without repetition.",
        rows=[f"L{i}" for i in range(model.n_layers)],
        columns=[f"H{j}" for j in range(model.n_heads)],
        values=values.tolist(),
        control=control.amax(0).tolist(),
        row_title="layer",
        column_title="head",
        unit="share of attention",
    )


def _drawn(
    heads: list[Component],
    own: Float[Tensor, "part query key"],
    beside: Float[Tensor, "part query key"],
    tokens: list[str],
) -> HeatMap:
    """Patterns one below the other; keys after a query are never looked at, and stay empty."""

    def rows(patterns: Tensor) -> list[list[float | None]]:
        return [
            [value if key <= query else None for key, value in enumerate(row)]
            for pattern in patterns.tolist()
            for query, row in enumerate(pattern)
        ]

    return HeatMap(
        title=f"Attention of {', '.join(map(str, heads))}",
        caption=f"Control: mean pattern on {DRAWS} random prompts of the same length.",
        rows=[f"{head} {token}" for head in heads for token in tokens],
        columns=tokens,
        values=rows(own),
        control=rows(beside),
        row_title="looks from",
        column_title="to",
        unit="share of attention",
    )


def _what(score: Score) -> str:
    if score == "previous_token":
        return f"the same heads' attention to {DRAWS} random offsets that are not the previous one"
    return f"the same offset in {DRAWS} sequences of random tokens without repetition"


def _sentence(data: AttentionHeadsData, score: Score, beyond: bool, of: int) -> str:
    told = (
        f"{data.best_head} has the highest {score.replace('_', '-')} score of {of} head"
        f"{'' if of == 1 else 's'}, {data.best_value:.2f} (control: at most "
        f"{data.control_best:.2f})"
    )
    if not beyond:
        return f"No effect beyond control: {told}."
    top = next(s for s in data.scores if s.score == score)
    return f"{told}; {top.n_beyond} of the model's heads above every control."
