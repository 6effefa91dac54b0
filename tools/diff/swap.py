"""One component of a model exchanged for the other model's, and what that does to replies.

Every exchange joins one running batch at its own layer and goes through the later layers with the
others, so that nothing below it is computed twice. Weights stay where they are: an exchange refers
to the other model's modules while one layer is called, and is undone behind it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..engine.batch import check_lengths
from ..engine.residual import first, hooked
from ..engine.states import run_until_seen, stream_after
from ..model import Model
from ..spec import Refusal
from .token_divergence import divergence

Part = Literal["layer", "attention", "mlp"]
_HELD = 32768  # vectors between layers: 75 MB at width 576 in float32
_TOGETHER = 4096  # tokens of one call of a layer


@dataclass(frozen=True)
class Replies:
    """The model as it is in row 0, then each exchange.

    Attributes:
        kl: KL(reference ‖ this model) at the first reply token, nats.
        reply: Log probability of the given reply; 0 where none is given.
    """

    kl: Float[Tensor, "run prompt"]
    reply: Float[Tensor, "run prompt"]


def names_of(model: Model, part: Part) -> list[str]:
    """Submodules of a layer that make up a part: the block and the norms that belong to it."""
    names = model.adapter.names
    attention = [names.attention_norm, names.attention]
    mlp = [names.mlp_norm, "mlp"]
    if names.post_norms:
        attention.append("post_attention_layernorm")
        mlp.append("post_feedforward_layernorm")
    return {"attention": attention, "mlp": mlp, "layer": attention + mlp}[part]


def differing(target: Model, base: Model, part: Part, layers: list[int]) -> list[int]:
    """Layers in which the two hold different weights in a part."""
    found = []
    for index in layers:
        mine, other = target.adapter.layers[index], base.adapter.layers[index]
        for name in names_of(target, part):
            if not _equal(mine.get_submodule(name), other.get_submodule(name)):
                found.append(index)
                break
    return found


def outside_differs(target: Model, base: Model) -> bool:
    """Whether embedding, final norm or unembedding differ."""
    a, b = target.adapter, base.adapter
    pairs = ((a.embed, b.embed), (a.final_norm, b.final_norm), (a.head, b.head))
    return not all(_equal(mine, other) for mine, other in pairs)


def _equal(mine: nn.Module, other: nn.Module) -> bool:
    pairs = zip(mine.parameters(), other.parameters(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


@contextmanager
def exchanged(layer: nn.Module, donor: nn.Module, names: list[str]) -> Iterator[None]:
    """Let a layer use another one's submodules inside the block; both are as before behind it."""
    own = {name: layer.get_submodule(name) for name in names}
    try:
        for name in names:
            setattr(layer, name, donor.get_submodule(name))
        yield
    finally:
        for name, module in own.items():
            setattr(layer, name, module)


@torch.no_grad()
def swapped_replies(
    receiver: Model,
    donor: Model,
    prompts: list[list[int]],
    reply: list[int],
    swaps: list[tuple[Part, int]],
    reference: Float[Tensor, "prompt d_vocab"],
    *,
    held: int = _HELD,
    charge: Callable[[int], None] = lambda _: None,
    on_progress: Callable[[int, int], None] = lambda _, __: None,
) -> Replies:
    """What the receiver expects with one part at a time taken from the donor.

    Args:
        receiver: The model that runs.
        donor: Where the exchanged part comes from.
        prompts: Token ids.
        reply: Token ids of the reply that is scored; may be empty.
        swaps: Part and layer of each exchange.
        reference: Log probabilities of the first reply token that KL is taken from.
        held: Most vectors that are held between layers.
        charge: Told how many tokens' full forward passes the layers amount to.
        on_progress: Called with (layers done, layers).

    Raises:
        Refusal: `numerical`, if predictions are not finite.
    """
    whole = [prompt + reply for prompt in prompts]
    check_lengths(receiver, prompts)
    check_lengths(receiver, whole)
    size = max(1, held // (max(map(len, whole)) * (1 + len(swaps))))
    groups = range(0, len(prompts), size)
    found = []
    for number, start in enumerate(groups):
        part = slice(start, start + size)
        run = _Run(receiver, donor, whole[part], len(reply), reference[part], charge)
        done = number * receiver.n_layers

        def tell(layer: int, done: int = done) -> None:
            on_progress(done + layer, len(groups) * receiver.n_layers)

        found.append(run.through(swaps, tell))
    kl, said = (torch.cat(parts, 1) for parts in zip(*found, strict=True))
    if not (torch.isfinite(kl).all() and torch.isfinite(said).all()):
        raise Refusal("numerical", "predictions are not finite", "load both models in float32")
    return Replies(kl.clamp(min=0), said)


class _Run:
    """Prompts padded to one length, going through the receiver's layers with their exchanges."""

    def __init__(
        self,
        receiver: Model,
        donor: Model,
        whole: list[list[int]],
        reply: int,
        reference: Float[Tensor, "prompt d_vocab"],
        charge: Callable[[int], None],
    ) -> None:
        self.receiver, self.donor, self.reply = receiver, donor, reply
        self.reference, self.charge, self.owed = reference, charge, 0.0
        width = max(map(len, whole))
        # Padding stands to the right, where causal attention never looks.
        self.ids = torch.tensor([ids + [0] * (width - len(ids)) for ids in whole])
        self.last = [len(ids) - reply - 1 for ids in whole]
        self.tokens = sum(map(len, whole)) / len(whole)
        self.calls = self._calls()

    def _calls(self) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
        """What each layer is called with behind the hidden states.

        One row's call fits any number of rows: nothing in it speaks of padding.
        """
        calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

        def before(_: nn.Module, inputs: tuple[Any, ...], words: dict[str, Any]) -> None:
            calls.append((inputs[1:], {k: v for k, v in words.items() if k != "hidden_states"}))

        layers = self.receiver.adapter.layers
        with hooked([x.register_forward_pre_hook(before, with_kwargs=True) for x in layers]):
            run_until_seen(self.receiver, self.ids[:1].to(self.receiver.device))
        return calls

    def through(
        self, swaps: list[tuple[Part, int]], on_layer: Callable[[int], None]
    ) -> tuple[Float[Tensor, "run prompt"], Float[Tensor, "run prompt"]]:
        """KL and log probability of the reply: the plain run, then each exchange."""
        receiver, count = self.receiver, len(self.ids)
        rows = stream_after(receiver, self.ids, -1)
        order: list[int] = []
        for index, layer in enumerate(receiver.adapter.layers):
            fresh = []
            for place, (part, where) in enumerate(swaps):
                if where == index:
                    other = self.donor.adapter.layers[index]
                    with exchanged(layer, other, names_of(receiver, part)):
                        fresh.append(self._layer(index, rows[:count]))
                    order.append(place)
            rows = torch.cat([self._layer(index, rows), *fresh])
            on_layer(index + 1)
        back = [0, *(1 + order.index(place) for place in range(len(swaps)))]
        kl, said = (torch.stack(values).view(-1, count)[back] for values in self._read(rows))
        return kl, said

    def _layer(
        self, index: int, rows: Float[Tensor, "row pos d_model"]
    ) -> Float[Tensor, "row pos d_model"]:
        layer = self.receiver.adapter.layers[index]
        inputs, words = self.calls[index]
        self.owed += len(rows) * self.tokens / self.receiver.n_layers
        self.charge(int(self.owed))
        self.owed -= int(self.owed)
        size = max(1, _TOGETHER // rows.shape[1])
        return torch.cat([first(layer(part, *inputs, **words)) for part in rows.split(size)])

    def _read(self, rows: Float[Tensor, "row pos d_model"]) -> tuple[list[Tensor], list[Tensor]]:
        kl, said = [], []
        for index, row in enumerate(rows):
            at = index % len(self.ids)
            start = self.last[at]
            logits = self.receiver.adapter.logits(row[start : start + max(1, self.reply)])
            logp = logits.double().log_softmax(-1).cpu()
            wanted = self.ids[at, start + 1 : start + 1 + self.reply]
            kl.append(divergence(self.reference[at : at + 1].double(), logp[:1])[0])
            said.append(logp[: self.reply].gather(1, wanted[:, None]).sum())
        return kl, said
