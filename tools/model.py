"""A loaded model with its tokenizer: what every tool acts on."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import nn

from .engine.adapters import Adapter, adapter_of
from .engine.thinking import Thinking, with_system, without_thought
from .spec import Refusal

# Rendered into templates that would otherwise print today's date, so that equal calls stay equal.
_DATE = "01 Jan 2025"


@dataclass(eq=False)
class Model:
    """A model in evaluation mode, with eager attention and frozen weights.

    Attributes:
        hf: The transformers model.
        tokenizer: Its tokenizer.
        name: Last part of the folder or id that it came from.
        sha256: Hash over weight files, adapter files, configuration and tokenizer.
        folder: Where configuration and tokenizer were read.
        weights_sha256: Hash of the weight files alone, which adapters name as their base.
        counters: Called with the number of tokens of each forward pass, before it runs.
    """

    hf: Any = field(repr=False)
    tokenizer: Any = field(repr=False)
    name: str
    sha256: str
    folder: Path
    weights_sha256: str = ""
    counters: list[Callable[[int], None]] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        """Freeze, and count tokens where they are embedded and where vectors come instead."""
        self.hf.eval().requires_grad_(False)
        counters = self.counters

        # Functions, not methods: `bridge` copies the module tree, and a method would drag the
        # whole model into the copy.
        def count_ids(_: nn.Module, args: tuple[Any, ...], named: dict[str, Any]) -> None:
            ids = args[0] if args else next(iter(named.values()))
            for counter in counters:
                counter(int(ids.numel()))

        def count_vectors(_: nn.Module, args: tuple[Any, ...], named: dict[str, Any]) -> None:
            vectors = named.get("inputs_embeds")
            if vectors is not None:
                for counter in counters:
                    counter(int(vectors.shape[0] * vectors.shape[1]))

        self.hf.get_input_embeddings().register_forward_pre_hook(count_ids, with_kwargs=True)
        body = getattr(self.hf, self.hf.base_model_prefix)
        body.register_forward_pre_hook(count_vectors, with_kwargs=True)

    @cached_property
    def adapter(self) -> Adapter:
        """Where this architecture keeps its parts.

        Raises:
            Refusal: `model_limit`, for an architecture without an adapter.
        """
        return adapter_of(self.hf)

    @cached_property
    def bridge(self) -> Any:
        """A TransformerLens bridge over the same weights: hook names, caches, generation.

        Booting rewrites the module tree, so it is given a copy of the tree that shares every
        tensor: hooks on `hf` act on `hf` alone, those on the bridge on the bridge alone.
        """
        from transformer_lens.model_bridge import TransformerBridge

        shared: dict[int, Any] = {
            id(t): t for group in (self.hf.parameters(), self.hf.buffers()) for t in group
        }
        tree = copy.deepcopy(self.hf, shared)
        return TransformerBridge.boot_transformers(
            str(self.folder), hf_model=tree, tokenizer=copy.deepcopy(self.tokenizer)
        )

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.hf.device  # type: ignore[no-any-return]

    @property
    def dtype(self) -> torch.dtype:
        """Precision of the weights."""
        return self.hf.dtype  # type: ignore[no-any-return]

    @property
    def n_layers(self) -> int:
        """Number of layers."""
        return int(self.hf.config.num_hidden_layers)

    @property
    def d_model(self) -> int:
        """Width of the residual stream."""
        return int(self.hf.config.hidden_size)

    @property
    def n_heads(self) -> int:
        """Query heads a layer."""
        return int(self.hf.config.num_attention_heads)

    @property
    def d_vocab(self) -> int:
        """Rows of the unembedding; some may belong to no token."""
        return int(self.hf.get_output_embeddings().weight.shape[0])

    @property
    def has_chat_template(self) -> bool:
        """Whether chat prompts can be made."""
        return bool(getattr(self.tokenizer, "chat_template", None))

    def chat_text(
        self,
        user: str | Sequence[Any],
        *,
        system: str | None = None,
        prefill: str = "",
        thinking: Thinking = "off",
    ) -> str:
        """The prompt as text: chat template, the assistant's header, then `prefill`.

        Args:
            user: The user's message, or a list of messages (mappings or `Message`).
            system: System prompt; None leaves the template's own default in place. A template
                without a system role gets it before the first user message.
            prefill: Words that the reply goes on from.
            thinking: What the template's own switch is set to; `auto` leaves it alone. With `off`
                the reply's first token is the answer: a template that has no switch and opens a
                thought gets an empty one.

        Raises:
            Refusal: `model_limit`, without a template or where it refuses these messages.
        """
        if not self.has_chat_template:
            raise Refusal(
                "model_limit",
                f"{self.name} has no chat template",
                "give the prompt as raw text, or load a chat model",
            )
        messages = [{"role": "user", "content": user}] if isinstance(user, str) else list(user)
        turns = [
            dict(m) if isinstance(m, Mapping) else {"role": m.role, "content": m.content}
            for m in messages
        ]
        if system is None:
            return self._rendered(turns, thinking) + prefill
        try:
            return (
                self._rendered([{"role": "system", "content": system}, *turns], thinking) + prefill
            )
        except Refusal:
            return self._rendered(with_system(turns, system), thinking) + prefill

    def _rendered(self, turns: list[dict[str, Any]], thinking: Thinking) -> str:
        # Templates that think have a switch of this name; others ignore the word.
        switch = {} if thinking == "auto" else {"enable_thinking": thinking == "on"}
        try:
            text = self.tokenizer.apply_chat_template(
                turns, tokenize=False, add_generation_prompt=True, date_string=_DATE, **switch
            )
        except Exception as error:
            raise Refusal(
                "model_limit",
                f"the chat template refuses these messages: {error}",
                "let user and assistant take turns, user first",
            ) from None
        return without_thought(str(text)) if thinking == "off" else str(text)

    def chat_ids(
        self,
        user: str | Sequence[Any],
        *,
        system: str | None = None,
        prefill: str = "",
        thinking: Thinking = "off",
    ) -> list[int]:
        """Token ids of `chat_text`, with one beginning-of-sequence token at most.

        The header's tokens stay as they are without a prefill, even where the prefill's first
        letters would join with them: the model reads what it reads in a conversation.
        """
        head = self.chat_text(user, system=system, thinking=thinking)
        ids = self._plain_ids(head)
        if prefill:
            joined = self._plain_ids(head + prefill)
            ids = joined if joined[: len(ids)] == ids else ids + self._plain_ids(prefill)
        return ids

    def text_ids(self, text: str, *, bos: bool = True) -> list[int]:
        """Token ids of raw text, with a beginning-of-sequence token if the tokenizer adds one.

        Args:
            text: Any text.
            bos: False for a word or a continuation, which never gets that token.
        """
        ids = self._plain_ids(text)
        start = self.bos_id if bos else None
        return ids if start is None or ids[:1] == [start] else [start, *ids]

    @cached_property
    def bos_id(self) -> int | None:
        """The token that the tokenizer puts in front of every text; None if it puts none."""
        start = self.tokenizer.bos_token_id
        return start if start is not None and self.tokenizer("a").input_ids[:1] == [start] else None

    def decode(self, ids: Sequence[int]) -> str:
        """Text of token ids, without special tokens."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True))

    def token_text(self, token: int) -> str:
        """Text of one token, special ones included."""
        return str(self.tokenizer.decode([token], clean_up_tokenization_spaces=False))

    @cached_property
    def stop_ids(self) -> set[int]:
        """Tokens that end a reply: end of sequence, and what the template puts after a reply."""
        stops: set[int | None] = set()
        for source in (self.hf.generation_config, self.hf.config, self.tokenizer):
            found = getattr(source, "eos_token_id", None)
            stops.update(found if isinstance(found, list | tuple) else [found])
        if self.has_chat_template:
            stops.add(self._end_of_turn())
        return {int(stop) for stop in stops if stop is not None}

    def _end_of_turn(self) -> int | None:
        marker = "reply"
        turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": marker}]
        try:
            text = str(self.tokenizer.apply_chat_template(turns, tokenize=False))
        except Exception:
            return None
        after = self._plain_ids(text[text.rindex(marker) + len(marker) :]) if marker in text else []
        special = set(self.tokenizer.all_special_ids) | set(self.tokenizer.added_tokens_decoder)
        return next((token for token in after if token in special), None)

    def _plain_ids(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False).input_ids)
