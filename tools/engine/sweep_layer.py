"""One layer's arithmetic for patched rows that carry only their own positions.

Everything but attention acts on vectors alone, so rows of any length lie in one flat table there.
Attention reads the positions before a row from the keys and values of the unpatched run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..model import Model
from .blocks import Linears
from .packed import TOGETHER
from .recording import Recording, down_map, output_map

_MOST_TOGETHER = 4096
_SCORES = 1 << 24  # attention scores that are held at a time: 64 MB in float32

# Vectors of groups that are filled up to one length: less than this costs less than a call.
_FILLED = 2048


def knows(model: Model) -> bool:
    """Whether this arithmetic is the model's own: a known layer, and no hooks inside it."""
    adapter = model.adapter
    if getattr(model.hf.config, "reorder_and_upcast_attn", False):
        return False
    modules = [m for layer in adapter.layers for m in layer.modules()] + [adapter.final_norm]
    return not any(m._forward_hooks or m._forward_pre_hooks for m in modules)


@dataclass(frozen=True)
class Group:
    """Rows that begin at one position.

    Attributes:
        start: That position.
        rows: How many rows.
        length: Positions that each row carries, `start` to the end of the prompt.
    """

    start: int
    rows: int
    length: int

    @property
    def vectors(self) -> int:
        """Vectors in the flat table."""
        return self.rows * self.length


class LayerPass:
    """One layer of a model, ready to take patched rows of one prompt through.

    Args:
        model: A model that `knows` accepts.
        into: The unpatched run.
        index: Which layer.
        vectors: Vectors that will pass in all, which decides whether weights are packed.
        packed: Weights of the model's layers that are packed already.
    """

    def __init__(
        self,
        model: Model,
        into: Recording,
        index: int,
        vectors: int = 0,
        packed: dict[Any, Tensor] | None = None,
    ) -> None:
        self.model, self.layer = model, model.adapter.layers[index]
        self.attention: Any = model.adapter.attention(self.layer)
        self.gpt2 = model.adapter.family == "gpt2"
        self.norm, self.mlp_norm = model.adapter.input_norms(self.layer)
        self.together = min(TOGETHER * torch.get_num_threads(), _MOST_TOGETHER)
        self.linear = Linears(
            self.layer, 0 if self.gpt2 else vectors, min(vectors, self.together), packed
        )
        inputs, words = into.calls[index]
        self.rotation: tuple[Tensor, Tensor] | None = None
        if not self.gpt2:
            cos, sin = words["position_embeddings"]
            self.rotation = cos[0][:, None], sin[0][:, None]
        length = len(into.ids)
        stream = into.resid_pre[index]
        mask = _mask([*inputs, *words.values()], length, stream.device)
        # [key, query], to be added to scores.
        self.hidden = torch.zeros_like(mask, dtype=stream.dtype).masked_fill_(mask, -torch.inf).T
        _, self.keys, self.values = self.project(stream, torch.arange(length, device=stream.device))

    def project(self, x: Float[Tensor, "n d_model"], at: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values [n, heads, d_head] of vectors at positions `at`."""
        read, attention = self.norm(x), self.attention
        if self.gpt2:
            parts = attention.c_attn(read).split(attention.split_size, dim=-1)
            q, k, v = (p.unflatten(-1, (-1, attention.head_dim)) for p in parts)
            return q, k, v
        maps = (attention.q_proj, attention.k_proj, attention.v_proj)
        q, k, v = (self.linear(m, read).unflatten(-1, (-1, attention.head_dim)) for m in maps)
        if hasattr(attention, "q_norm"):
            q, k = attention.q_norm(q), attention.k_norm(k)
        assert self.rotation is not None
        cos, sin = self.rotation[0][at], self.rotation[1][at]
        return _rotated(q, cos, sin), _rotated(k, cos, sin), v

    def after_attention(self, x: Tensor, heads: Float[Tensor, "n d_heads"]) -> Tensor:
        """The stream between attention and MLP."""
        return self._added(output_map(self.model, self.layer), heads, x, "attention")

    def attention_out(self, heads: Float[Tensor, "n d_heads"]) -> Float[Tensor, "n d_model"]:
        """What attention adds, from its heads' outputs side by side."""
        return self._normed(self.linear(output_map(self.model, self.layer), heads), "attention")

    def after_mlp(self, x: Float[Tensor, "n d_model"]) -> Float[Tensor, "n d_model"]:
        """The stream above the MLP, from the stream between attention and MLP."""
        return self._added(down_map(self.model, self.layer), self._neurons(x), x, "feedforward")

    def neurons_out(self, neurons: Float[Tensor, "n d_mlp"]) -> Float[Tensor, "n d_model"]:
        """What the MLP adds, from its neurons."""
        return self._normed(self.linear(down_map(self.model, self.layer), neurons), "feedforward")

    def _neurons(self, x: Tensor) -> Tensor:
        mlp: Any = self.layer.mlp
        read = self.mlp_norm(x)
        return mlp.act(mlp.c_fc(read)) if self.gpt2 else self.linear.gated(mlp, read)

    def _added(self, module: nn.Module, x: Tensor, stream: Tensor, block: str) -> Tensor:
        if self.model.adapter.names.post_norms:
            return stream + self._normed(self.linear(module, x), block)
        return self.linear.added(module, x, stream)

    def _normed(self, out: Tensor, block: str) -> Tensor:
        if not self.model.adapter.names.post_norms:
            return out
        return getattr(self.layer, f"post_{block}_layernorm")(out)  # type: ignore[no-any-return]

    def through(
        self,
        x: Float[Tensor, "n d_model"],
        groups: list[Group],
        *,
        last: bool,
        exchange: Callable[..., Tensor] | None = None,
    ) -> Float[Tensor, "m d_model"]:
        """The rows after this layer; with `last`, the last position of each row alone.

        Args:
            x: The rows, group after group.
            groups: Where each row begins.
            last: Whether only the last position is read from here on.
            exchange: Given queries, keys, values and heads' outputs of a group of whole rows, the
                group and `last`: the heads' outputs that are used instead.
        """
        length = len(self.keys)
        carried = torch.tensor([g.start for g in groups for _ in range(g.rows)])[:, None]
        at = (torch.arange(length) >= carried).nonzero()[:, 1].to(x.device)
        q, k, v = self.project(x, at)
        heads, begin = [], 0
        for some in [[g] for g in groups] if exchange else _together(groups):
            part = slice(begin, begin + sum(g.vectors for g in some))
            begin = part.stop
            own = q[part], k[part], v[part]
            if len(some) == 1:
                outputs = self.attend(*own, some[0], last)
            else:
                outputs = self._attend_padded(*own, some, at[part], last)
            heads.append(exchange(*own, outputs, some[0], last) if exchange else outputs)
        mixed = torch.cat(heads) if len(heads) > 1 else heads[0]
        if last:
            x = x[at == length - 1]
        out = torch.empty_like(x)
        for i in range(0, len(x), self.together):
            block = slice(i, i + self.together)
            out[block] = self.after_mlp(self.after_attention(x[block], mixed[block]))
        return out

    def _attend_padded(
        self, q: Tensor, k: Tensor, v: Tensor, groups: list[Group], at: Tensor, last: bool
    ) -> Float[Tensor, "m d_heads"]:
        """Rows of several groups at once, filled up with what the unpatched run has before them."""
        length, start = len(self.keys), groups[0].start
        whole = Group(start, sum(g.rows for g in groups), length - start)
        ends = (at == length - 1).long()
        row = ends.cumsum(0) - ends
        place = row * whole.length + at - start
        queries = q.new_zeros(whole.vectors, *q.shape[1:]).index_copy_(0, place, q)
        keys = self.keys[start:].repeat(whole.rows, 1, 1).index_copy_(0, place, k)
        values = self.values[start:].repeat(whole.rows, 1, 1).index_copy_(0, place, v)
        out = self.attend(queries, keys, values, whole, last)
        return out if last else out[place]

    def attend(
        self, q: Tensor, k: Tensor, v: Tensor, group: Group, last: bool
    ) -> Float[Tensor, "n d_heads"]:
        """Heads' outputs side by side, from the rows' own and the earlier positions.

        A few heads alone may be given where a row begins at position 0.
        """
        heads, width = q.shape[1:]
        kv, each = k.shape[1], heads // k.shape[1]
        q = q.view(group.rows, group.length, kv, each, width)
        if last:
            q = q[:, -1:]
        queries = q.shape[1]
        # Scores stand as [kv, row, key, query·each]: sums over keys then run along long rows of
        # memory, many times faster than softmax over a short last dimension.
        hidden = self.hidden[:, -queries:].repeat_interleave(each, dim=1)
        before = slice(0, group.start)
        prefix = self.keys[before].transpose(0, 1), self.values[before].transpose(0, 1)
        size = max(1, _SCORES // (heads * queries * len(hidden)))
        done = []
        for i in range(0, group.rows, size):
            qs = q[i : i + size].permute(2, 0, 1, 3, 4).flatten(2, 3)  # [kv, row, query·each, d]
            rows = qs.shape[1]
            own_k, own_v = (
                t.view(group.rows, group.length, kv, width)[i : i + size].permute(2, 0, 1, 3)
                for t in (k, v)
            )
            scores = own_k @ qs.transpose(-1, -2)
            if group.start:
                seen = torch.bmm(prefix[0], qs.flatten(1, 2).transpose(1, 2))
                seen = seen.view(kv, group.start, rows, -1).transpose(1, 2)
                scores = torch.cat((seen, scores), dim=2)
            cap = getattr(self.attention, "attn_logit_softcapping", None)
            if cap is not None:
                scores = torch.tanh(scores * (self.attention.scaling / cap))
            scores = torch.add(hidden, scores, alpha=cap or self.attention.scaling)
            weights = scores.softmax(2, dtype=torch.float32).to(v.dtype).transpose(2, 3)
            z = weights[..., group.start :] @ own_v
            if group.start:
                shared = weights[..., : group.start].flatten(1, 2)
                z = z + torch.bmm(shared, prefix[1]).view_as(z)
            z = z.unflatten(2, (queries, each)).permute(1, 2, 0, 3, 4)
            done.append(z.reshape(rows * queries, heads * width))
        return torch.cat(done) if len(done) > 1 else done[0]


def _together(groups: list[Group]) -> list[list[Group]]:
    """Neighbouring groups, the longest first, that are few enough vectors for one call."""
    out: list[list[Group]] = []
    for group in groups:
        rows = group.rows + sum(g.rows for g in out[-1]) if out else 0
        if out and out[-1][0].length * rows <= _FILLED:
            out[-1].append(group)
        else:
            out.append([group])
    return out


def _mask(given: list[Any], length: int, device: torch.device) -> Tensor:
    """Where a query may not look, [query, key]: the layer's own mask, windows included."""
    causal = torch.ones(length, length, dtype=torch.bool, device=device).triu(1)
    for value in given:
        if isinstance(value, Tensor) and value.dim() == 4:
            mask = value[0, 0, :length, :length]
            return causal | (~mask if mask.dtype == torch.bool else mask < -1)
    return causal


def _rotated(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary positions. Source: Su et al., "RoFormer" (2021), eq. 34, halves as in GPT-NeoX."""
    a, b = x.chunk(2, dim=-1)
    half = a.shape[-1]
    out = x * cos
    out[..., :half].addcmul_(b, sin[..., :half], value=-1)
    out[..., half:].addcmul_(a, sin[..., half:])
    return out
