"""A weight change read through the vocabulary: words that it writes, words that it reads."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from ..engine.final_norm import norm_scale
from ..engine.leading import leading_directions
from ..engine.vocabulary import token_texts, word_of
from ..engine.weight_roles import Change
from ..model import Model

DRAWS = 8  # of each kind of random direction
_NEGLIGIBLE = 0.01  # components whose change is below this share of the largest are not read
_READ_RANK = 32


@dataclass(frozen=True)
class WordTable:
    """The words of a vocabulary and the tokens that spell them.

    Attributes:
        words: Distinct words, lower case.
        index: Word to its place in `words`.
        tokens: Token ids that spell some word.
        owner: For each of them, its word's place.
    """

    words: list[str]
    index: dict[str, int]
    tokens: Int[Tensor, "token"]
    owner: Int[Tensor, "token"]

    @classmethod
    def of(cls, model: Model) -> "WordTable":
        """The table of a model; every used token counts where no token spells a word."""
        special = set(model.tokenizer.all_special_ids)
        texts = token_texts(model)
        named = [(i, word_of(t)) for i, t in enumerate(texts) if i not in special]
        if not any(word for _, word in named):
            named = [(i, t.strip().lower()) for i, t in enumerate(texts) if i not in special]
        pairs = [(i, word) for i, word in named if word]
        words = list(dict.fromkeys(word for _, word in pairs))
        index = {word: i for i, word in enumerate(words)}
        return cls(
            words,
            index,
            torch.tensor([i for i, _ in pairs]),
            torch.tensor([index[word] for _, word in pairs]),
        )

    def best(
        self, values: Float[Tensor, "token"]
    ) -> tuple[Float[Tensor, "word"], Int[Tensor, "word"]]:
        """Largest value among the spellings of each word, and the place in `tokens` it is at."""
        top = torch.full((len(self.words),), -torch.inf)
        top = top.scatter_reduce(0, self.owner, values, "amax")
        places = torch.arange(len(self.owner))
        is_top = values == top[self.owner]
        at = torch.full((len(self.words),), len(places))
        at = at.scatter_reduce(0, self.owner[is_top], places[is_top], "amin")
        return top, at


@dataclass(frozen=True)
class Writing:
    """What the change writes.

    Attributes:
        z: Largest |z| of each word over all directions.
        which: The direction of that largest value.
        directions: Unit vectors in the residual stream.
        signs: Sign of each direction's projection on each word's best token.
        names: Component of each direction.
        band: Top |z| of as many random directions, one number a draw.
    """

    z: Float[Tensor, "word"]
    which: Int[Tensor, "word"]
    directions: Float[Tensor, "k d_model"]
    signs: Float[Tensor, "word"]
    names: list[str]
    band: list[float]

    def component(self, word: int) -> str:
        """Component that writes a word most."""
        return self.names[int(self.which[word])]

    def direction(self, word: int) -> Float[Tensor, "d_model"]:
        """Unit direction that writes a word most, pointing towards it."""
        return self.directions[int(self.which[word])] * self.signs[word]


@dataclass(frozen=True)
class Reading:
    """What the first changed layer's update reads.

    Attributes:
        z: z over words of the update's norm on each word's embedding.
        band: Top z with random input directions of the same singular values, half of them
            isotropic, half spread like the embeddings.
        energy: Share of the squared change that the kept directions hold.
    """

    z: Float[Tensor, "word"]
    band: list[float]
    energy: float


@dataclass(frozen=True)
class Readout:
    """Words as directions in the residual stream.

    Attributes:
        rows: Unembedding rows of some tokens times the final norm's scale, centred, of length 1.
        spread: Their second moments, from which a direction's root mean square cosine follows.
    """

    rows: Float[Tensor, "token d_model"]
    spread: Float[Tensor, "d_model d_model"]

    @classmethod
    @torch.no_grad()
    def of(cls, model: Model, tokens: Int[Tensor, "token"]) -> "Readout":
        """The readout of a model for some tokens.

        Without the unit length a handful of rare tokens with long rows heads every list.
        """
        matrix = model.adapter.unembedding.detach().float() * norm_scale(model)
        rows = matrix[tokens.to(matrix.device)] - matrix.mean(0)
        return cls.from_rows(functional.normalize(rows, dim=-1))

    @classmethod
    def from_rows(cls, rows: Float[Tensor, "token d_model"]) -> "Readout":
        """A readout of given unit rows."""
        return cls(rows, rows.T @ rows / len(rows))

    @torch.no_grad()
    def z(self, directions: Float[Tensor, "k d_model"]) -> Float[Tensor, "k token"]:
        """Each direction's cosine with every token, in root mean squares over the tokens."""
        directions = directions.to(self.rows)
        size = ((directions @ self.spread) * directions).sum(-1, keepdim=True)
        return (directions / size.clamp(min=1e-24).sqrt()) @ self.rows.T


@torch.no_grad()
def writing(
    target: Model,
    base: Model,
    found: list[Change],
    table: WordTable,
    *,
    count: int,
    generator: torch.Generator,
) -> Writing | None:
    """Words at the leading output directions of every component that writes to the stream."""
    parts = [c for c in found if c.role in ("attn_out", "mlp_out")]
    largest = max((float(c.delta.norm()) for c in parts), default=0.0)
    parts = [c for c in parts if float(c.delta.norm()) > _NEGLIGIBLE * largest]
    if not parts:
        return None
    rows, names = [], []
    for part in parts:
        left, values, _ = leading_directions(part.delta, count, generator)
        for k in range(left.shape[1]):
            if values[k] > _NEGLIGIBLE * values[0]:
                rows.append(left[:, k])
                names.append(f"L{part.layer} {part.role}")
    directions = torch.stack(rows)
    words = Readout.of(target, table.tokens)
    z = words.z(directions).cpu()
    size, which = z.abs().max(0)
    value, at = table.best(size)
    signs = z.gather(0, which[None])[0].sign()
    band = [
        float(words.z(random).abs().max())
        for random in _random_directions(base, parts, len(rows), target.d_model, generator)
    ]
    return Writing(value, which[at], directions.cpu(), signs[at], names, band)


def _random_directions(
    base: Model, parts: list[Change], count: int, d_model: int, generator: torch.Generator
) -> list[Float[Tensor, "k d_model"]]:
    """`DRAWS` isotropic sets, and as many spread like the base's own outputs."""
    sets = [torch.randn(count, d_model, generator=generator) for _ in range(DRAWS)]
    weights = dict(base.hf.named_parameters())
    mixed: list[list[Tensor]] = [[] for _ in range(DRAWS)]
    for i in range(count):
        part = parts[i % len(parts)]
        weight = weights[part.name].detach().float().cpu()
        weight = weight if weight.shape == part.delta.shape else weight.T
        drawn = weight @ torch.randn(weight.shape[1], DRAWS, generator=generator)
        for row, vector in zip(mixed, drawn.T, strict=True):
            row.append(vector)
    return sets + [torch.stack(rows) for rows in mixed]


@torch.no_grad()
def reading(
    target: Model, found: list[Change], table: WordTable, generator: torch.Generator
) -> Reading | None:
    """Words whose embeddings drive the update of the first changed layer.

    Attention and MLP updates count alike: the z scores of each are added. A later layer sees the
    embedding through the layers before it, so that the reading fades with depth.
    """
    inputs = [c for c in found if c.role in ("attn_in", "mlp_in")]
    if not inputs:
        return None
    first = min(c.layer for c in inputs)
    norms = target.adapter.input_norms(target.adapter.layers[first])
    embedding = target.adapter.embedding.detach()[table.tokens.to(target.device)]
    total = torch.zeros(len(table.words))
    randoms = torch.zeros(2 * DRAWS, len(table.words))
    kept, whole = 0.0, 0.0
    for role, norm in zip(("attn_in", "mlp_in"), norms, strict=True):
        deltas = [c.delta for c in inputs if c.layer == first and c.role == role]
        if not deltas:
            continue
        stacked = torch.cat(deltas)
        _, values, right = leading_directions(stacked, _READ_RANK, generator)
        keep = values > 1e-4 * values[0]
        values, right = values[keep], right[:, keep]
        # Centred and of length 1, for the same reason as in `Readout`: what every word shares
        # would else decide, and rare tokens would head the list.
        x = norm(embedding).float()
        x = functional.normalize(x - x.mean(0), dim=-1)
        total += _over_words(x, right * values, table)
        for draw in range(2 * DRAWS):
            like = torch.randn(right.shape, generator=generator)
            if draw >= DRAWS:  # spread like the embeddings themselves
                like = x.T @ torch.randn(len(x), right.shape[1], generator=generator).to(x)
            frame = torch.linalg.qr(like.to(x)).Q
            randoms[draw] += _over_words(x, frame * values, table)
        kept += float((values**2).sum())
        whole += float((stacked**2).sum())
    return Reading(_z(total), [float(_z(r).max()) for r in randoms], kept / whole)


def _over_words(
    x: Float[Tensor, "token d_model"], inputs: Float[Tensor, "d_model k"], table: WordTable
) -> Float[Tensor, "word"]:
    """z over words of the norm that each token's input makes."""
    return _z(table.best((x @ inputs).norm(dim=-1).cpu())[0])


def _z(values: Float[Tensor, "word"]) -> Float[Tensor, "word"]:
    return (values - values.mean()) / values.std().clamp(min=1e-12)
