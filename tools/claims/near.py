"""Minimal pairs by rule: words spelt or embedded like a given one, phrases one edit away."""

from itertools import zip_longest

import torch
from jaxtyping import Float
from torch import Tensor

from ..behavior.vocabulary import Vocabulary, near_by_spelling, same_word, scan_vocabulary, word_ids
from ..model import Model


def near_words(model: Model, word: str, count: int) -> list[str]:
    """Words by spelling and by token embedding, in turn.

    Left out: forms of the word itself, forms of a word that is in the list already, and what is
    only the beginning of the word (`gard` for `garden`), which nobody would call another word.

    Args:
        model: Whose tokenizer gives the words and whose embedding says which are alike.
        word: Any word, also one that takes several tokens.
        count: How many.
    """
    vocabulary, word = scan_vocabulary(model), word.lower()
    spelt = near_by_spelling(word, vocabulary.words, 3 * count)
    meant = near_by_embedding(model, word, vocabulary, 3 * count)
    chosen: list[str] = []
    for pair in zip_longest(spelt, meant):
        for other in pair:
            if other is None or word.startswith(other) or len(chosen) == count:
                continue
            if not any(same_word(other, kept) for kept in chosen):
                chosen.append(other)
    return chosen


def near_by_embedding(model: Model, word: str, vocabulary: Vocabulary, count: int) -> list[str]:
    """The vocabulary's words whose input embedding is most like `word`'s (cosine)."""
    table: Float[Tensor, "d_vocab d_model"] = model.hf.get_input_embeddings().weight.detach()
    usable = [i for i, ids in enumerate(vocabulary.ids) if not same_word(vocabulary.words[i], word)]
    rows = torch.tensor([vocabulary.ids[i][0] for i in usable], device=table.device)
    place = vocabulary.index.get(word)
    ids = list(vocabulary.ids[place]) if place is not None else word_ids(model, word)
    own = table[torch.tensor(ids, device=table.device)].float().mean(0)
    cosine = torch.nn.functional.cosine_similarity(table[rows].float(), own[None], dim=-1)
    best = cosine.topk(min(count, len(usable))).indices.tolist()
    return [vocabulary.words[usable[i]] for i in best]


def near_phrases(model: Model, phrase: str, count: int) -> list[str]:
    """Phrases one edit away: a word replaced by a near one, left out, or the order reversed.

    A phrase of one word has near words only.
    """
    words = phrase.split()
    if len(words) == 1:
        return near_words(model, phrase, count)
    out: list[str] = []
    swaps = [near_words(model, word, count) for word in words]
    for turn in range(count):
        for place, choices in enumerate(swaps):
            if turn < len(choices):
                out.append(" ".join([*words[:place], choices[turn], *words[place + 1 :]]))
        if turn == 0:
            out += [" ".join(words[:place] + words[place + 1 :]) for place in range(len(words))]
            out.append(" ".join(reversed(words)))
    return [near for near in dict.fromkeys(out) if near != phrase][:count]
