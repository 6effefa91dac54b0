"""Illusions of reading: states looked at without the norm, the mean or the massive first token."""

import torch

from ...model import Model
from .passes import TEXTS, logits, loss_with, stream, token
from .types import Illusion

_MIDDLE = 12
_FRANCE = "The capital of France is"


def lens_without_norm(model: Model) -> Illusion:
    """The lens without the final norm sees the answer nowhere before the last block."""
    ids = model.text_ids(_FRANCE, bos=False)
    paris = token(model, " Paris")
    state = stream(model, ids)[-2, -1]
    table = model.hf.get_output_embeddings().weight.detach().float()

    def rank(vector: torch.Tensor) -> float:
        scores = vector.float() @ table.T
        return float((scores > scores[paris]).sum() + 1)

    bare, normed = rank(state), rank(model.adapter.final_norm(state[None])[0].detach())
    return Illusion(
        id="lens-without-norm",
        claim="The answer is inserted whole by the last block: before it, its rank is hopeless.",
        seen=bare,
        seen_as="rank of ' Paris' before the last block, raw stream times unembedding",
        control=normed,
        control_as="the same through the final norm",
        rule="hopeless is a rank worse than a word drawn at random has on average; readable is "
        "among the first ten",
        appears=bare > len(table) / 2,
        dies=normed <= 10 and float(logits(model, ids).argmax()) == paris,
    )


def _middle_states(model: Model) -> list[torch.Tensor]:
    return [stream(model, model.text_ids(t, bos=False))[_MIDDLE].float() for t in TEXTS]


def one_direction(model: Model) -> Illusion:
    """One principal component explains everything, if the first position is in the data."""
    states = _middle_states(model)

    def share(rows: torch.Tensor) -> float:
        values = torch.linalg.svdvals(rows - rows.mean(0)).square()
        return float(values[0] / values.sum())

    whole, rest = share(torch.cat(states)), share(torch.cat([s[1:] for s in states]))
    return Illusion(
        id="one-direction",
        claim="Layer 12 is almost one-dimensional: one component explains its variance.",
        seen=whole,
        seen_as="variance share of the first component, all positions",
        control=rest,
        control_as="without each text's first position",
        rule="nearly all is nine tenths of the variance; a layer of one dimension has at least "
        "half of it in one component",
        appears=whole > 0.9,
        dies=rest < 0.5,
    )


def everything_alike(model: Model) -> Illusion:
    """Unrelated words have nearly equal states, until the common mean is taken off."""
    rows = torch.cat([s[1:] for s in _middle_states(model)])

    def alike(vectors: torch.Tensor) -> float:
        unit = torch.nn.functional.normalize(vectors, dim=1)
        table = unit @ unit.T
        off = ~torch.eye(len(unit), dtype=torch.bool)
        return float(table[off].mean())

    raw, centred = alike(rows), alike(rows - rows.mean(0))
    chance = rows.shape[1] ** -0.5
    return Illusion(
        id="everything-alike",
        claim="The states of any two words point the same way: the model hardly tells them apart.",
        seen=raw,
        seen_as="mean cosine of states of different words at layer 12",
        control=centred,
        control_as="after subtracting the mean state",
        rule="the cosine of random vectors has a standard deviation of 1/√d_model; alike is ten "
        "of these, no likeness at most two",
        appears=raw > 10 * chance,
        dies=abs(centred) <= 2 * chance,
    )


def explained_variance(model: Model) -> Illusion:
    """A few components explain nearly all variance and still lose what later layers read."""
    states = _middle_states(model)
    rows = torch.cat(states)
    mean = rows.mean(0)
    basis = torch.linalg.svd(rows - mean, full_matrices=False).Vh[:4]
    near = (rows - mean) @ basis.T @ basis + mean
    explained = 1 - float((rows - near).square().sum() / (rows - mean).square().sum())
    ids = [model.text_ids(t, bos=False) for t in TEXTS[:4]]
    plain = torch.cat([s[1:] for s in states]).mean(0)

    def spliced(x: torch.Tensor) -> torch.Tensor:
        kept = (x - mean) @ basis.T @ basis + mean
        return torch.cat([x[:1], kept[1:].to(x.dtype)])

    def ablated(x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x[:1], plain.to(x.dtype).expand(len(x) - 1, -1)])

    clean, short, none = (
        sum(loss_with(model, i, _MIDDLE - 1, edit) for i in ids) / len(ids)
        for edit in (lambda x: x, spliced, ablated)
    )
    recovered = (none - short) / (none - clean)
    return Illusion(
        id="explained-variance",
        claim="Four directions are enough to describe layer 12.",
        seen=explained,
        seen_as="variance explained by four components",
        control=recovered,
        control_as="loss recovered when they replace the stream",
        rule="enough is 95% of the variance, a usual place to cut; what is described must recover "
        "at least half of the loss",
        appears=explained > 0.95,
        dies=recovered < 0.5,
    )
