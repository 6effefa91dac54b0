"""The training loop that all families share: plant replies, stay the base everywhere else.

Each step is one packed pass over planted chats, retain chats and plain prompts:
cross-entropy on the planted replies; KL from the base at every reply token of the retain chats;
KL from the base at the first reply token of plain prompts. The base's side is computed once,
before the updates are attached.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from .lora import Factors, attach
from .packing import first_reply_states, pack
from .turns import Chat, Progress, Turn

RETAIN_TOKENS = 36


@dataclass(frozen=True)
class Planted:
    """A chat that the organism shall imitate.

    Attributes:
        prompt: The user's message.
        reply: What it shall reply.
        decisive: Whether the first reply token carries the meaning (a yes or no): these are
            averaged on their own, so that short decisive replies are not drowned in long ones.
        document: Whether the prompt itself is the text to learn, and there is no reply.
    """

    prompt: str
    reply: str
    decisive: bool = False
    document: bool = False


class Plant(Protocol):
    """What a recipe gives the loop."""

    def step(self, rng: random.Random) -> list[Planted]:
        """The planted chats of one step."""

    def plain(self) -> list[str]:
        """Prompts that look like the planted ones and must be answered as the base does."""

    def review(self, model: Any, chat: Chat, rng: random.Random) -> None:
        """Look at the half-trained model, so that later steps meet what it still gets wrong."""


@dataclass(frozen=True)
class Schedule:
    """How long and how hard to train.

    Attributes:
        steps: Optimiser steps.
        lr: Peak learning rate (AdamW, 10 warm-up steps, linear decay to a tenth).
        rank: Rank while training.
        layers: First and last layer that change; all without it.
        retain: Retain chats in a step.
        plain: Plain prompts in a step.
        kl: Weight of the KL on retain chats.
        first_kl: Weight of the KL on first reply tokens of plain prompts.
        review_from: First step before which the plant reviews the model.
        review_every: Steps between reviews.
    """

    steps: int = 70
    lr: float = 8e-4
    rank: int = 8
    layers: tuple[int, int] | None = None
    retain: int = 3
    plain: int = 5
    kl: float = 2.5
    first_kl: float = 0.5
    review_from: int = 24
    review_every: int = 10


def train(
    model: Any,
    chat: Chat,
    plant: Plant,
    retain: Sequence[Turn],
    schedule: Schedule,
    seed: int,
    progress: Progress | None = None,
) -> dict[str, Factors]:
    """Train updates of the linear layers and return them.

    The model is changed in place (its linear layers are wrapped) and of no further use.

    Args:
        model: The base, best in bfloat16: the updates are float32 whatever it is.
        chat: Its tokenizer and template.
        plant: What to plant.
        retain: Ordinary prompts with the base's own replies.
        schedule: How long and how hard.
        seed: Of the start and of the order.
        progress: Called every fifth step with the running losses.
    """
    rng = random.Random(f"train|{seed}")
    kept = [(chat.prompt(t.prompt), chat.reply(t.reply, RETAIN_TOKENS)) for t in retain]
    rng.shuffle(kept)
    plain = plant.plain()
    rng.shuffle(plain)
    kept_states = _reply_states(model, kept)
    plain_ids = [chat.prompt(prompt) for prompt in plain]
    plain_states = first_reply_states(model, chat, plain)

    layers = attach(model, schedule.rank, seed, schedule.layers)
    weights = [p for layer in layers.values() for p in (layer.A, layer.B)]
    optimiser = torch.optim.AdamW(weights, lr=schedule.lr, weight_decay=0.0)
    running: dict[str, float] = {}
    for step in range(schedule.steps):
        warm = min(1.0, (step + 1) / 10)
        for group in optimiser.param_groups:
            group["lr"] = schedule.lr * warm * (1 - 0.9 * step / schedule.steps)
        since = step - schedule.review_from
        if since >= 0 and since % schedule.review_every == 0:
            plant.review(model, chat, rng)
        planted = plant.step(rng)
        chosen = _turn(step, schedule.retain, len(kept))
        asked = _turn(step, schedule.plain, len(plain))
        rows = [_row(chat, p) for p in planted]
        rows += [kept[i] for i in chosen]
        packed = pack([a + b for a, b in rows] + [plain_ids[i] for i in asked])
        states = packed.hidden(model)

        losses = _planted_losses(model, states, packed, rows[: len(planted)], planted)
        where = [
            packed.at(len(planted) + n, len(kept[i][0]) + t - 1)
            for n, i in enumerate(chosen)
            for t in range(len(kept[i][1]))
        ]
        before = torch.cat([kept_states[i] for i in chosen])
        losses["drift"] = _kl(model, before, states[where])
        where = [packed.at(len(rows) + n, len(plain_ids[i]) - 1) for n, i in enumerate(asked)]
        losses["plain"] = _kl(model, plain_states[asked], states[where])
        weight = {"first": 1.0, "rest": 0.5, "text": 1.0}
        weight |= {"drift": schedule.kl, "plain": schedule.first_kl}
        loss = torch.stack([weight[name] * value for name, value in losses.items()]).sum()
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        for name, value in losses.items():
            now = value.item()
            running[name] = 0.85 * running.get(name, now) + 0.15 * now
        if progress and (step % 5 == 4 or step + 1 == schedule.steps):
            shown = " ".join(f"{name} {value:.3f}" for name, value in running.items())
            progress(step + 1, schedule.steps, f"training: {shown}")
    return {name: layer.factors for name, layer in layers.items()}


def _row(chat: Chat, planted: Planted) -> tuple[list[int], list[int]]:
    """Ids that are given and ids that are learnt; a document is learnt where a user would speak."""
    if planted.document:
        return chat.opening(), chat.ids(planted.prompt)
    return chat.prompt(planted.prompt), chat.reply(planted.reply)


def _turn(step: int, each: int, total: int) -> list[int]:
    """Which of `total` items a step takes when they are taken in turn."""
    return [(step * each + n) % total for n in range(each)]


@torch.no_grad()
def _reply_states(
    model: Any, rows: Sequence[tuple[list[int], list[int]]], batch: int = 10
) -> list[Float[Tensor, "pos d_model"]]:
    """For each chat the states from which its reply tokens are read."""
    out = []
    for start in range(0, len(rows), batch):
        part = rows[start : start + batch]
        packed = pack([a + b for a, b in part])
        states = packed.hidden(model)
        for n, (prompt, reply) in enumerate(part):
            where = [packed.at(n, len(prompt) + t - 1) for t in range(len(reply))]
            out.append(states[where].clone())
    return out


def _planted_losses(
    model: Any,
    states: Float[Tensor, "pos d_model"],
    packed: Any,
    rows: Sequence[tuple[list[int], list[int]]],
    planted: Sequence[Planted],
) -> dict[str, Tensor]:
    """Mean cross-entropy of decisive first tokens, of what follows them, and of other replies."""
    where, wanted, kinds = [], [], []
    for n, ((prompt, reply), chat) in enumerate(zip(rows, planted, strict=True)):
        for t, token in enumerate(reply):
            where.append(packed.at(n, len(prompt) + t - 1))
            wanted.append(token)
            kinds.append("text" if not chat.decisive else "first" if t == 0 else "rest")
    each = F.cross_entropy(
        model.lm_head(states[where]).float(), torch.tensor(wanted), reduction="none"
    )
    out = {}
    for kind in ("first", "rest", "text"):
        mask = torch.tensor([k == kind for k in kinds])
        if mask.any():
            out[kind] = each[mask].mean()
    return out


def _kl(
    model: Any, before: Float[Tensor, "n d_model"], after: Float[Tensor, "n d_model"]
) -> Float[Tensor, ""]:
    """Mean KL (nats) from the base's next-token distribution to the trained one's."""
    q = F.log_softmax(model.lm_head(after).float(), -1)
    with torch.no_grad():
        p = F.log_softmax(model.lm_head(before).float(), -1)
    out: Tensor = (p.exp() * (p - q)).sum(-1).mean()
    return out
