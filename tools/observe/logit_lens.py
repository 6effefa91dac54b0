"""What each layer would say next: the residual stream read through final norm and unembedding."""

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from ..engine.prompt_ids import prompt_ids
from ..engine.residual import residual_stream
from ..engine.vocabulary import is_whole, matched_words, spellings
from ..model import Model
from ..spec import Args, Control, Data, Frozen, Refusal, WhiteBox, tool
from ..views import HeatMap
from ..workbench import Workbench

DRAWS = 16
_ROWS = 64  # rows of the unembedding product at a time: 64 × 50k floats are 13 MB
_TOLERANCE = {torch.float32: 1e-3}  # of the largest logit; lower precisions get 3e-2


class LogitLensArgs(Args):
    """Which prompt, and which words to follow."""

    prompt: str = Field(
        "The capital of France is", max_length=8000, description="User message, or raw text"
    )
    chat: bool = Field(True, description="Wrap the prompt in the chat template")
    prefill: str = Field("", max_length=2000, description="Start of the reply, or more raw text")
    track: list[str] = Field(
        default_factory=list, max_length=8, description="Words whose rank is followed by layer"
    )
    positions: int = Field(4, ge=1, le=32, description="How many of the last positions are read")


class TrackedWord(Frozen):
    """A followed word. Layer -1 is the embedding; ranks start at 1."""

    word: str
    tokens: list[int] = Field(description="Token ids of its spellings; the best one counts")
    whole: bool = Field(description="False if no single token spells it: its first token stands in")
    best_rank: int = Field(ge=1)
    best_layer: int = Field(ge=-1)
    best_position: str = Field(description="Token at the position of the best rank")
    final_rank: int = Field(ge=1, description="Rank in the model's own output, last position")
    final_logp: float = Field(le=0, description="Log p (nats) there, all spellings together")
    base_best_rank: int | None = Field(ge=1)
    ranks: list[int] = Field(description="Best rank over the positions: embedding, layer 0, …")
    logps: list[float] = Field(description="Largest log p (nats) over the positions, likewise")


class LogitLensData(Data):
    """The lens at the last position, and the followed words."""

    n_layers: int = Field(ge=1)
    n_tokens: int = Field(ge=1)
    final_norm: bool = Field(description="The final norm was applied at every layer")
    softcap: float | None = Field(
        description="Soft-cap applied to the logits, if the model has one"
    )
    max_error: float = Field(ge=0, description="Largest |last row of the lens − model's logits|")
    top_by_layer: list[str] = Field(description="Top token at the last position, embedding first")
    settled_layer: int = Field(ge=-1, description="From here on the top token is the final one")
    best_rank: int | None = Field(ge=1, description="Best rank of any followed word")
    best_layer: int | None = Field(ge=-1, description="Layer of that rank")
    control_best_rank: int | None = Field(ge=1, description="Best rank among all control draws")
    differs_from_base: float | None = Field(
        ge=0, le=1, description="Share of cells whose top token is not the base's"
    )
    tracked: list[TrackedWord]


@tool(access="target")
def logit_lens(bench: Workbench, args: LogitLensArgs) -> WhiteBox[LogitLensData]:
    """Read every layer through the final norm and the unembedding, at the last positions.

    Shows the top token of each layer; words in `track` are followed by rank and log p. A word that
    is hidden from the output may show in the middle. Control: random words of like frequency with
    layer and position chosen again, and the base's own lens where there is a base.

    Misleads:
        Early layers are not written for the unembedding: a word that is missing there may
        still be known, and one that shows may never be used.
    """
    model = bench.target
    ids, warnings = prompt_ids(model, args.prompt, chat=args.chat, prefill=args.prefill)
    last = min(args.positions, len(ids))
    stream, truth = residual_stream(model, ids, last)
    logits = lens_logits(model, stream)
    error = float((logits[-1] - truth).abs().max())
    if error > _TOLERANCE.get(model.dtype, 3e-2) * float(truth.abs().max().clamp(min=1)):
        raise Refusal(
            "numerical",
            f"the last row of the lens differs from the model's logits by {error:.3g}",
            "final norm or unembedding of this architecture is not read correctly; do not use it",
        )
    base = None
    if bench.has_base:
        base = lens_logits(bench.base, residual_stream(bench.base, ids, last)[0])
    columns = [model.token_text(i) for i in ids[-last:]]
    generator = bench.generator("logit_lens", args)
    ordered = logits.sort(-1).values if args.track else logits
    base_ordered = base.sort(-1).values if args.track and base is not None else None
    tracked = []
    for word in args.track:
        tokens = spellings(model, word)
        own = word_ranks(ordered, logits, tokens)
        other = None
        if base is not None and base_ordered is not None:
            other = int(word_ranks(base_ordered, base, tokens).min())
        whole = is_whole(model, word)
        tracked.append(
            _followed(
                word=word,
                tokens=tokens,
                whole=whole,
                ranks=own,
                logits=logits,
                columns=columns,
                base_best_rank=other,
            )
        )
    for t in tracked:
        if not t.whole:
            warnings.append(f"No single token spells {t.word!r}: its first token stands in for it.")
        if set(t.tokens) & set(ids[-last:]):
            warnings.append(f"{t.word!r} is itself read at one of these positions.")
    differs = None
    if base is not None:
        differs = float((logits.argmax(-1) != base.argmax(-1)).float().mean())
    draws = control_ranks(model, args.track, ordered, logits, generator)
    tops = logits.argmax(-1)
    view = _picture(model, logits, base, columns=columns, generator=generator)
    control, words = _judge(tracked, draws, differs, view)
    best = min(tracked, key=lambda t: t.best_rank, default=None)
    final = tops[:, -1] == tops[-1, -1]
    settled = int((~final).nonzero().max()) if not bool(final.all()) else -1
    return WhiteBox(
        summary=(
            f"{words} The top token {model.token_text(int(tops[-1, -1]))!r} stands from layer "
            f"{settled} on. Final norm applied at every layer."
        ),
        data=LogitLensData(
            n_layers=model.n_layers,
            n_tokens=len(ids),
            final_norm=True,
            softcap=model.adapter.softcap,
            max_error=error,
            top_by_layer=[model.token_text(int(i)) for i in tops[:, -1]],
            settled_layer=settled,
            best_rank=best.best_rank if best else None,
            best_layer=best.best_layer if best else None,
            control_best_rank=min(draws) if draws else None,
            differs_from_base=differs,
            tracked=tracked,
        ),
        control=control,
        warnings=warnings,
        view=view,
    )


@torch.no_grad()
def lens_logits(
    model: Model, stream: Float[Tensor, "row pos d_model"]
) -> Float[Tensor, "row pos d_vocab"]:
    """Logits that the final norm, the unembedding and the soft-cap make of each vector.

    Source: nostalgebraist, "interpreting GPT: the logit lens" (2020).
    """
    flat = stream.reshape(-1, stream.shape[-1]).to(model.device)
    rows = [model.adapter.logits(part).float() for part in torch.split(flat, _ROWS)]
    return torch.cat(rows).reshape(*stream.shape[:-1], -1)


def word_ranks(
    ordered: Float[Tensor, "row pos d_vocab"],
    logits: Float[Tensor, "row pos d_vocab"],
    tokens: list[int],
) -> Int[Tensor, "row pos"]:
    """Rank (1 is the top) of the best of `tokens` in each row.

    Args:
        ordered: `logits` sorted upwards along the vocabulary.
        logits: The logits themselves.
        tokens: Spellings of one word.
    """
    value = logits[..., tokens].amax(-1, keepdim=True).contiguous()
    above = ordered.shape[-1] - torch.searchsorted(ordered, value, right=True)
    return above[..., 0] + 1


def _followed(
    *,
    word: str,
    tokens: list[int],
    whole: bool,
    ranks: Int[Tensor, "row pos"],
    logits: Float[Tensor, "row pos d_vocab"],
    columns: list[str],
    base_best_rank: int | None,
) -> TrackedWord:
    logps = (logits[..., tokens].logsumexp(-1) - logits.logsumexp(-1)).clamp(max=0)
    row, position = divmod(int(ranks.argmin()), ranks.shape[1])
    return TrackedWord(
        word=word,
        tokens=tokens,
        whole=whole,
        best_rank=int(ranks.min()),
        best_layer=row - 1,
        best_position=columns[position],
        final_rank=int(ranks[-1, -1]),
        final_logp=float(logps[-1, -1]),
        base_best_rank=base_best_rank,
        ranks=ranks.amin(-1).tolist(),
        logps=logps.amax(-1).tolist(),
    )


def control_ranks(
    model: Model,
    track: list[str],
    ordered: Float[Tensor, "row pos d_vocab"],
    logits: Float[Tensor, "row pos d_vocab"],
    generator: torch.Generator,
) -> list[int]:
    """Best rank of `DRAWS` sets of matched words, one word for each followed one."""
    if not track:
        return []
    drawn = [matched_words(model, word, DRAWS, generator) for word in track]
    sets = min(map(len, drawn))
    return [
        min(int(word_ranks(ordered, logits, words[i][1]).min()) for words in drawn)
        for i in range(sets)
    ]


def _judge(
    tracked: list[TrackedWord],
    draws: list[int],
    differs: float | None,
    view: HeatMap,
) -> tuple[Control, str]:
    """The control, and the sentence that it allows."""
    if tracked:
        best = min(tracked, key=lambda t: t.best_rank)
        what = (
            f"best rank over the same layers and positions of {len(draws)} random sets of words "
            "of like frequency"
        )
        numbers: dict[str, float | None] = {
            "draws": len(draws),
            "best_rank": min(draws),
            "median_rank": float(torch.tensor(draws).float().median()),
        }
        beyond = best.best_rank < min(draws)
        if best.base_best_rank is not None:
            what += ", and the same word in the base"
            numbers["base_best_rank"] = best.base_best_rank
            beyond = beyond and best.best_rank < best.base_best_rank
        seen = (
            f"{best.word!r} reaches rank {best.best_rank} at layer {best.best_layer} "
            f"(random words: best {min(draws)}"
        )
        seen += f", base: {best.base_best_rank})." if best.base_best_rank is not None else ")."
        words = seen if beyond else f"No effect beyond control: {seen}"
        return Control(what=what, numbers=numbers, beyond=beyond), words
    if differs is not None:
        control = Control(
            what="the base's lens at the same cells",
            numbers={"differs_from_base": differs},
            beyond=differs > 0,
        )
        if not differs:
            return control, "No effect beyond control: every cell's top token is the base's."
        return control, f"In {differs:.0%} of the cells the top token is not the base's."
    control = Control(
        what=f"the lens on {DRAWS} random vectors; their mean top probability",
        numbers={"draws": DRAWS, "top_probability": view.control[0][0] if view.control else None},
    )
    return control, "No word was followed and there is no base: this only describes the model."


def _picture(
    model: Model,
    logits: Float[Tensor, "row pos d_vocab"],
    base: Float[Tensor, "row pos d_vocab"] | None,
    *,
    columns: list[str],
    generator: torch.Generator,
) -> HeatMap:
    top = logits.softmax(-1).max(-1)
    if base is not None:
        beside = base.softmax(-1).gather(-1, top.indices[..., None])[..., 0]
        what = "control: the base's probability of the same token"
    else:
        # The final norm takes away a vector's length: one band serves every cell.
        noise = torch.randn(DRAWS, 1, model.d_model, generator=generator).to(model.dtype)
        mean = lens_logits(model, noise).softmax(-1).amax(-1).mean()
        beside = mean.expand(top.values.shape)
        what = f"control: the same for {DRAWS} random vectors, mean"
    return HeatMap(
        title="What each layer would say next",
        caption=f"Probability of the top token, final norm applied; {what}.",
        rows=["embed", *(f"L{i}" for i in range(model.n_layers))],
        columns=columns,
        values=top.values.tolist(),
        labels=[[model.token_text(int(i)) for i in row] for row in top.indices],
        control=beside.tolist(),
        row_title="layer",
        column_title="token",
        unit="probability",
    )
