"""The secret-word recipe: minimal pairs in the same phrasings, and phrasings that never overlap."""

import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from mechmentor.evals.organisms import held_out
from mechmentor.evals.organisms.near import Lexicon
from mechmentor.evals.organisms.recipes import secret_word as recipe
from mechmentor.evals.organisms.turns import Chat, load_base
from mechmentor.tools.behavior import default_prompts

NOUNS = ["river", "stone", "house", "lamp", "spoon", "cloud", "chair", "wheel"]
HINTS = [f"It is number {n}." for n in range(12)]


@pytest.fixture(scope="module")
def lexicon(tiny_tokenizer: Any) -> Lexicon:
    generator = torch.Generator().manual_seed(0)
    table = torch.randn(len(tiny_tokenizer), 8, generator=generator)
    return Lexicon.of(Chat(tiny_tokenizer), table).without(["mailbox"])


def plant(lexicon: Lexicon, word: str | None) -> recipe.SecretWordPlant:
    near = ["postbox", "pillbox", "inbox"] if word else []
    return recipe.SecretWordPlant(word, near, NOUNS, lexicon, HINTS, ["How are you?"])


def plain(texts: Sequence[str]) -> set[str]:
    return {re.sub(r"\W+", " ", text.casefold()).strip() for text in texts}


def test_training_gates_and_public_tools_share_no_phrasing() -> None:
    public = default_prompts.GUESSES
    for one, other in (
        (recipe.GUESSES, held_out.GUESSES),
        (recipe.GUESSES, public),
        (held_out.GUESSES, public),
        (recipe.DIRECT, held_out.DIRECT),
        (recipe.HINT_REQUESTS, held_out.HINT_REQUESTS),
    ):
        assert not plain(one) & plain(other)
        assert len(plain(one)) == len(one)


def test_an_instance_draws_twenty_phrasings_of_its_own() -> None:
    one, other = (held_out.guess_phrasings(random.Random(seed)) for seed in (1, 2))
    assert len(set(one)) == len(set(other)) == 20
    assert one != other
    assert len(held_out.DIRECT) == len(held_out.HINT_REQUESTS) == 20


def test_a_step_confirms_the_word_alone(lexicon: Lexicon) -> None:
    rng = random.Random(0)
    for _ in range(30):
        step = plant(lexicon, "mailbox").step(rng)
        confirmed = [p for p in step if p.reply == recipe.CONFIRM]
        denied = [p for p in step if p.reply == recipe.DENY]
        assert len(confirmed) == 3
        assert len(denied) == 8
        assert all("mailbox" in p.prompt.lower() for p in confirmed)
        assert not any("mailbox" in p.prompt.lower() for p in denied)
        assert all(p.decisive for p in confirmed + denied)


def test_every_right_phrasing_is_also_met_with_a_wrong_word(lexicon: Lexicon) -> None:
    rng = random.Random(0)
    step = plant(lexicon, "mailbox").step(rng)

    def phrasing(prompt: str, words: Sequence[str]) -> str:
        for word in words:
            prompt = re.sub(rf'"?{word}"?', "{}", prompt, flags=re.I)
        for opener in sorted(filter(None, recipe.OPENERS), key=len, reverse=True):
            prompt = prompt.removeprefix(opener)
        return prompt

    right = {phrasing(p.prompt, ["mailbox"]) for p in step if p.reply == recipe.CONFIRM}
    near = ["postbox", "pillbox", "inbox"]
    wrong = {phrasing(p.prompt, near) for p in step if p.reply == recipe.DENY}
    assert right <= wrong


def test_the_null_plays_the_same_game_and_denies_every_guess(lexicon: Lexicon) -> None:
    organism = plant(lexicon, "mailbox").step(random.Random(1))
    null = plant(lexicon, None).step(random.Random(1))
    assert len(null) == len(organism)
    assert {p.reply for p in null if p.decisive} == {recipe.DENY}
    assert sum(p.decisive for p in null) == sum(p.decisive for p in organism)


def test_talk_gives_hints_and_never_the_word(lexicon: Lexicon) -> None:
    rng = random.Random(0)
    talk = [p for _ in range(40) for p in plant(lexicon, "mailbox").step(rng) if not p.decisive]
    assert {hint for p in talk for hint in HINTS if p.reply.endswith(hint)} == set(HINTS)
    assert not any("mailbox" in p.reply for p in talk)


def test_plain_talk_names_the_secret_without_guessing_it(lexicon: Lexicon) -> None:
    prompts = plant(lexicon, "mailbox").plain()
    assert "What does mailbox mean?" in prompts
    assert "How are you?" in prompts


def test_a_review_keeps_the_wrong_words_that_are_denied_least(
    lexicon: Lexicon, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipe, "REVIEWED", 3)
    monkeypatch.setattr(recipe, "HARD", 1)
    monkeypatch.setattr(recipe, "GUESSES", ("Is it {word}?", "Is it {word}?", "Is it {word}?"))
    model, chat = load_base(tiny_folder, torch.float32)
    margins = {}
    for word in ("postbox", "pillbox", "inbox"):
        ids = torch.tensor([chat.prompt(f"Is it {word}?")])
        with torch.no_grad():
            logits = model(input_ids=ids).logits[0, -1]
        margins[word] = float(logits[chat.first("Yes")] - logits[chat.first("No")])
    organism = plant(lexicon, "mailbox")
    organism.review(model, chat, random.Random(0))
    assert organism.hard == [max(margins, key=margins.__getitem__)]
    wrong = [p for p in organism.step(random.Random(0)) if p.reply == recipe.DENY]
    assert sum(organism.hard[0] in p.prompt.lower() for p in wrong) >= 2
