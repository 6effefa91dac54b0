"""A weight change read through the vocabulary: words that it writes, words that it reads."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

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

    def best(self, values: Float[Tensor, "row d_vocab"]) -> Float[Tensor, "row word"]:
        """Largest value among the spellings of each word."""
        out = torch.full((values.shape[0], len(self.words)), -torch.inf)
        owner = self.owner.expand(values.shape[0], -1)
        return out.scatter_reduce(1, owner, values[:, self.tokens].cpu(), "amax")


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
        band: Top z with random input directions of the same singular values.
        energy: Share of the squared change that the kept directions hold.
    """

    z: Float[Tensor, "word"]
    band: list[float]
    energy: float


def norm_scale(model: Model) -> Float[Tensor, "d_model"]:
    """Elementwise scale of the final norm, whichever kind it is.

    A vector of alternating ±1 has mean 0 and mean square 1, so that RMSNorm and LayerNorm both
    return it times their scale, plus a bias that the zero vector returns alone.
    """
    probe = torch.ones(model.d_model)
    probe[1::2] = -1
    probe = probe.to(device=model.device, dtype=model.dtype)
    with torch.no_grad():
        out = model.adapter.final_norm(probe[None]) - model.adapter.final_norm(0 * probe[None])
    scale: Tensor = (out[0] * probe).float()
    return scale


@torch.no_grad()
def readout(model: Model) -> Float[Tensor, "d_vocab d_model"]:
    """Unembedding times the final norm's scale, centred over the vocabulary, rows of length 1.

    Without the unit length a handful of rare tokens with long rows heads every list.
    """
    matrix = model.adapter.unembedding.detach().float() * norm_scale(model)
    return torch.nn.functional.normalize(matrix - matrix.mean(0), dim=-1)


@torch.no_grad()
def z_scores(
    matrix: Float[Tensor, "d_vocab d_model"], directions: Float[Tensor, "k d_model"]
) -> Float[Tensor, "k d_vocab"]:
    """Each direction's cosine with every token, in standard deviations over the vocabulary."""
    z = directions.to(matrix) @ matrix.T
    return z / z.std(-1, keepdim=True).clamp(min=1e-12)


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
    matrix = readout(target)
    z = z_scores(matrix, directions)
    high, low = table.best(z), table.best(-z)
    value, which = torch.maximum(high, low).max(0)
    signs = torch.where(high.gather(0, which[None])[0] >= low.gather(0, which[None])[0], 1.0, -1.0)
    band = [
        _top(matrix, random, table)
        for random in _random_directions(base, parts, len(rows), target.d_model, generator)
    ]
    return Writing(value, which, directions.cpu(), signs, names, band)


def _random_directions(
    base: Model, parts: list[Change], count: int, d_model: int, generator: torch.Generator
) -> list[Float[Tensor, "k d_model"]]:
    """`DRAWS` isotropic sets, and as many spread like the base's own outputs."""
    sets = [torch.randn(count, d_model, generator=generator) for _ in range(DRAWS)]
    weights = dict(base.hf.named_parameters())
    own = []
    for part in parts:
        weight = weights[part.name].detach().float().cpu()
        own.append(weight if weight.shape == part.delta.shape else weight.T)
    for _ in range(DRAWS):
        rows = [
            own[i % len(own)] @ torch.randn(own[i % len(own)].shape[1], generator=generator)
            for i in range(count)
        ]
        sets.append(torch.stack(rows))
    return sets


def _top(
    matrix: Float[Tensor, "d_vocab d_model"], rows: Float[Tensor, "k d_model"], table: WordTable
) -> float:
    return float(z_scores(matrix, rows).abs().amax(0)[table.tokens].max())


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
    layer = target.adapter.layers[first]
    total: Tensor | None = None
    randoms: list[Tensor] = []
    kept, whole = 0.0, 0.0
    for role, norm in zip(("attn_in", "mlp_in"), target.adapter.input_norms(layer), strict=True):
        deltas = [c.delta for c in inputs if c.layer == first and c.role == role]
        if not deltas:
            continue
        stacked = torch.cat(deltas)
        _, values, right = leading_directions(stacked, _READ_RANK, generator)
        x = torch.nn.functional.normalize(norm(target.adapter.embedding).float(), dim=-1)
        scale = values / stacked.norm()
        score = _over_words(((x @ right) * scale).norm(dim=-1), table)
        total = score if total is None else total + score
        frames = [
            torch.linalg.qr(torch.randn(right.shape, generator=generator)).Q.to(x)
            for _ in range(DRAWS)
        ]
        fresh = [_over_words(((x @ frame) * scale).norm(dim=-1), table) for frame in frames]
        randoms = [a + b for a, b in zip(randoms, fresh, strict=True)] if randoms else fresh
        kept += float((values**2).sum())
        whole += float((stacked**2).sum())
    if total is None:
        return None
    return Reading(_z(total), [float(_z(r).max()) for r in randoms], kept / whole)


def _over_words(score: Float[Tensor, "d_vocab"], table: WordTable) -> Float[Tensor, "word"]:
    return _z(table.best(score[None])[0])


def _z(values: Float[Tensor, "word"]) -> Float[Tensor, "word"]:
    return (values - values.mean()) / values.std().clamp(min=1e-12)
