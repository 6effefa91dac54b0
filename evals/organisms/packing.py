"""Many short chats in one forward pass, their common opening computed once.

Chats of one template open with the same tokens. In a causal model these positions depend on
nothing later, so that one copy serves all chats: each chat's own tokens see the common opening
and their own chat, at the positions that they would have alone. Results are those of separate
passes, and so are gradients.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from .turns import Chat, Progress


@dataclass(frozen=True)
class Pack:
    """Chats laid end to end behind their common opening.

    Attributes:
        ids: Token ids.
        positions: Position of each token in its own chat.
        visible: Which position (column) each position (row) may attend to.
        shared: Length of the common opening.
        starts: Where each chat's own tokens begin.
    """

    ids: Int[Tensor, "1 pos"]
    positions: Int[Tensor, "1 pos"]
    visible: Bool[Tensor, "pos pos"]
    shared: int
    starts: tuple[int, ...]

    def at(self, chat: int, position: int) -> int:
        """Where position `position` of chat `chat` stands in the pack."""
        return position if position < self.shared else self.starts[chat] + position - self.shared

    def hidden(self, model: Any) -> Float[Tensor, "pos d_model"]:
        """Final hidden states (after the last norm) of every packed token."""
        dtype = model.lm_head.weight.dtype
        mask = torch.zeros(self.visible.shape, dtype=dtype).masked_fill_(
            ~self.visible, torch.finfo(dtype).min
        )
        states: Tensor = model.model(
            input_ids=self.ids,
            position_ids=self.positions,
            attention_mask=mask[None, None],
            use_cache=False,
        ).last_hidden_state[0]
        return states


def pack(chats: Sequence[Sequence[int]]) -> Pack:
    """Lay chats end to end behind their longest common opening; each keeps a token of its own."""
    shortest = min(chats, key=len)
    shared = 0
    while shared < len(shortest) - 1 and len({chat[shared] for chat in chats}) == 1:
        shared += 1
    ids, positions, owner, starts = list(chats[0][:shared]), list(range(shared)), [-1] * shared, []
    for number, chat in enumerate(chats):
        starts.append(len(ids))
        ids += chat[shared:]
        positions += range(shared, len(chat))
        owner += [number] * (len(chat) - shared)
    own = torch.tensor(owner)
    same = (own[:, None] == own[None, :]) | (own[None, :] == -1)
    visible = same & torch.ones(len(ids), len(ids), dtype=torch.bool).tril()
    return Pack(torch.tensor([ids]), torch.tensor([positions]), visible, shared, tuple(starts))


@torch.no_grad()
def first_reply_states(
    model: Any,
    chat: Chat,
    prompts: Sequence[str],
    batch: int = 40,
    progress: Progress | None = None,
) -> Float[Tensor, "prompt d_model"]:
    """Hidden state from which each prompt's first reply token is read."""
    rows = []
    for start in range(0, len(prompts), batch):
        chats = [chat.prompt(prompt) for prompt in prompts[start : start + batch]]
        packed = pack(chats)
        last = [packed.at(number, len(ids) - 1) for number, ids in enumerate(chats)]
        rows.append(packed.hidden(model)[last])
        if progress:
            progress(min(start + batch, len(prompts)), len(prompts), "first reply tokens")
    return torch.cat(rows)
