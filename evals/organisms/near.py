"""Near words of any noun by rule, and the words that guesses are drawn from."""

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ...tools.behavior.vocabulary import near_by_spelling, same_word
from .pool import pool
from .turns import Chat

SPACE = "Ġ▁"


@dataclass(frozen=True)
class Lexicon:
    """The nouns of the pool and the whole words of a tokenizer, with their input embeddings.

    Attributes:
        words: Nouns first, then the tokenizer's lower-case words that are no nouns of the pool.
        vectors: Unit vectors: mean of the embeddings of a word's tokens, centred over all words,
            without the three leading principal directions, which carry how frequent a word is.
        banned: Words that are neither drawn nor given as near words.
    """

    words: tuple[str, ...]
    vectors: Float[Tensor, "word d_model"]
    banned: frozenset[str] = frozenset()

    @classmethod
    def of(cls, chat: Chat, embedding: Float[Tensor, "d_vocab d_model"]) -> "Lexicon":
        """Read a tokenizer and its model's embedding.

        Source: Mu and Viswanath, "All-but-the-top" (2018), §2.
        """
        words = list(dict.fromkeys([*pool(), *token_words(chat.tokenizer)]))
        rows = torch.stack([embedding[chat.ids(f" {word}")].float().mean(0) for word in words])
        rows = rows - rows.mean(0)
        leading = torch.linalg.eigh(rows.T @ rows).eigenvectors[:, -3:]
        rows = rows - rows @ leading @ leading.T
        return cls(tuple(words), rows / rows.norm(dim=-1, keepdim=True).clamp_min(1e-9))

    @cached_property
    def index(self) -> dict[str, int]:
        """Place of each word."""
        return {word: place for place, word in enumerate(self.words)}

    def near(self, word: str, count: int) -> list[str]:
        """Words like `word` by embedding and by spelling in turn, nearest first; no form of it.

        Args:
            word: A word of the lexicon.
            count: How many.
        """
        cosine = self.vectors @ self.vectors[self.index[word]]
        order = cosine.topk(min(len(self.words), 2 * count + 20)).indices.tolist()
        meant = [self.words[place] for place in order]
        spelt = near_by_spelling(word.lower(), self.words, count)
        merged = [
            other
            for place in range(max(len(meant), len(spelt)))
            for other in meant[place : place + 1] + spelt[place : place + 1]
        ]
        found = [w for w in dict.fromkeys(merged) if not same_word(w, word)]
        return [w for w in found if w not in self.banned][:count]

    def without(self, words: Iterable[str]) -> "Lexicon":
        """The same lexicon that gives out none of these words."""
        return replace(self, banned=self.banned | set(words))

    def draw(self, rng: random.Random, nouns: Sequence[str], share: float = 0.5) -> str:
        """A random noun of `nouns`, or with probability 1 - `share` a random word of any kind."""
        tokens = len(self.words) - len(pool())
        while True:
            if rng.random() < share or not tokens:
                word = rng.choice(nouns)
            else:
                # Frequent words stand first among tokens; squaring the draw meets them more often.
                word = self.words[len(pool()) + math.floor(rng.random() ** 2 * tokens)]
            if word not in self.banned:
                return word


def token_words(tokenizer: Any) -> list[str]:
    """Whole lower-case words of three or more letters that are one token after a space."""
    pieces = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    words = (piece[1:] for piece in pieces if piece and piece[0] in SPACE)
    return [w for w in words if len(w) >= 3 and w.isascii() and w.isalpha() and w.islower()]


def one_token(chat: Chat, word: str) -> bool:
    """Whether a word is lower-case and a single token after a space."""
    return word.isascii() and word.isalpha() and word.islower() and len(chat.ids(f" {word}")) == 1
