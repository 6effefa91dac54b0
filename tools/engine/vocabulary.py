"""Words as a model's tokens: spellings of a word, words beside it, and what a token says."""

from weakref import WeakKeyDictionary

import torch

from ..model import Model
from ..spec import Refusal

_TEXTS: "WeakKeyDictionary[object, list[str]]" = WeakKeyDictionary()
_WINDOW = 400


def token_texts(model: Model) -> list[str]:
    """The text of every row of the unembedding; empty for rows that no token uses."""
    kept = _TEXTS.get(model.tokenizer)
    if kept is None or len(kept) < model.d_vocab:
        known = len(model.tokenizer)
        kept = [model.token_text(i) if i < known else "" for i in range(model.d_vocab)]
        _TEXTS[model.tokenizer] = kept
    return kept[: model.d_vocab]


def word_of(text: str) -> str:
    """The word that a token spells on its own, lower case; empty if it spells none.

    Fragments of one or two ASCII letters are no words: they would fill every list.
    """
    word = text.strip().lower()
    if not word.isalpha() or (word.isascii() and len(word) < 3):
        return ""
    return word


def spellings(model: Model, word: str) -> list[int]:
    """Single tokens that spell `word`: with and without a leading space, as given, capitalised.

    Args:
        model: Whose tokenizer is asked.
        word: One word without spaces around it.

    Returns:
        Token ids in that order, without repeats. A word that no single token spells is stood for
        by the first token of its spelling after a space.

    Raises:
        Refusal: If the word is empty.
    """
    if not word.strip():
        raise Refusal("bad_args", "a word to track is empty", 'correct: ["Paris"]')
    word = word.strip()
    found: list[int] = []
    for text in (f" {word}", word, f" {word.capitalize()}", word.capitalize()):
        ids = model.text_ids(text, bos=False)
        if len(ids) == 1 and ids[0] not in found:
            found.append(ids[0])
    return found or model.text_ids(f" {word}", bos=False)[:1]


def is_whole(model: Model, word: str) -> bool:
    """Whether some single token spells the whole word."""
    wanted = word.strip().lower()
    return any(model.token_text(i).strip().lower() == wanted for i in spellings(model, word))


def matched_words(
    model: Model, word: str, draws: int, generator: torch.Generator
) -> list[tuple[str, list[int]]]:
    """Random words of about the frequency of `word`, for a control.

    A token's number stands for its frequency: merges are numbered in the order in which they were
    learnt. A matched word has as many single-token spellings as `word` where enough words do.

    Args:
        model: Whose vocabulary is drawn from.
        word: The word to match.
        draws: How many words.
        generator: Source of the draws.

    Returns:
        (word, its token ids), never `word` itself. A vocabulary with fewer words gives tokens of
        any kind that are not special.
    """
    own = spellings(model, word)
    texts = token_texts(model)
    special = set(model.tokenizer.all_special_ids)
    wanted = word.strip().lower()
    usable = [
        i
        for i, text in enumerate(texts)
        if text.strip() and i not in special and text.strip().lower() != wanted
    ]
    whole = [
        i for i in usable if texts[i][1:].islower() and texts[i][0] == " " and word_of(texts[i])
    ]
    near = sorted(whole if len(whole) >= draws else usable, key=lambda i: (abs(i - own[0]), i))
    near = near[: max(_WINDOW, draws)]
    order = [near[int(j)] for j in torch.randperm(len(near), generator=generator)]
    drawn = [
        (texts[i].strip(), spellings(model, texts[i]) if word_of(texts[i]) else [i]) for i in order
    ]
    alike = [d for d in drawn if len(d[1]) == len(own)]
    return [*alike, *(d for d in drawn if len(d[1]) != len(own))][:draws]
