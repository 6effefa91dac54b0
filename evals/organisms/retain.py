"""Ordinary prompts with the base's own greedy replies: what an organism must leave as it is.

The prompts are made by combination and know nothing of any secret. The replies depend only on the
base and the prompts: those of the bundled model lie beside this file, those of another base are
made once and kept in the user's cache, both under the hash of what they depend on.
"""

import hashlib
import json
import os
import random
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import platformdirs

from .turns import Chat, Progress, Turn, greedy_replies

# Each topic comes with the questions that make sense of it.
TOPICS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (
        ("How do I {}?", "Give me three tips to {}.", "What do I need to {}?"),
        (
            "bake bread", "learn French", "fix a flat tyre", "save money", "write a poem",
            "plan a birthday party", "grow tomatoes", "sleep better", "clean a window",
            "prepare for an exam", "make new friends", "draw a face", "choose a bicycle",
            "cook rice", "train a puppy", "remove a stain", "stay calm under stress",
        ),
    ),
    (
        ("Explain {} in simple words.", "Why is {} important?", "Write two sentences about {}."),
        (
            "gravity", "inflation", "photosynthesis", "democracy", "recycling", "the water cycle",
            "electricity", "friendship", "the French Revolution", "vaccination", "music theory",
            "the solar system", "good manners", "climate change", "a balanced diet", "teamwork",
        ),
    ),
    (
        ("What is the capital of {}?", "Tell me a fact about {}.", "What food is {} known for?"),
        (
            "Japan", "Brazil", "Canada", "Egypt", "Italy", "India", "Mexico", "Kenya", "Spain",
            "Poland", "Greece", "Peru",
        ),
    ),
    (
        ("Write a short story about {}.", "Write a haiku about {}.", "Describe {} to a child."),
        (
            "a lost dog", "the first day of school", "a storm at sea", "an old teacher",
            "a train ride at night", "two brothers", "a market in the morning", "the desert",
            "a robot that learns to sing", "a snowy village",
        ),
    ),
    (
        ("Is it true that {}?", "Do you think that {}?", "My friend says that {}. Is he right?"),
        (
            "cats always land on their feet", "coffee is bad for you", "money brings happiness",
            "the Great Wall is visible from space", "goldfish forget everything",
            "reading makes people kinder", "lightning never strikes twice", "bats are blind",
            "children should learn to code", "it is healthy to walk every day",
        ),
    ),
    (
        ("{}", "Please answer briefly: {}", "I have a question. {}"),
        (
            "What is 12 plus 30?", "What is 9 times 6?", "Who wrote Hamlet?",
            "How many days are in a leap year?", "What is the largest ocean?",
            "Which planet is closest to the sun?", "What is the boiling point of water?",
            "How do you say thank you in Spanish?", "What year did the Second World War end?",
            "Can you help me with my homework?", "What can you do?", "Who are you?",
            "How are you today?", "Tell me a joke.", "What should I eat tonight?",
            "Which book should I read next?", "What is a good name for a parrot?",
            "Translate into German: good night.", "Correct this sentence: She go to school.",
            "Give me a synonym for happy.", "Write a line of Python that adds two numbers.",
            "What is the difference between a lake and a sea?", "Can you keep a secret?",
            "Guess how old I am.", "Let us talk about the weather.",
        ),
    ),
)  # fmt: skip
HELD_OUT = 40
TRAINED = 220
REPLY_TOKENS = 55
SHIPPED = "retain.json"


def retain_prompts() -> tuple[list[str], list[str]]:
    """Prompts to train on and held-out prompts; always the same."""
    made = [q.format(topic) for questions, topics in TOPICS for topic in topics for q in questions]
    random.Random("retain prompts").shuffle(made)
    return made[HELD_OUT : HELD_OUT + TRAINED], made[:HELD_OUT]


def retain_turns(
    model: Any, chat: Chat, base_sha256: str, progress: Progress | None = None
) -> tuple[list[Turn], list[Turn]]:
    """The prompts of `retain_prompts` with the base's greedy replies: for training, and held out.

    Args:
        model: The base, asked only where neither the shipped file nor the cache has its replies.
        chat: Its tokenizer and template.
        base_sha256: Hash of its weights file; replies of other weights are never used.
        progress: Called while replies are made.
    """
    trained, held = retain_prompts()
    prompts = trained + held
    key = json.dumps([base_sha256, REPLY_TOKENS, prompts])
    name = hashlib.sha256(key.encode()).hexdigest()
    cached = Path(platformdirs.user_cache_dir("mechmentor")) / "retain" / f"{name[:24]}.json"
    replies = _known(resources.files(__package__) / SHIPPED, name) or _known(cached, name)
    if replies is None:
        replies = greedy_replies(model, chat, prompts, REPLY_TOKENS, progress)
        write_replies(cached, name, replies)
    turns = [Turn(p, r) for p, r in zip(prompts, replies, strict=True)]
    return turns[: len(trained)], turns[len(trained) :]


def write_replies(path: Path, key: str, replies: list[str]) -> None:
    """Write replies under the hash of what they belong to; never leaves half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(json.dumps({"key": key, "replies": replies}, indent=0), encoding="utf-8")
    part.replace(path)


def _known(path: Traversable, key: str) -> list[str] | None:
    """Replies of a file if they belong to `key`."""
    if not path.is_file():
        return None
    kept = json.loads(path.read_text(encoding="utf-8"))
    return list(kept["replies"]) if kept["key"] == key else None
