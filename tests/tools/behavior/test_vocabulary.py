"""The scan vocabulary follows from the tokenizer alone."""

import difflib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechmentor.tests.tools.tiny_chat import (
    NOUNS,
    SPECIAL,
    random_model,
    tiny_llama,
    tiny_tokenizer,
)
from mechmentor.tools.behavior.vocabulary import (
    Vocabulary,
    near_by_spelling,
    read_words,
    same_word,
    scan_vocabulary,
    word_ids,
)
from mechmentor.tools.model import Model
from mechmentor.tools.spec import Refusal

LETTERS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=8)


def with_tokenizer(tokenizer: object) -> Model:
    return Model(tiny_llama(0), tokenizer, "tiny", "sha", Path())


@pytest.mark.parametrize("mark", ["Ġ", "▁"])
def test_words_are_whole_tokens_with_a_space_before_them(mark: str) -> None:
    tokenizer = tiny_tokenizer(mark)
    vocabulary = scan_vocabulary(with_tokenizer(tokenizer))
    assert {"garden", "bridge", "secret"} <= set(vocabulary.words)
    for word, (token,) in zip(vocabulary.words, vocabulary.ids, strict=True):
        assert tokenizer.convert_ids_to_tokens(token) == mark + word
        assert word.isascii()
        assert word.isalpha()
        assert word.islower()
        assert len(word) >= 3


def test_order_is_token_order_and_nothing_stands_twice() -> None:
    vocabulary = scan_vocabulary(random_model(1))
    ids = [token for (token,) in vocabulary.ids]
    assert ids == sorted(ids)
    assert len(set(vocabulary.words)) == len(vocabulary) == len(vocabulary.words)


def test_pieces_without_space_capitals_and_special_tokens_are_no_words() -> None:
    words = set(scan_vocabulary(random_model(1)).words)
    pieces = random_model(1).tokenizer.get_vocab()
    assert "ĠCould" not in {f"Ġ{w}" for w in words}
    assert all(f"Ġ{word}" in pieces for word in words)
    assert not words & {s.strip("<|>") for s in SPECIAL}


def test_extra_words_come_last_and_may_take_several_tokens() -> None:
    model = random_model(1)
    plain = scan_vocabulary(model)
    longer = scan_vocabulary(model, extra=["xylophone", "garden"])
    assert longer.words == (*plain.words, "xylophone")
    assert list(longer.ids[-1]) == word_ids(model, "xylophone")
    assert len(longer.ids[-1]) > 1
    assert str(len(longer)) in str(longer)
    assert "1 words of a list" in str(longer)


def test_a_tokenizer_without_space_marks_is_refused() -> None:
    class Bare:
        all_special_ids = ()

        def __len__(self) -> int:
            return 2

        def convert_ids_to_tokens(self, ids: list[int]) -> list[str]:
            return ["garden", "##er"]

    with pytest.raises(Refusal, match="no whole words"):
        scan_vocabulary(with_tokenizer(Bare()))


def test_words_file(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("Garden\nbridge\n\n# note\nit's\ngarden\nox\n", encoding="utf-8")
    assert read_words(path) == ["garden", "bridge"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("garden", "Garden"),
        ("garden", "gardens"),
        ("garden's", "garden"),
        ("box", "boxes"),
        ("city", "cities"),
        ("walk", "walked"),
        ("bake", "baking"),
        ("bake", "baked"),
        ("run", "running"),
    ],
)
def test_forms_of_one_word(one: str, other: str) -> None:
    assert same_word(one, other)
    assert same_word(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("garden", "gardener"),
        ("garden", "warden"),
        ("bar", "bard"),
        ("win", "wind"),
        ("corn", "corner"),
        ("moon", "month"),
        ("lamp", "clamp"),
    ],
)
def test_different_words(one: str, other: str) -> None:
    assert not same_word(one, other)


@given(LETTERS, LETTERS)
def test_same_word_is_symmetric_and_reflexive(one: str, other: str) -> None:
    assert same_word(one, one)
    assert same_word(one, other) == same_word(other, one)


@given(LETTERS, st.lists(LETTERS, max_size=30, unique=True))
def test_near_by_spelling_equals_a_plain_search(word: str, words: list[str]) -> None:
    def ratio(other: str) -> float:
        return difflib.SequenceMatcher(None, other, word, autojunk=False).ratio()

    near = near_by_spelling(word, words, 3)
    plain = sorted(
        (w for w in words if not same_word(w, word) and abs(len(w) - len(word)) <= 3),
        key=lambda w: -ratio(w),
    )
    assert near == [w for w in plain if ratio(w) > 0.5][:3]


def test_near_words_of_a_noun() -> None:
    assert near_by_spelling("garden", NOUNS, 2) == ["warden", "harden"]


def test_spread_is_even_and_leaves_out() -> None:
    words = tuple("abcdefghij")
    vocabulary = Vocabulary(words, tuple((n,) for n in range(10)), "letters")
    assert vocabulary.spread(5) == ["b", "d", "f", "h", "j"]
    assert vocabulary.spread(0) == []
    assert vocabulary.spread(99, leave_out="abc") == list("defghij")
