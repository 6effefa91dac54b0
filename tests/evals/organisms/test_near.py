"""Near words by rule, for nouns of one token or many."""

import random
from typing import Any

import pytest
import torch

from mechmentor.evals.organisms.near import Lexicon, one_token, token_words
from mechmentor.evals.organisms.pool import pool
from mechmentor.evals.organisms.turns import Chat
from mechmentor.tools.behavior.vocabulary import same_word


@pytest.fixture(scope="module")
def chat(tiny_tokenizer: Any) -> Chat:
    return Chat(tiny_tokenizer)


@pytest.fixture(scope="module")
def lexicon(chat: Chat) -> Lexicon:
    generator = torch.Generator().manual_seed(0)
    return Lexicon.of(chat, torch.randn(len(chat.tokenizer), 16, generator=generator))


def test_words_are_nouns_of_the_pool_and_whole_tokens(lexicon: Lexicon, chat: Chat) -> None:
    assert lexicon.words[: len(pool())] == pool()
    tokens = lexicon.words[len(pool()) :]
    assert set(tokens) <= set(token_words(chat.tokenizer))
    assert all(one_token(chat, word) for word in tokens)


@pytest.mark.parametrize("word", ["abacus", "mailbox", "ice-cream", "garden"])
def test_near_words_are_other_words_and_no_forms(lexicon: Lexicon, word: str) -> None:
    near = lexicon.near(word, 20)
    assert len(near) == len(set(near)) == 20
    assert not any(same_word(other, word) for other in near)


def test_near_words_come_by_spelling_and_by_embedding(lexicon: Lexicon) -> None:
    near = lexicon.near("mailbox", 20)
    assert "postbox" in near or "pillbox" in near
    cosine = lexicon.vectors @ lexicon.vectors[lexicon.index["mailbox"]]
    order = [lexicon.words[place] for place in cosine.topk(12).indices.tolist()]
    assert sum(word in near for word in order if not same_word(word, "mailbox")) >= 9


def test_banned_words_are_never_given_out(lexicon: Lexicon) -> None:
    banned = lexicon.near("garden", 5)
    narrowed = lexicon.without(banned)
    assert not set(narrowed.near("garden", 20)) & set(banned)
    rng = random.Random(0)
    nouns = [*banned, "river"]
    assert {narrowed.draw(rng, nouns, share=1.0) for _ in range(50)} == {"river"}


def test_draws_mix_nouns_and_words_of_the_tokenizer(lexicon: Lexicon) -> None:
    rng = random.Random(0)
    drawn = [lexicon.draw(rng, pool()) for _ in range(200)]
    nouns = sum(word in set(pool()) for word in drawn)
    assert 60 < nouns < 140
