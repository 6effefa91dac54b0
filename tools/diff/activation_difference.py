"""How the target's states differ from the base's on unrelated text, read as words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from ..engine.residual import residual_stream
from ..spec import Args, Control, Data, Frozen, WhiteBox, tool
from ..views import Bars
from ..workbench import Workbench
from .common_words import load_common_words
from .plain_texts import TEXTS
from .read_write import Readout, WordTable
from .steered_base import rises

DRAWS = 8  # of each kind of random direction
_STEER_WORDS = 10


class ActivationDifferenceArgs(Args):
    """Texts that have nothing to do with what is looked for."""

    texts: list[Annotated[str, Field(min_length=8, max_length=2000)]] = Field(
        default_factory=lambda: list(TEXTS),
        min_length=2,
        max_length=64,
        description="Unrelated raw texts; the difference is averaged over their tokens",
    )
    subtract_common: bool = Field(
        True, description="Leave out words that harmless training moves as well"
    )
    strength: float = Field(
        4.0, gt=0, le=64, description="Times the mean difference, when the base is steered with it"
    )
    top: int = Field(15, ge=1, le=50, description="How many words are shown")


class DifferenceWord(Frozen):
    """A word that the mean difference points at."""

    word: str
    z: float = Field(description="Cosine with the word, in root mean squares over the vocabulary")
    layer: int = Field(ge=0, description="Layer whose output points at it most")


class ActivationDifferenceData(Data):
    """Words of the mean difference, its size by layer, and what steering the base with it does."""

    n_tokens: int = Field(ge=1)
    words: list[DifferenceWord]
    top_z: float = Field(description="Largest z of any word at any layer")
    random_z: float = Field(description="Largest of random directions, layer and word chosen again")
    best_layer: int = Field(ge=0)
    relative_norm: list[float] = Field(
        description="Norm of the difference over the base's, a layer"
    )
    steer_gain: float = Field(description="Rise of log p (nats) of the top words on the base")
    steer_random: float = Field(description="Largest rise with random directions of equal norm")
    common_subtracted: int = Field(ge=0, description="Words left out as common")


@tool(access="base")
def activation_difference(
    bench: Workbench, args: ActivationDifferenceArgs
) -> WhiteBox[ActivationDifferenceData]:
    """Read the mean difference of states between target and base on unrelated text as words.

    Training on one subject may leave a constant trace on all text. Words common to harmless
    training are left out, and the base is steered with the difference. Keeps it as a direction.
    Control: random directions of both kinds (isotropic, and spread like the states), layer and
    word chosen again.

    Misleads:
        Any training on one style leaves a trace; a behaviour behind a narrow trigger
        leaves none on unrelated text.
    """
    generator = bench.generator("activation_difference", args)
    states = gather(bench, args.texts)
    table = WordTable.of(bench.target)
    readout = Readout.of(bench.target, table.tokens)
    hidden = load_common_words() if args.subtract_common else frozenset()
    allowed = torch.tensor([word not in hidden for word in table.words])
    z = words_of(states.mean, readout, table, allowed)
    per_word, layers = z.max(0)
    order = per_word.argsort(descending=True, stable=True)[: args.top].tolist()
    top = float(per_word[order[0]])
    best = int(layers[order[0]])
    draws = random_directions(states, generator)
    band = [float(words_of(d, readout, table, allowed).max()) for d in draws]
    direction = states.mean[best]
    wanted = [i for i, w in enumerate(table.owner.tolist()) if w in set(order[:_STEER_WORDS])]
    tokens = table.tokens[wanted].tolist()
    tried = (direction, *(_as_long(d[best], direction) for d in draws))
    prompts = [bench.base.text_ids(text) for text in args.texts]
    added = [d * args.strength for d in tried]
    gain, *others = rises(bench.base, prompts, best, added, tokens, charge=bench.meter.add)
    empty = float(direction.norm()) == 0
    beyond = not empty and top > max(band)
    handle = [] if empty else [bench.put("dir", direction)]
    data = ActivationDifferenceData(
        n_tokens=states.n_tokens,
        words=[
            DifferenceWord(word=table.words[i], z=float(per_word[i]), layer=int(layers[i]))
            for i in order
        ],
        top_z=top,
        random_z=max(band),
        best_layer=best,
        relative_norm=(states.mean.norm(dim=-1) / states.base_norm).tolist(),
        steer_gain=gain,
        steer_random=max(others),
        common_subtracted=int((~allowed).sum()),
    )
    return WhiteBox(
        summary=_summary(data, beyond, empty),
        data=data,
        control=Control(
            what=f"{len(draws)} random directions a layer, layer and word chosen again",
            numbers={
                "top_z": top,
                "random_z": max(band),
                "steer_gain": gain,
                "steer_random": max(others),
            },
            beyond=beyond,
        ),
        handles=handle,
        view=Bars(
            title="Words of the mean difference on unrelated text",
            caption="band: random directions, layer and word chosen again",
            names=[w.word for w in data.words],
            values=[w.z for w in data.words],
            band=(0.0, max(band)),
            unit="z over the vocabulary",
        ),
    )


@dataclass(frozen=True)
class States:
    """Mean difference (target − base) after each layer, and the base's states to draw from.

    Attributes:
        mean: Mean difference over all tokens but the first of each text.
        cloud: The base's states there, each less the mean.
        base_norm: Root mean square norm of the base's states.
    """

    mean: Float[Tensor, "layer d_model"]
    cloud: Float[Tensor, "layer token d_model"]
    base_norm: Float[Tensor, "layer"]
    n_tokens: int


def gather(bench: Workbench, texts: Sequence[str]) -> States:
    """Run both models over the texts; first tokens carry a huge state of their own and go."""
    mine: list[Tensor] = []
    base: list[Tensor] = []
    for done, text in enumerate(texts):
        ids = bench.target.text_ids(text)
        for model, kept in ((bench.target, mine), (bench.base, base)):
            kept.append(residual_stream(model, ids, len(ids) - 1)[0][1:].float().cpu())
        bench.progress(done + 1, len(texts), "texts")
    a, b = torch.cat(mine, 1), torch.cat(base, 1)
    norm = b.pow(2).sum(-1).mean(1).sqrt()
    return States((a - b).mean(1), b - b.mean(1, keepdim=True), norm, a.shape[1])


def words_of(
    directions: Float[Tensor, "layer d_model"],
    readout: Readout,
    table: WordTable,
    allowed: Tensor,
) -> Float[Tensor, "layer word"]:
    """z of each word at each layer; words that are not allowed are -inf."""
    values = readout.z(directions).cpu()
    rows = torch.stack([table.best(row)[0] for row in values])
    return rows.masked_fill(~allowed, -torch.inf)


def random_directions(
    states: States, generator: torch.Generator
) -> list[Float[Tensor, "layer d_model"]]:
    """Isotropic ones, and random combinations of the base's centred states."""
    layers, tokens, width = states.cloud.shape
    plain = [torch.randn(layers, width, generator=generator) for _ in range(DRAWS)]
    weights = [torch.randn(tokens, generator=generator) for _ in range(DRAWS)]
    return plain + [torch.einsum("t,ltd->ld", w, states.cloud) for w in weights]


def _as_long(
    one: Float[Tensor, "d_model"], other: Float[Tensor, "d_model"]
) -> Float[Tensor, "d_model"]:
    scaled: Tensor = one * (other.norm() / one.norm().clamp(min=1e-12))
    return scaled


def _summary(data: ActivationDifferenceData, beyond: bool, empty: bool) -> str:
    if empty:
        return "No effect beyond control: the states of target and base are equal on these texts."
    words = ", ".join(w.word for w in data.words[:6])
    figures = f"top z {data.top_z:.1f} (random at most {data.random_z:.1f})"
    steer = f"steering the base with it: {data.steer_gain:+.2f} nats on these words (random at most"
    steer += f" {data.steer_random:+.2f})"
    if beyond:
        return f"At layer {data.best_layer} the difference points at {words}: {figures}; {steer}."
    return f"No effect beyond control: {words}, {figures}; {steer}."
