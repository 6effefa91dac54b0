"""An own pass through the layers of rotary models, for rows that share a prefix.

It does the arithmetic of the plain pass, arranged for throughput. The prefix's keys and values are
read once for all rows instead of being copied to each. Layers are the outer loop and groups of rows
the inner one, so that a layer's weights stay in the cache and, on a CPU, are packed once for all
groups. The last layer runs its query, output and MLP at the last position only.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from transformers.activations import SiLUActivation

from ..model import Model
from .linear import can_take
from .packed import TOGETHER, pack

KeyValue = tuple[Float[Tensor, "kv prefix d_head"], Float[Tensor, "kv prefix d_head"]]
# Packing costs about as much as it saves on 300 vectors.
_PACK_FROM = 384


def can_run(model: Model, tokens: int) -> bool:
    """Whether this pass knows the architecture, and nothing asks for the plain one.

    Hooks on the modules would not all be called here, and sliding windows are not built in.

    Args:
        model: The model.
        tokens: Longest sequence.
    """
    adapter, config = model.adapter, model.hf.config
    window = getattr(config, "sliding_window", None)
    if not adapter.names.rotary or (window is not None and tokens > window):
        return False
    modules = [m for layer in adapter.layers for m in layer.modules()]
    modules += [adapter.final_norm, adapter.head, adapter.body]
    # The body carries one hook of its own, which counts vectors given in place of tokens.
    return not any(
        m._forward_hooks or (m._forward_pre_hooks and m is not adapter.body) for m in modules
    )


@dataclass(frozen=True)
class Suffixes:
    """What every layer needs to know about rows of one length that follow one prefix.

    Attributes:
        length: Tokens of each row.
        cos: Rotation of its positions.
        sin: Likewise.
        hidden: Where a query may not look: later positions of its own row.
    """

    length: int
    cos: Float[Tensor, "pos 1 d_head"]
    sin: Float[Tensor, "pos 1 d_head"]
    hidden: Bool[Tensor, "pos 1 pos"]

    @classmethod
    def after(cls, model: Model, prefix: int, length: int) -> "Suffixes":
        """Rows of `length` tokens after `prefix` tokens."""
        places = torch.arange(prefix, prefix + length, device=model.device)[None]
        like = torch.zeros(1, device=model.device, dtype=model.dtype)
        cos, sin = model.adapter.body.rotary_emb(like, places)  # type: ignore[operator]
        own = torch.arange(length, device=model.device)
        return cls(length, cos[0][:, None], sin[0][:, None], (own[:, None] < own)[:, None])


@torch.no_grad()
def last_residual(
    model: Model,
    ids: Int[Tensor, "row pos"],
    prefix: list[KeyValue],
    *,
    batch: int,
    on_layer: Callable[[int], None] | None = None,
) -> Float[Tensor, "row d_model"]:
    """Residual stream after the last layer, at the last position of each row.

    Args:
        model: A model for which `can_run` holds.
        ids: Tokens of each row, without the prefix.
        prefix: Keys and values of the prefix in each layer; empty without a prefix.
        batch: Most rows that run together; on a CPU fewer, if they would leave the cache.
        on_layer: Called with each layer's index when it is done.
    """
    adapter = model.adapter
    rows, length = ids.shape
    if ids.device.type == "cpu":
        batch = max(1, min(batch, TOGETHER // length))
    start = prefix[0][0].shape[1] if prefix else 0
    what = Suffixes.after(model, start, length)
    stream: Tensor = adapter.embed(ids)
    final = len(adapter.layers) - 1
    for index, layer in enumerate(adapter.layers):
        linear = Linears(layer, rows * length, min(batch, rows) * length)
        out = stream if index < final else stream.new_empty(rows, 1, stream.shape[-1])
        for begin in range(0, rows, batch):
            part = slice(begin, begin + batch)
            cached = prefix[index] if prefix else None
            out[part] = _layer(layer, linear, stream[part], cached, what, index == final)
        stream = out
        if on_layer:
            on_layer(index)
    return stream[:, 0]


class Linears:
    """A layer's linear maps: from packed weights where that pays, else plainly.

    Packed products take what comes next along (activation, gate, sum), so that it costs no pass
    over memory of its own.

    Args:
        layer: The layer, whose weights may be packed.
        rows: Vectors that go through each map in all.
        together: Vectors that go through it in one product.
        packed: Weights that are packed already.
    """

    def __init__(
        self, layer: nn.Module, rows: int, together: int, packed: dict[Any, Tensor] | None = None
    ) -> None:
        packs = rows >= _PACK_FROM and can_take(next(layer.parameters()))
        maps = _maps(layer) if packs and not packed else ()
        self.packed: dict[Any, Tensor] = packed or {m: pack(m.weight, together) for m in maps}

    def __call__(self, module: Any, x: Tensor, then: str = "none") -> Tensor:
        """The map, plain or followed by an activation that oneDNN knows (packed maps only)."""
        if module not in self.packed:
            return module(x)  # type: ignore[no-any-return]
        return torch.ops.mkldnn._linear_pointwise(  # type: ignore[no-any-return]
            x, self.packed[module], module.bias, then, [], ""
        )

    def added(self, module: Any, x: Tensor, stream: Tensor) -> Tensor:
        """`stream` and what the map adds to it."""
        if module not in self.packed:
            return module(x).add_(stream)  # type: ignore[no-any-return]
        return self._with(module, x, stream, "add")

    def gated(self, mlp: Any, x: Tensor) -> Tensor:
        """Neurons of a gated MLP."""
        if mlp.up_proj not in self.packed:
            return mlp.act_fn(mlp.gate_proj(x)).mul_(mlp.up_proj(x))  # type: ignore[no-any-return]
        if isinstance(mlp.act_fn, nn.SiLU | SiLUActivation):
            gate = self(mlp.gate_proj, x, "swish")
        else:
            gate = mlp.act_fn(self(mlp.gate_proj, x))
        return self._with(mlp.up_proj, x, gate, "mul")

    def _with(self, module: Any, x: Tensor, other: Tensor, how: str) -> Tensor:
        return torch.ops.mkldnn._linear_pointwise.binary(  # type: ignore[no-any-return]
            x, other, self.packed[module], module.bias, how
        )


def _maps(layer: nn.Module) -> Iterator[nn.Linear]:
    return (m for m in layer.modules() if isinstance(m, nn.Linear))


def _layer(
    layer: Any,
    linear: Linears,
    x: Float[Tensor, "row pos d_model"],
    prefix: KeyValue | None,
    what: Suffixes,
    last: bool,
) -> Float[Tensor, "row q d_model"]:
    """One layer; with `last`, its output at the last position only."""
    attention, mlp = layer.self_attn, layer.mlp
    read = layer.input_layernorm(x)
    queries = 1 if last else what.length
    q = _heads(linear(attention.q_proj, read[:, -queries:]), attention, "q_norm")
    k = _heads(linear(attention.k_proj, read), attention, "k_norm")
    v = _heads(linear(attention.v_proj, read), attention, None)
    q = _rotated(q, what.cos[-queries:], what.sin[-queries:]) * attention.scaling
    k = _rotated(k, what.cos, what.sin)
    mixed = attend(q, k, v, prefix, what.hidden[-queries:])
    x = linear.added(attention.o_proj, mixed, x[:, -queries:].contiguous())
    neurons = linear.gated(mlp, layer.post_attention_layernorm(x))
    return linear.added(mlp.down_proj, neurons, x)


def _heads(x: Float[Tensor, "row pos d"], attention: Any, norm: str | None) -> Tensor:
    split = x.view(*x.shape[:-1], -1, attention.head_dim)
    module = getattr(attention, norm, None) if norm else None
    normed: Tensor = split if module is None else module(split)
    return normed


def _rotated(
    x: Float[Tensor, "row pos head d_head"],
    cos: Float[Tensor, "pos 1 d_head"],
    sin: Float[Tensor, "pos 1 d_head"],
) -> Float[Tensor, "row pos head d_head"]:
    """Rotary positions. Source: Su et al., "RoFormer" (2021), eq. 34, halves as in GPT-NeoX."""
    a, b = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-b, a), dim=-1) * sin


def attend(
    q: Float[Tensor, "row q head d_head"],
    k: Float[Tensor, "row pos kv d_head"],
    v: Float[Tensor, "row pos kv d_head"],
    prefix: KeyValue | None,
    hidden: Bool[Tensor, "q 1 pos"],
) -> Float[Tensor, "row q d_mixed"]:
    """Attention of rows to a shared prefix and to themselves, several query heads a key head.

    Args:
        q: Queries, scaled already.
        k: Keys of the rows' own positions.
        v: Values of the rows' own positions.
        prefix: Keys and values that all rows see in full.
        hidden: Own positions that a query may not see.
    """
    rows, queries, heads, width = q.shape
    length, kv = k.shape[1], k.shape[2]
    each = heads // kv
    # [kv, row, query × heads of this key head, d_head]: the prefix product is one large matmul.
    q = q.view(rows, queries, kv, each, width).permute(2, 0, 1, 3, 4)
    q = q.reshape(kv, rows, queries * each, width)
    k = k.permute(2, 0, 1, 3).reshape(kv * rows, length, width)
    v = v.permute(2, 0, 1, 3).reshape(kv * rows, length, width)
    own = torch.bmm(q.flatten(0, 1), k.transpose(1, 2))
    own = own.view(kv, rows, queries, each, length).masked_fill(hidden, -torch.inf)
    own = own.view(kv, rows, queries * each, length)
    if prefix is None:
        mixed = torch.bmm(_weights(own).flatten(0, 1), v)
    else:
        keys, values = prefix
        shared = keys.shape[1]
        seen = torch.bmm(q.flatten(1, 2), keys.transpose(1, 2))
        seen = seen.view(kv, rows, queries * each, shared)
        weights = _weights(torch.cat((seen, own), dim=-1))
        first = torch.bmm(weights[..., :shared].reshape(kv, -1, shared), values)
        rest = weights[..., shared:].reshape(kv * rows, queries * each, length)
        mixed = torch.baddbmm(first.view(kv * rows, queries * each, width), rest, v)
    mixed = mixed.view(kv, rows, queries, each, width)
    return mixed.permute(1, 2, 0, 3, 4).reshape(rows, queries, heads * width)


def _weights(scores: Float[Tensor, "*rows key"]) -> Float[Tensor, "*rows key"]:
    """Softmax in float32, as the plain pass takes it in any precision."""
    return scores.softmax(-1, dtype=torch.float32).to(scores.dtype)
