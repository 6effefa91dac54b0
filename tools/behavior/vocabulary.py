"""The words that a scan runs over, chosen by rule from the tokenizer and never by hand.

A token counts as a word if it opens with a space mark (`Ġ` in byte-level BPE, `▁` in
SentencePiece) and goes on with at least three lower-case ASCII letters. Words stand in the order
of their token ids: merges are learnt from the most frequent pair down, so that the id is a
frequency rank that needs no word list.
"""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from weakref import WeakKeyDictionary

from ..model import Model
from ..spec import Refusal

SPACE_MARKS = "Ġ▁"
_WORD = re.compile(rf"[{SPACE_MARKS}]([a-z]{{3,}})")
_PLAIN = re.compile(r"[a-z]{3,}")
# A tokenizer does not change under a run, and reading 49,000 pieces takes a third of a second.
_KEPT: "WeakKeyDictionary[object, dict[str, tuple[int, ...]]]" = WeakKeyDictionary()


@dataclass(frozen=True)
class Vocabulary:
    """Words with the token ids that they take inside a sentence.

    Attributes:
        words: In scan order.
        ids: Token ids of each word, with the space before it; one id for words made by rule.
        rule: One clause that says where the words come from.
    """

    words: tuple[str, ...]
    ids: tuple[tuple[int, ...], ...]
    rule: str

    def __len__(self) -> int:
        """Number of words."""
        return len(self.words)

    def __str__(self) -> str:
        """The size and the rule."""
        return f"{len(self)} words: {self.rule}"

    @cached_property
    def index(self) -> dict[str, int]:
        """Position of each word."""
        return {word: position for position, word in enumerate(self.words)}

    def spread(self, count: int, leave_out: Iterable[str] = ()) -> list[str]:
        """`count` words at even distances over the whole list, none of them in `leave_out`."""
        out = set(leave_out)
        left = [word for word in self.words if word not in out]
        if count >= len(left):
            return left
        return [left[int((position + 0.5) * len(left) / count)] for position in range(count)]


def scan_vocabulary(model: Model, extra: Iterable[str] = ()) -> Vocabulary:
    """Every whole-word token of a model's tokenizer, in token-id order.

    Args:
        model: The model whose tokenizer gives the words.
        extra: Words to append (see `read_words`), if they are not there yet; these may take
            several tokens.

    Raises:
        Refusal: `model_limit`, if the tokenizer marks no words and no extra words are given.
    """
    found = dict(_by_rule(model))
    by_rule = len(found)
    for word in extra:
        found.setdefault(word, tuple(word_ids(model, word)))
    if not found:
        raise Refusal(
            "model_limit",
            "this tokenizer marks no whole words with a leading space",
            "give the words yourself",
        )
    rule = "whole-word tokens of three or more lower-case letters, by token id"
    if len(found) > by_rule:
        rule += f", then {len(found) - by_rule} words of a list"
    return Vocabulary(tuple(found), tuple(found.values()), rule)


def _by_rule(model: Model) -> dict[str, tuple[int, ...]]:
    tokenizer = model.tokenizer
    kept = _KEPT.get(tokenizer)
    if kept is None:
        pieces = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
        special = set(tokenizer.all_special_ids)
        kept = {}
        for token_id, piece in enumerate(pieces):
            fits = _WORD.fullmatch(piece) if isinstance(piece, str) else None
            if fits and token_id not in special:
                kept.setdefault(fits.group(1), (token_id,))
        _KEPT[tokenizer] = kept
    return kept


def word_ids(model: Model, word: str) -> list[int]:
    """Token ids of a word inside a sentence, without any BOS."""
    return list(model.tokenizer(f" {word}", add_special_tokens=False).input_ids)


def read_words(path: Path | str) -> list[str]:
    """Words of a text file, one a line: lower-cased, lines that are no plain word left out."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    words = (line.strip().lower() for line in lines)
    return list(dict.fromkeys(word for word in words if _PLAIN.fullmatch(word)))


def same_word(one: str, other: str) -> bool:
    """Whether two words are one word in different form: case, plural, past, -ing, possessive.

    A rule of spelling, so that it needs no dictionary: 'gardens' and 'Garden' are forms of
    'garden', 'gardener' is another word.
    """
    a, b = sorted((one.casefold().strip(), other.casefold().strip()), key=len)
    if a == b:
        return True
    forms = {a + end for end in ("s", "es", "'s", "’s", "ed", "ing")}
    forms |= {a + a[-1:] + end for end in ("ed", "ing")}
    if a.endswith("e"):
        forms |= {a + "d", a[:-1] + "ing"}
    if a.endswith("y"):
        forms |= {a[:-1] + "ies", a[:-1] + "ied"}
    return b in forms


def near_by_spelling(word: str, words: Sequence[str], count: int) -> list[str]:
    """The words spelt most like `word` (more than half in common), forms of it left out."""
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(word)
    scored: list[tuple[float, int, str]] = []
    for position, other in enumerate(words):
        if abs(len(other) - len(word)) > 3 or same_word(other, word):
            continue
        matcher.set_seq1(other)
        if matcher.real_quick_ratio() > 0.5 and matcher.quick_ratio() > 0.5:
            ratio = matcher.ratio()
            if ratio > 0.5:
                scored.append((-ratio, position, other))
    return [other for _, _, other in sorted(scored)[:count]]
