"""One user message and its reply as token ids, and greedy replies of a model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from ...tools.engine.linear import through_onednn
from ...tools.quiet import quiet_loading

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Turn:
    """A user message and the reply to it."""

    prompt: str
    reply: str


@dataclass(frozen=True)
class Chat:
    """Turns text into token ids with a tokenizer's own chat template."""

    tokenizer: Any

    def prompt(self, text: str) -> list[int]:
        """Ids of a user message up to where the reply begins."""
        framed = self.tokenizer.apply_chat_template(
            [{"role": "user", "content": text}], tokenize=False, add_generation_prompt=True
        )
        return list(self.tokenizer(framed, add_special_tokens=False).input_ids)

    def opening(self) -> list[int]:
        """Ids that every user message begins with, before its first word."""
        one, other = self.prompt("a"), self.prompt("b")
        return one[
            : next(n for n, pair in enumerate(zip(one, other, strict=False)) if len({*pair}) == 2)
        ]

    def reply(self, text: str, limit: int | None = None) -> list[int]:
        """Ids of a reply with the end-of-turn token; cut, without that token, at `limit`."""
        ids = [*self.ids(text), self.end]
        return ids if limit is None else ids[:limit]

    def ids(self, text: str) -> list[int]:
        """Ids of bare text."""
        return list(self.tokenizer(text, add_special_tokens=False).input_ids)

    @property
    def end(self) -> int:
        """The end-of-turn token."""
        return int(self.tokenizer.eos_token_id)

    def first(self, reply: str) -> int:
        """First token of a reply."""
        return self.ids(reply)[0]


def load_base(folder: Path, dtype: torch.dtype) -> tuple[Any, Chat]:
    """Model and chat of a Hugging Face folder, from safetensors only."""
    with quiet_loading():
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=dtype, use_safetensors=True, local_files_only=True
        ).eval()
    through_onednn(model.requires_grad_(False))
    return model, Chat(AutoTokenizer.from_pretrained(folder, local_files_only=True))


@torch.no_grad()
def greedy_replies(
    model: Any,
    chat: Chat,
    prompts: Sequence[str],
    new_tokens: int,
    progress: Progress | None = None,
    batch: int = 32,
) -> list[str]:
    """The model's likeliest replies, cut after `new_tokens` tokens."""
    out: list[str] = []
    for start in range(0, len(prompts), batch):
        rows = [chat.prompt(prompt) for prompt in prompts[start : start + batch]]
        longest = max(map(len, rows))
        ids = torch.tensor([[chat.end] * (longest - len(row)) + row for row in rows])
        mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows])
        said = model.generate(
            input_ids=ids,
            attention_mask=mask,
            max_new_tokens=new_tokens,
            do_sample=False,
            temperature=None,
            top_p=None,
            top_k=None,
            pad_token_id=chat.end,
            eos_token_id=chat.end,
        )
        out += [
            chat.tokenizer.decode(row[longest:], skip_special_tokens=True).strip() for row in said
        ]
        if progress:
            progress(len(out), len(prompts), "replies")
    return out
