"""What an ablation is measured on: prompts with answers, whole texts, or repeated random tokens."""

import torch

from ..diff.plain_texts import TEXTS
from ..engine.components.attention import random_tokens
from ..engine.components.effects import Item
from ..engine.prompt_ids import prompt_ids
from ..model import Model
from ..spec import Refusal
from .pair import answer_tokens


def prompt_items(
    model: Model, prompts: list[str], answers: list[str], wrong: list[str], *, chat: bool
) -> tuple[list[Item], list[str]]:
    """Prompts whose answer's first token is scored, or every token of texts without answers.

    Raises:
        Refusal: `bad_args`, if the lists do not fit each other.
    """
    for name, given in (("answers", answers), ("wrong", wrong)):
        if given and len(given) != len(prompts):
            raise Refusal(
                "bad_args",
                f"{len(prompts)} prompts but {len(given)} {name}",
                f"give one of {name} for each prompt, or none",
            )
    if wrong and not answers:
        raise Refusal("bad_args", "wrong is given without answers", "give answers as well")
    items, warnings = [], []
    for i, prompt in enumerate(prompts):
        ids, warned = prompt_ids(model, prompt, chat=chat)
        warnings += [w for w in warned if w not in warnings]
        if not answers:
            if len(ids) < 3:
                raise Refusal("bad_args", f"{prompt!r} is too short", "give answers, or more text")
            items.append(Item(ids, list(range(1, len(ids) - 1)), ids[2:], []))
        elif wrong:
            shared, right, other = answer_tokens(model, answers[i], wrong[i])
            items.append(Item(ids + shared, [len(ids + shared) - 1], [right], [other]))
        else:
            found = model.text_ids(answers[i], bos=False) if answers[i].strip() else []
            if not found:
                raise Refusal("bad_args", "an answer is empty", 'correct: answers=[" Paris"]')
            items.append(Item(ids, [len(ids) - 1], found[:1], []))
    return items, warnings


def repeated_items(
    model: Model, length: int, sequences: int, generator: torch.Generator
) -> tuple[list[Item], list[list[int]]]:
    """Random tokens twice over, scored in the second copy; and random tokens without repetition."""
    rows = random_tokens(model, sequences, length, generator, copies=2).tolist()
    places = list(range(length + 1, 2 * length))
    items = [Item(ids, places, ids[length + 2 :], []) for ids in rows]
    return items, random_tokens(model, 8, min(2 * length, 64), generator).tolist()


def reference_sequences(model: Model, texts: list[str]) -> list[list[int]]:
    """Tokens of the reference texts; plain sentences where none are given.

    Raises:
        Refusal: `bad_args`, if a text is a single token.
    """
    found = [prompt_ids(model, text, chat=False)[0] for text in texts or TEXTS]
    if min(map(len, found)) < 2:
        raise Refusal("bad_args", "a reference text is a single token", "give longer texts")
    return found
