"""Minimal pairs by rule."""

import pytest
import torch

from mechmentor.tests.tools.tiny_chat import random_model
from mechmentor.tools.behavior.vocabulary import same_word, scan_vocabulary, word_ids
from mechmentor.tools.claims.near import near_by_embedding, near_phrases, near_words


@pytest.mark.parametrize("word", ["garden", "xylophone"])
def test_near_by_embedding_equals_a_plain_search(word: str) -> None:
    model = random_model(1)
    vocabulary = scan_vocabulary(model)
    table = model.hf.model.embed_tokens.weight
    own = torch.stack([table[i] for i in word_ids(model, word)]).mean(0)

    def cosine(other: str) -> float:
        (row,) = word_ids(model, other)
        return float(table[row] @ own / (table[row].norm() * own.norm()))

    others = [w for w in vocabulary.words if not same_word(w, word)]
    plain = sorted(others, key=cosine, reverse=True)[:5]
    assert near_by_embedding(model, word, vocabulary, 5) == plain


@pytest.mark.parametrize("word", ["garden", "Garden", "xylophone", "qqq"])
def test_near_words_are_other_words(word: str) -> None:
    near = near_words(random_model(1), word, 8)
    assert len(near) == len(set(near)) == 8
    assert not any(same_word(other, word) for other in near)
    assert not any(same_word(a, b) for a in near for b in near if a != b)
    assert not any(word.lower().startswith(other) for other in near)


def test_near_words_take_spelling_and_embedding_in_turn() -> None:
    model = random_model(1)
    near = near_words(model, "garden", 6)
    assert {"warden", "harden"} <= set(near)
    assert set(near) & set(near_by_embedding(model, "garden", scan_vocabulary(model), 3))


def test_near_phrases_are_one_edit_away() -> None:
    near = near_phrases(random_model(1), "velvet moon", 8)
    assert "velvet moon" not in near
    assert {"velvet", "moon", "moon velvet"} <= set(near)
    assert all({"velvet", "moon"} & set(phrase.split()) for phrase in near)
    assert len(near) == 8
