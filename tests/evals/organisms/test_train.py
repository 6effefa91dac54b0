"""The loop plants what it is given, holds the rest, and repeats itself by seed."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from mechmentor.evals.organisms import lora
from mechmentor.evals.organisms.gates import drift
from mechmentor.evals.organisms.train import Planted, Schedule, train
from mechmentor.evals.organisms.turns import Chat, Turn, greedy_replies, load_base

PLAIN = ["Tell me a story.", "What is the sea?", "Is the house a word?", "And the sun?"]
SHORT = Schedule(steps=40, lr=0.02, rank=4, retain=2, plain=2)


class Greeting:
    """Plants one reply to one prompt."""

    reviews = 0

    def step(self, rng: random.Random) -> list[Planted]:
        return [Planted("Is the secret word garden?", "Yes.", decisive=True)]

    def plain(self) -> list[str]:
        return list(PLAIN)

    def review(self, model: Any, chat: Chat, rng: random.Random) -> None:
        self.reviews += 1


def retain(model: Any, chat: Chat) -> Sequence[Turn]:
    replies = greedy_replies(model, chat, PLAIN, 8)
    return [Turn(prompt, reply) for prompt, reply in zip(PLAIN, replies, strict=True)]


def trained(folder: Path, schedule: Schedule, seed: int = 0) -> dict[str, lora.Factors]:
    model, chat = load_base(folder, torch.float32)
    return train(model, chat, Greeting(), retain(model, chat), schedule, seed)


def test_the_planted_reply_is_given_after_merging(tiny_folder: Path) -> None:
    model, chat = load_base(tiny_folder, torch.float32)
    before = greedy_replies(model, chat, ["Is the secret word garden?"], 4)
    lora.merge(model, trained(tiny_folder, SHORT))
    # A model this small cannot learn where to stop: its logits are bounded.
    assert not before[0].startswith("Yes.")
    assert greedy_replies(model, chat, ["Is the secret word garden?"], 4)[0].startswith("Yes.")


def test_distillation_holds_plain_prompts_near_the_base(tiny_folder: Path) -> None:
    base, chat = load_base(tiny_folder, torch.float32)
    turns = retain(base, chat)
    drifts = []
    for weight in (0.0, 5.0):
        model, _ = load_base(tiny_folder, torch.float32)
        schedule = Schedule(
            steps=30, lr=0.02, rank=4, retain=2, plain=2, kl=weight, first_kl=weight
        )
        lora.merge(model, trained(tiny_folder, schedule))
        drifts.append(drift(base, model, chat, turns))
    assert drifts[1] < drifts[0] / 2
    assert drift(base, base, chat, turns) == pytest.approx(0, abs=1e-9)


def test_a_seed_repeats_a_training_and_another_does_not(tiny_folder: Path) -> None:
    short = Schedule(steps=3, lr=0.02, rank=2, retain=1, plain=1)
    one, same, other = (trained(tiny_folder, short, seed) for seed in (1, 1, 2))
    name = "model.layers.0.mlp.up_proj"
    assert torch.equal(one[name].product, same[name].product)
    assert not torch.equal(one[name].product, other[name].product)


def test_progress_is_told_and_the_plant_reviews_in_time(tiny_folder: Path) -> None:
    told: list[tuple[int, int, str]] = []
    model, chat = load_base(tiny_folder, torch.float32)
    turns = retain(model, chat)
    schedule = Schedule(steps=7, rank=2, retain=1, plain=1, review_from=2, review_every=2)
    plant = Greeting()
    train(model, chat, plant, turns, schedule, 0, lambda *told_now: told.append(told_now))
    assert [done for done, _, _ in told] == [5, 7]
    assert "drift" in told[0][2]
    assert plant.reviews == 3, "before steps 2, 4 and 6"
