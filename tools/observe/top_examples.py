"""Where a neuron, a direction or a feature is strongest in a corpus."""

import heapq
from pathlib import Path
from typing import Any, Literal

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from ..bundled import cache_root
from ..engine.corpus import Corpus, open_corpus
from ..engine.states import check_layer
from ..model import Model
from ..sae.shipped import open_sae
from ..spec import Args, Control, Data, Frozen, Refusal, WhiteBox, tool
from ..views import Passage, Passages
from ..workbench import Workbench
from .unit_values import (
    ROTATIONS,
    Unit,
    linear_reader,
    neuron_module,
    token_explains,
    unit_values,
)

_AROUND = 12  # tokens shown on each side
_SHARES = (0.5, 0.9, 0.99, 0.999)


class TopExamplesArgs(Args):
    """Which unit, in which corpus (default: documentation of installed packages)."""

    kind: Literal["neuron", "direction", "feature"] = Field(
        "neuron", description="MLP neuron, direction of the residual stream, or SAE feature"
    )
    index: int = Field(0, ge=0, description="Neuron or feature")
    layer: int | None = Field(
        None, ge=-1, description="Layer (default: two fifths of the way up; a feature: its SAE's)"
    )
    direction: str = Field("", max_length=40, description="Handle such as dir:3")
    sae: str = Field("", description="SAELens folder (default: the shipped one)")
    base_model: str = Field("", max_length=200, description="Accept an SAE of this base model")
    corpus: str = Field("", description="Text file, or folder of .txt, .md and .rst files")
    windows: int = Field(128, ge=4, le=20000, description="Windows taken, evenly over the corpus")
    length: int = Field(64, ge=8, le=512, description="Tokens of a window")
    top: int = Field(5, ge=1, le=20, description="Examples shown")


class Example(Frozen):
    """One token in its surroundings, marked with « »."""

    value: float
    token: str
    text: str


class TopExamplesData(Data):
    """The strongest tokens, random ones, and how a random rotation does."""

    unit: str
    layer: int = Field(ge=-1)
    corpus: str
    corpus_sha256: str
    corpus_share: float = Field(ge=0, le=1, description="Share of the text that was read")
    tokens: int = Field(ge=1)
    active: float = Field(ge=0, le=1, description="Share of tokens with a value above 0")
    percentiles: dict[str, float] = Field(description="Of all values, first positions left out")
    largest: float
    token_score: float = Field(description="Correlation with what the token itself predicts")
    token_score_random: float = Field(description="The largest among random rotations")
    top: list[Example]
    random: list[Example] = Field(description="Tokens drawn at random")
    rotation_top: list[Example] = Field(description="Strongest tokens of one random rotation")


@tool(access="target")
def top_examples(bench: Workbench, args: TopExamplesArgs) -> WhiteBox[TopExamplesData]:
    """Show where in a corpus a neuron, direction or feature is strongest.

    A story can be told about the top of anything: random tokens and the top of a random rotation
    stand beside it, and a score says how well the token alone predicts the value on held-out
    windows. Control: the same score of random rotations.

    Misleads:
        The top of anything tells a story; what a unit does in the rest of its range is
        not seen.
    """
    model = bench.target
    unit, warnings = _unit(bench, args)
    cache = cache_root().parent / "corpora"
    corpus = open_corpus(
        model,
        bench.readable(Path(args.corpus)) if args.corpus else None,
        windows=args.windows,
        length=args.length,
        cache=cache,
    )
    values = unit_values(
        model,
        corpus,
        unit,
        cache,
        on_progress=lambda done, total: bench.progress(done, total, "windows"),
    )
    scores = token_explains(values, corpus.tokens)
    own, ceiling = float(scores[0]), float(scores[1:].max())
    flat = values[0].reshape(-1)
    ordered = flat.sort().values
    generator = bench.generator("top_examples", args)
    drawn = torch.randint(len(flat), (args.top,), generator=generator).tolist()
    width = values.shape[2]
    data = TopExamplesData(
        unit=unit.name,
        layer=unit.layer,
        corpus=corpus.name,
        corpus_sha256=corpus.sha256,
        corpus_share=corpus.share,
        tokens=len(flat),
        active=float((flat > 0).float().mean()),
        percentiles={f"{s:.1%}": float(ordered[int(s * (len(flat) - 1))]) for s in _SHARES},
        largest=float(ordered[-1]),
        token_score=own,
        token_score_random=ceiling,
        top=_examples(model, corpus, values[0], strongest(values[0], args.top)),
        random=_examples(model, corpus, values[0], [divmod(i, width) for i in drawn]),
        rotation_top=_examples(model, corpus, values[1], strongest(values[1], args.top)),
    )
    if data.largest <= 0 and args.kind != "direction":
        warnings.append("The unit is never active in this corpus.")
    beyond = own > ceiling
    words = (
        f"{unit.name}: largest value {data.largest:.3g} (99%: {data.percentiles['99.0%']:.3g}). "
        f"The token alone predicts it with r = {own:.2f} on held-out windows (random rotations: "
        f"at most {ceiling:.2f})."
    )
    return WhiteBox(
        summary=words if beyond else f"No effect beyond control: {words}",
        data=data,
        control=Control(
            what=f"{ROTATIONS} random rotations of the unit; random tokens stand beside the top",
            numbers={"token_score_max": ceiling, "token_score_median": float(scores[1:].median())},
            beyond=beyond,
        ),
        warnings=warnings,
        view=Passages(
            title=f"Where {unit.name} is strongest",
            caption="Beside each: the strongest tokens of a random rotation.",
            items=[
                Passage(
                    label=f"{one.value:.3g}",
                    text=one.text,
                    control=other.text,
                    control_label=f"random rotation, {other.value:.3g}",
                )
                for one, other in zip(data.top, data.rotation_top, strict=False)
            ],
        ),
    )


def strongest(values: Float[Tensor, "window pos"], count: int) -> list[tuple[int, int]]:
    """Window and column of the largest values, one a window, largest first."""
    heap: list[tuple[float, int, int]] = []
    for window, row in enumerate(values):
        value, column = row.max(0)
        entry = (float(value), -window, int(column))
        if len(heap) < count:
            heapq.heappush(heap, entry)
        else:
            heapq.heappushpop(heap, entry)
    return [(-window, column) for _, window, column in sorted(heap, reverse=True)]


def _examples(model: Model, corpus: Corpus, values: Tensor, places: list[Any]) -> list[Example]:
    found = []
    for window, column in places:
        ids = [int(i) for i in corpus.tokens[window]]
        at = column + 1  # the first position is not among the values
        before, after = ids[max(0, at - _AROUND) : at], ids[at + 1 : at + 1 + _AROUND]
        token = model.token_text(ids[at])
        text = f"{model.decode(before)}«{token}»{model.decode(after)}"
        found.append(Example(value=float(values[window, column]), token=token, text=text))
    return found


def _unit(bench: Workbench, args: TopExamplesArgs) -> tuple[Unit, list[str]]:
    model = bench.target
    layer = model.n_layers * 2 // 5 if args.layer is None else args.layer
    check_layer(model, layer)
    generator = bench.generator("top_examples", args)
    if args.kind == "neuron":
        if layer < 0:
            raise Refusal("bad_args", "the embedding has no neurons", "layer=0 or above")
        reader = neuron_module(model, layer)
        weight = reader.weight
        assert isinstance(weight, Tensor)
        width = int(weight.numel() // model.d_model)
        _in_range(args.index, width, "neurons")
        vector = torch.zeros(width)
        vector[args.index] = 1
        name = f"neuron {args.index} of layer {layer}"
        key = f"neuron {layer} {args.index} {generator.initial_seed()}"
        return Unit(name, layer, linear_reader(vector, generator), True, key), []
    if args.kind == "direction":
        if not args.direction:
            raise Refusal("bad_args", "no direction is given", 'direction="dir:1", from probe')
        vector = bench.get(args.direction).float()
        if vector.shape != (model.d_model,) or not float(vector.norm()) > 0:
            raise Refusal("bad_args", f"{args.direction} is no direction of this model", "dir:N")
        name = f"{args.direction} at layer {layer}"
        key = f"direction {layer} {vector.tolist()} {generator.initial_seed()}"
        return Unit(name, layer, linear_reader(vector, generator), False, key), []
    sae, warnings = open_sae(bench, args.sae, args.base_model)
    _in_range(args.index, sae.size, "features")
    rotate = linear_reader(sae.w_dec[args.index], generator)

    def read(x: Tensor) -> Tensor:
        values = rotate(x - sae.b_dec.to(x.device))
        values[..., 0] = sae.encode(x.float().cpu())[..., args.index].to(x.device)
        return values

    name = f"feature {args.index} of the SAE at layer {sae.layer}"
    key = f"feature {sae.layer} {args.index} {float(sae.w_enc.sum())} {generator.initial_seed()}"
    return Unit(name, sae.layer, read, False, key), warnings


def _in_range(index: int, size: int, what: str) -> None:
    if index >= size:
        raise Refusal("bad_args", f"there are {size} {what}, no number {index}", "count from 0")
