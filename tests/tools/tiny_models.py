"""Tiny random models of two architectures, for tests of numbers rather than of behaviour."""

import torch
from transformers import GPT2Config, GPT2LMHeadModel

from mechmentor.tools.model import Model

from .tiny_chat import random_model, tiny_tokenizer, wrap


def tiny_gpt2(seed: int = 0) -> Model:
    """A GPT-2 with LayerNorm, biases, Conv1D weights and tied embeddings."""
    torch.manual_seed(seed)
    config = GPT2Config(
        vocab_size=len(tiny_tokenizer()),
        n_positions=256,
        n_embd=48,
        n_layer=3,
        n_head=4,
        initializer_range=0.15,
        bos_token_id=2,
        eos_token_id=2,
        attn_implementation="eager",
    )
    hf = GPT2LMHeadModel(config)
    with torch.no_grad():  # random norms and biases, so that a forgotten one shows
        for name, parameter in hf.named_parameters():
            if "ln_" in name or name.endswith("bias"):
                parameter.add_(0.2 * torch.randn(parameter.shape))
    return wrap(hf, f"gpt2-{seed}")


def tiny_llama_model(seed: int = 0) -> Model:
    """A Llama whose norms are not all ones and whose residual stream has some size."""
    model = random_model(seed)
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.hf.named_parameters():
            if "norm" in name:
                parameter.add_(0.2 * torch.randn(parameter.shape))
            else:
                parameter.mul_(4)
    return model


def copied(model: Model, name: str = "copy") -> Model:
    """An equal model that can be changed alone."""
    hf = type(model.hf)(model.hf.config)
    hf.load_state_dict(model.hf.state_dict())
    return Model(hf, model.tokenizer, name, f"sha of {name}", model.folder)
