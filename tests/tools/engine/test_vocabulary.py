"""Spellings of a word, and the random words that stand beside it as a control."""

import pytest
import torch

from mechmentor.tests.tools.tiny_models import tiny_llama_model
from mechmentor.tools.engine.vocabulary import is_whole, matched_words, spellings, word_of
from mechmentor.tools.spec import Refusal


@pytest.fixture(scope="module")
def model():
    return tiny_llama_model()


def test_a_spelling_is_one_token_that_reads_as_the_word(model):
    ids = spellings(model, "garden")
    assert model.text_ids(" garden", bos=False)[0] in ids
    assert {model.token_text(i).strip().lower() for i in ids} == {"garden"}
    assert is_whole(model, "garden")


def test_a_word_of_many_tokens_is_stood_for_by_its_first(model):
    assert spellings(model, "zyzzyva") == model.text_ids(" zyzzyva", bos=False)[:1]
    assert not is_whole(model, "zyzzyva")


def test_an_empty_word_is_refused(model):
    with pytest.raises(Refusal, match="empty"):
        spellings(model, "  ")


def test_matched_words_are_others_near_in_frequency_and_never_repeat(model):
    drawn = matched_words(model, "garden", 8, torch.Generator().manual_seed(0))
    words = [word for word, _ in drawn]
    assert len(set(words)) == 8
    everything = matched_words(model, "garden", 400, torch.Generator().manual_seed(0))
    assert "garden" not in [word.lower() for word, _ in everything]
    assert "river" in [word for word, _ in everything]
    specials = set(model.tokenizer.all_special_ids)
    assert not specials & {i for _, ids in drawn for i in ids}
    again = matched_words(model, "garden", 8, torch.Generator().manual_seed(0))
    assert drawn == again
    assert drawn != matched_words(model, "garden", 8, torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("text", "word"), [(" Norway", "norway"), ("th", ""), (" x1", ""), ("日", "日"), ("  ", "")]
)
def test_what_counts_as_a_word(text, word):
    assert word_of(text) == word
