"""A two-layer attention-only Llama with weights written by hand, which does induction and no more.

Layer 0 has a head that copies the previous token's code into its own position, layer 1 a head that
looks for the place whose previous token is the present one and predicts what stands there. Every
tool that looks for circuits must find these two heads and nothing else. The other heads hold small
random weights, but for one that looks at an earlier copy of the same token and writes nothing of
use.

Residual stream: the token's code (one-hot), the previous token's code, the prediction, a constant.
Source of the algorithm: Olsson et al., "In-context Learning and Induction Heads" (2022).
"""

import math
from functools import cache
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from mechmentor.tools.model import Model

Head = tuple[int, int]
PREVIOUS: Head = (0, 2)
DUPLICATE: Head = (0, 5)
INDUCTION: Head = (1, 4)
CIRCUIT = (PREVIOUS, INDUCTION)

WORDS = (
    "lamp river stone paper cloud horse table chair window bread apple tiger rocket mirror candle "
    "forest pencil bottle island carpet castle guitar button velvet helmet silver cotton copper "
    "maple amber marble winter lemon silk purple crystal piano bridge ladder kettle basket feather "
    "anchor violin pepper saddle garden harbor city market farmer doctor teacher singer"
).split()
LAYERS, HEADS, D_HEAD, D_MODEL = 2, 9, 128, 180  # the width must divide by the heads
_TOKENS = len(WORDS) + 2  # the words, the token in front of every text, and one for the unknown
_TOK, _PREV, _PRED, _ONE = 0, _TOKENS, 2 * _TOKENS, 3 * _TOKENS
_THETA = 1e6
# Pairs of dimensions that turn fast tell positions apart; those that hardly turn hold codes.
_FAST = range(6)
_SLOW = [*range(28, 64), *range(92, 128)]


@cache
def word_tokenizer() -> PreTrainedTokenizerFast:
    """Each word is one token, with its leading space; texts begin with a token of their own."""
    names = ["<s>", "<unk>", *(f"Ġ{word}" for word in WORDS)]
    tokenizer = Tokenizer(models.WordLevel({n: i for i, n in enumerate(names)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", 0)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="<s>", unk_token="<unk>"
    )


def induction_model(sharpness: float = 10.0) -> Model:
    """The model, made anew at each call.

    Args:
        sharpness: Score of a match in the induction head before the softmax. At 10 a match gets
            99% of the attention; far higher values leave gradients nothing to go by.
    """
    config = LlamaConfig(
        vocab_size=_TOKENS,
        hidden_size=D_MODEL,
        intermediate_size=8,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS,
        head_dim=D_HEAD,
        max_position_embeddings=256,
        rope_parameters={"rope_type": "default", "rope_theta": _THETA},
        tie_word_embeddings=False,
        bos_token_id=0,
        eos_token_id=0,
        attn_implementation="eager",
    )
    state = torch.random.get_rng_state()
    hf = LlamaForCausalLM(config)
    torch.random.set_rng_state(state)
    with torch.no_grad():
        _write(hf, sharpness)
    return Model(hf, word_tokenizer(), "induction", f"sha of induction {sharpness}", Path())


def repeated(length: int, seed: int = 0) -> list[int]:
    """The first token, different random words, and the same words again."""
    order = torch.randperm(len(WORDS), generator=torch.Generator().manual_seed(seed))
    words = [2 + int(i) for i in order[:length]]
    return [0, *words, *words]


def _write(hf: Any, sharpness: float) -> None:
    generator = torch.Generator().manual_seed(0)
    for layer in hf.model.layers:
        layer.mlp.down_proj.weight.zero_()
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            weight = layer.self_attn.get_submodule(name).weight
            weight.copy_(0.01 * torch.randn(weight.shape, generator=generator))
    codes = torch.eye(_TOKENS)
    hf.model.embed_tokens.weight.zero_()
    hf.model.embed_tokens.weight[:, _TOK : _TOK + _TOKENS] = codes
    hf.model.embed_tokens.weight[:, _ONE] = 1
    hf.lm_head.weight.zero_()
    hf.lm_head.weight[:, _PRED : _PRED + _TOKENS] = codes
    # The norm divides by the root mean square; token and constant come in with length 1 each, the
    # code of the previous token joins them in layer 1.
    first, second = math.sqrt(2 / D_MODEL), math.sqrt(3 / D_MODEL)
    _previous(_Parts(hf, *PREVIOUS, first))
    _duplicate(_Parts(hf, *DUPLICATE, first))
    _induction(_Parts(hf, *INDUCTION, second), sharpness)


class _Parts:
    """One head's weights, with normed unit features brought back to length 1 where it reads."""

    def __init__(self, hf: Any, layer: int, head: int, unit: float) -> None:
        attention = hf.model.layers[layer].self_attn
        rows = slice(head * D_HEAD, (head + 1) * D_HEAD)
        self.q, self.k, self.v = (
            attention.get_submodule(f"{n}_proj").weight[rows].zero_() for n in "qkv"
        )
        self.o: Tensor = attention.o_proj.weight[:, rows].zero_()
        self.unit = unit

    def ask(self, dimension: int, feature: int, score: float) -> None:
        """Let a feature of the query's position ask with this score before the softmax."""
        self.q[dimension, feature] += score * self.unit * math.sqrt(D_HEAD)

    def answer(self, dimension: int, feature: int, size: float = 1.0) -> None:
        """Let a feature of the key's position answer."""
        self.k[dimension, feature] += size * self.unit

    def copy(self, source: int, target: int, size: float) -> None:
        """Copy a block of one-hot codes from where the head looks, but for the first token's."""
        for token in range(1, _TOKENS):
            self.v[token, source + token] = self.unit
            self.o[target + token, token] = size

    def at_offset(self, offset: int, score: float) -> None:
        """Add a score that is largest (negative: smallest) so many positions back.

        Queries turned back by `offset` steps of the rotary angle meet keys in phase there.
        """
        for pair in _FAST:
            angle = offset * _THETA ** (-2 * pair / D_HEAD)
            self.ask(pair, _ONE, score * math.cos(angle))
            self.ask(pair + D_HEAD // 2, _ONE, -score * math.sin(angle))
            self.answer(pair, _ONE)


def _previous(head: _Parts) -> None:
    head.at_offset(1, 12.0)
    head.copy(_TOK, _PREV, 1.0)


def _duplicate(head: _Parts) -> None:
    """Look at an earlier copy of this token, not at itself, and without one at the first token."""
    head.at_offset(0, -8.0)
    for token in range(1, _TOKENS):
        head.ask(_SLOW[token], _TOK + token, 60.0)
        head.answer(_SLOW[token], _TOK + token)
    head.ask(_SLOW[0], _ONE, 40.0)
    head.answer(_SLOW[0], _TOK)


def _induction(head: _Parts, sharpness: float) -> None:
    for token in range(1, _TOKENS):
        head.ask(_SLOW[token], _TOK + token, sharpness)
        head.answer(_SLOW[token], _PREV + token)
    head.ask(_SLOW[0], _ONE, sharpness / 2)
    head.answer(_SLOW[0], _TOK)
    head.copy(_TOK, _PRED, 5.0)
