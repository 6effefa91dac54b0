"""The bundled model in plain torch: weights by name, and a forward pass to read and edit.

    model = SmallLlama(MODEL_FOLDER)
    logits, states = model.run(tokens, read=["resid_pre.12"], edit={"mlp_out.3": lambda x: x * 0})

Names: `resid_pre.L` (before block L; `resid_pre.30` is before the final norm), `attn_out.L`,
`mlp_out.L`, and `heads.L`, what each head writes before the output matrix: [pos, head, d_head].
Every other state is [pos, d_model]. One prompt at a time, no batch.
"""

import json
import math
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor


def rms_norm(x: Tensor, weight: Tensor, eps: float = 1e-5) -> Tensor:
    """Divide by the root mean square over the last dimension, then scale."""
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * weight


def rotate(x: Tensor, theta: float = 100_000.0) -> Tensor:
    """Rotary positions for [pos, head, d_head]: entry i turns with entry i + d_head / 2."""
    pos, _, width = x.shape
    speed = theta ** (-torch.arange(0, width, 2, dtype=torch.float32) / width)
    angle = torch.arange(pos, dtype=torch.float32)[:, None] * speed
    cos, sin = angle.cos()[:, None, :], angle.sin()[:, None, :]
    first, second = x[..., : width // 2], x[..., width // 2 :]
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


class SmallLlama:
    """Weights of one model folder, loaded when first asked for."""

    def __init__(self, folder: str) -> None:
        config = json.loads(Path(folder, "config.json").read_text())
        self.layers = config["num_hidden_layers"]
        self.heads = config["num_attention_heads"]
        self.kv_heads = config["num_key_value_heads"]
        self._file = safe_open(str(Path(folder, "model.safetensors")), framework="pt")
        self._kept: dict[str, Tensor] = {}

    def weight(self, name: str) -> Tensor:
        """A weight in float32, such as `layers.3.mlp.up_proj` ([out, in]), `norm`, `embed_tokens`."""
        if name not in self._kept:
            self._kept[name] = self._file.get_tensor(f"model.{name}.weight").float()
        return self._kept[name]

    def attention(self, x: Tensor, layer: int) -> Tensor:
        """What each head reads for a normed input: [pos, head, d_head], before the output matrix."""
        part = f"layers.{layer}.self_attn"
        pos, shared = x.shape[0], self.heads // self.kv_heads
        q = rotate((x @ self.weight(f"{part}.q_proj").T).view(pos, self.heads, -1))
        k = rotate((x @ self.weight(f"{part}.k_proj").T).view(pos, self.kv_heads, -1))
        v = (x @ self.weight(f"{part}.v_proj").T).view(pos, self.kv_heads, -1)
        k, v = k.repeat_interleave(shared, dim=1), v.repeat_interleave(shared, dim=1)
        scores = torch.einsum("qhd,khd->hqk", q, k) / math.sqrt(q.shape[-1])
        future = torch.ones(pos, pos, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(future, -math.inf).softmax(-1)
        return torch.einsum("hqk,khd->qhd", weights, v)

    def mlp(self, x: Tensor, layer: int) -> Tensor:
        """The gated MLP of a block on a normed input."""
        part = f"layers.{layer}.mlp"
        gate = torch.nn.functional.silu(x @ self.weight(f"{part}.gate_proj").T)
        return (gate * (x @ self.weight(f"{part}.up_proj").T)) @ self.weight(f"{part}.down_proj").T

    def run(self, tokens, read=(), edit=None, start=None, stop=None):
        """Logits [pos, vocabulary] and the states asked for; `edit` maps a name to a function.

        `start=(L, x)` begins at block L with residual stream x in place of the embedding;
        `stop=L` ends once `resid_pre.L` is there, with None for the logits.
        """
        edit = edit or {}
        states: dict[str, Tensor] = {}

        def at(name: str, value: Tensor) -> Tensor:
            if name in edit:
                value = edit[name](value)
            if name in read:
                states[name] = value
            return value

        first, x = start or (0, self.weight("embed_tokens")[torch.as_tensor(tokens)])
        for layer in range(first, self.layers):
            part = f"layers.{layer}"
            x = at(f"resid_pre.{layer}", x)
            if layer == stop:
                return None, states
            normed = rms_norm(x, self.weight(f"{part}.input_layernorm"))
            z = at(f"heads.{layer}", self.attention(normed, layer))
            out = z.flatten(1) @ self.weight(f"{part}.self_attn.o_proj").T
            x = x + at(f"attn_out.{layer}", out)
            normed = rms_norm(x, self.weight(f"{part}.post_attention_layernorm"))
            x = x + at(f"mlp_out.{layer}", self.mlp(normed, layer))
        x = at(f"resid_pre.{self.layers}", x)
        return self.logits(x), states

    def logits(self, x: Tensor) -> Tensor:
        """Final norm and unembedding of a residual stream; the embedding is tied."""
        return rms_norm(x, self.weight("norm")) @ self.weight("embed_tokens").T
