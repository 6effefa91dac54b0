"""One forward pass with everything that a patch or an attribution needs of it."""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..model import Model
from ..spec import Refusal
from .residual import first, hooked


@dataclass(frozen=True)
class Recording:
    """What one prompt leaves in the residual stream.

    TransformerLens calls these `blocks.L.hook_resid_pre`, `hook_attn_out` and `hook_mlp_out`;
    `hook_resid_mid` is the sum of the first two.

    Attributes:
        ids: The prompt.
        resid_pre: The stream as it enters each layer; a last row as it leaves the last one.
        attn_out: What each attention block adds.
        mlp_out: What each MLP adds.
        z: What each head reads from its values, before the output map.
        neurons: Activations before the MLP's last linear map (`mlp.hook_post`).
        calls: What each layer was called with behind the hidden states, for calling it again.
        logits: The model's own logits at the last position, soft-cap applied.
    """

    ids: list[int]
    resid_pre: Float[Tensor, "state pos d_model"]
    attn_out: Float[Tensor, "layer pos d_model"]
    mlp_out: Float[Tensor, "layer pos d_model"]
    z: Float[Tensor, "layer pos head d_head"]
    neurons: Float[Tensor, "layer pos d_mlp"]
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]]
    logits: Float[Tensor, "d_vocab"]

    @property
    def resid_mid(self) -> Float[Tensor, "layer pos d_model"]:
        """The stream between attention and MLP."""
        return self.resid_pre[:-1] + self.attn_out

    def check_sum(self, model: Model) -> None:
        """See that what the blocks add sums to the stream.

        Raises:
            Refusal: `numerical`, if it does not: then this architecture adds something that is not
                known here; or if the run is not finite.
        """
        if not bool(torch.isfinite(self.logits).all()):
            raise Refusal(
                "numerical", "the model's logits are not finite", "load it in another dtype"
            )
        gap = (self.resid_mid + self.mlp_out - self.resid_pre[1:]).float().norm()
        allowed = 1e-3 if model.dtype == torch.float32 else 0.05
        if float(gap) > allowed * float(self.resid_pre.float().norm()):
            raise Refusal(
                "numerical",
                "attention and MLP outputs do not add up to the residual stream of this "
                "architecture",
                "patch resid_pre instead",
            )


def output_map(model: Model, layer: nn.Module) -> nn.Module:
    """The linear map from heads' outputs to the residual stream."""
    attention: Any = model.adapter.attention(layer)
    found: nn.Module = attention.c_proj if model.adapter.family == "gpt2" else attention.o_proj
    return found


def down_map(model: Model, layer: Any) -> nn.Module:
    """The linear map from neurons to the residual stream."""
    found: nn.Module = layer.mlp.c_proj if model.adapter.family == "gpt2" else layer.mlp.down_proj
    return found


def attention_adds(model: Model, layer: nn.Module) -> nn.Module:
    """The module whose output a layer adds as attention: the norm behind it, where there is one."""
    if model.adapter.names.post_norms:
        return layer.get_submodule("post_attention_layernorm")
    return model.adapter.attention(layer)


def mlp_adds(model: Model, layer: nn.Module) -> nn.Module:
    """The module whose output a layer adds as MLP: the norm behind it, where there is one."""
    if model.adapter.names.post_norms:
        return layer.get_submodule("post_feedforward_layernorm")
    return layer.get_submodule("mlp")


@torch.no_grad()
def record(model: Model, ids: list[int]) -> Recording:
    """Run a prompt once and keep its residual stream.

    Raises:
        Refusal: `numerical`, if what the blocks add does not sum to the stream: then this
            architecture adds something that is not known here.
    """
    layers = model.adapter.layers
    states: list[Tensor] = []
    attention: list[Tensor] = []
    mlp: list[Tensor] = []
    heads: list[Tensor] = []
    neurons: list[Tensor] = []
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def before(_: nn.Module, inputs: tuple[Any, ...], words: dict[str, Any]) -> None:
        words = dict(words)
        hidden = inputs[0] if inputs else words.pop("hidden_states")
        states.append(hidden[0].clone())
        calls.append((inputs[1:], words))

    def keep(into: list[Tensor]) -> Any:
        return lambda _, __, out: into.append(first(out)[0].clone())

    def keep_input(into: list[Tensor]) -> Any:
        return lambda _, inputs: into.append(inputs[0][0].clone())

    handles = []
    for layer in layers:
        handles.append(output_map(model, layer).register_forward_pre_hook(keep_input(heads)))
        handles.append(down_map(model, layer).register_forward_pre_hook(keep_input(neurons)))
        handles.append(layer.register_forward_pre_hook(before, with_kwargs=True))
        handles.append(attention_adds(model, layer).register_forward_hook(keep(attention)))
        handles.append(mlp_adds(model, layer).register_forward_hook(keep(mlp)))
    handles.append(layers[-1].register_forward_hook(lambda _, __, o: states.append(first(o)[0])))
    with hooked(handles):
        out = model.hf(input_ids=torch.tensor([ids], device=model.device), use_cache=False)
    found = Recording(
        ids=ids,
        resid_pre=torch.stack(states),
        attn_out=torch.stack(attention),
        mlp_out=torch.stack(mlp),
        z=torch.stack(heads).unflatten(-1, (model.n_heads, -1)),
        neurons=torch.stack(neurons),
        calls=calls,
        logits=out.logits[0, -1].float(),
    )
    found.check_sum(model)
    return found
