"""Where each architecture keeps its parts: one small adapter per family of models.

The adapter holds references to the modules of the loaded model. It copies nothing, so hooks that
are put on its modules act on every plain forward pass.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from ..spec import Refusal


@dataclass(frozen=True)
class Names:
    """Attribute paths of one family of architectures.

    Attributes:
        body: The model below the unembedding.
        embed: Token embedding, in the body.
        layers: List of layers, in the body.
        final_norm: Norm before the unembedding, in the body.
        attention: Attention block, in a layer.
        attention_norm: Norm in front of the attention, in a layer.
        mlp_norm: Norm in front of the MLP, in a layer.
        rotary: Whether the own pass of `blocks.py` knows this family's layer.
        post_norms: Whether each block's output is normed before it is added.
    """

    body: str = "model"
    embed: str = "embed_tokens"
    layers: str = "layers"
    final_norm: str = "norm"
    attention: str = "self_attn"
    attention_norm: str = "input_layernorm"
    mlp_norm: str = "post_attention_layernorm"
    rotary: bool = False
    post_norms: bool = False


_LLAMA = Names(rotary=True)
_GEMMA = Names(mlp_norm="pre_feedforward_layernorm", post_norms=True)
_GPT2 = Names(
    body="transformer",
    embed="wte",
    layers="h",
    final_norm="ln_f",
    attention="attn",
    attention_norm="ln_1",
    mlp_norm="ln_2",
)
FAMILIES: dict[str, Names] = {
    "llama": _LLAMA,
    "mistral": _LLAMA,
    "qwen2": _LLAMA,
    "qwen3": _LLAMA,
    "gemma2": _GEMMA,
    "gemma3_text": _GEMMA,
    "gpt2": _GPT2,
}


@dataclass(frozen=True)
class Adapter:
    """The parts of one loaded model.

    Attributes:
        family: `model_type` of the configuration.
        names: Attribute paths.
        body: The model below the unembedding; its `last_hidden_state` has passed the final norm.
        embed: Token embedding module.
        layers: The layers, in order.
        final_norm: Norm before the unembedding.
        head: Unembedding module.
        softcap: Bound of the logits, softcap · tanh(logits / softcap); None where there is none.
    """

    family: str
    names: Names
    body: nn.Module
    embed: nn.Module
    layers: list[nn.Module]
    final_norm: nn.Module
    head: nn.Module
    softcap: float | None = field(default=None)

    @property
    def embedding(self) -> Float[Tensor, "d_vocab d_model"]:
        """Embedding of each token as it enters the first layer, without positions."""
        scale = getattr(self.embed, "embed_scale", None)
        table: Tensor = self.embed.weight  # type: ignore[assignment]
        return table if scale is None else table * scale.to(table)

    @property
    def unembedding(self) -> Float[Tensor, "d_vocab d_model"]:
        """Weight of the unembedding."""
        return self.head.weight  # type: ignore[return-value]

    @property
    def unembedding_bias(self) -> Float[Tensor, "d_vocab"] | None:
        """Bias of the unembedding, where it has one."""
        return getattr(self.head, "bias", None)

    def input_norms(self, layer: nn.Module) -> tuple[nn.Module, nn.Module]:
        """The norms that a layer's attention and MLP read through."""
        return getattr(layer, self.names.attention_norm), getattr(layer, self.names.mlp_norm)

    def attention(self, layer: nn.Module) -> nn.Module:
        """The attention block of a layer."""
        return getattr(layer, self.names.attention)  # type: ignore[no-any-return]

    def unembed(
        self, normed: Float[Tensor, "*rows d_model"], keep: list[int] | None = None
    ) -> Float[Tensor, "*rows k"]:
        """Logits of vectors that have passed the final norm.

        Args:
            normed: Output of the final norm.
            keep: Tokens wanted, in this order; None for the whole vocabulary.
        """
        if keep is None:
            return self.cap(self.head(normed))
        index = torch.tensor(keep, device=self.unembedding.device)
        bias = self.unembedding_bias
        part = None if bias is None else bias[index]
        return self.cap(functional.linear(normed, self.unembedding[index], part))

    def logits(
        self, residual: Float[Tensor, "*rows d_model"], keep: list[int] | None = None
    ) -> Float[Tensor, "*rows k"]:
        """Logits that final norm, unembedding and soft-cap make of residual vectors."""
        return self.unembed(self.final_norm(residual), keep)

    def cap(self, logits: Float[Tensor, "*rows k"]) -> Float[Tensor, "*rows k"]:
        """Apply the soft-cap, where the model has one."""
        if self.softcap is None:
            return logits
        return torch.tanh(logits / self.softcap) * self.softcap


def supported(family: str) -> bool:
    """Whether a `model_type` has an adapter."""
    return family in FAMILIES


def adapter_of(hf: Any) -> Adapter:
    """The adapter of a loaded model.

    Raises:
        Refusal: `model_limit`, for an architecture without an adapter.
    """
    family = hf.config.model_type
    names = FAMILIES.get(family)
    if names is None:
        raise Refusal(
            "model_limit",
            f"architecture {family!r} has no adapter",
            f"supported: {', '.join(FAMILIES)}",
        )
    part: Callable[[str], Any] = lambda name: getattr(body, name)  # noqa: E731
    body = getattr(hf, names.body)
    return Adapter(
        family=family,
        names=names,
        body=body,
        embed=part(names.embed),
        layers=list(part(names.layers)),
        final_norm=part(names.final_norm),
        head=hf.get_output_embeddings(),
        softcap=getattr(hf.config, "final_logit_softcapping", None),
    )
