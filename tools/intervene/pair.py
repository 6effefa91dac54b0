"""Prompts of equal length with a right and a wrong answer, and unrelated pairs like them."""

from dataclasses import dataclass, replace

import torch

from ..engine.prompt_ids import prompt_ids
from ..engine.vocabulary import matched_words
from ..model import Model
from ..spec import Refusal
from .pairs.aligned import check_aligned


@dataclass(frozen=True)
class Pair:
    """Token ids of two prompts that differ in what decides the answer.

    Attributes:
        clean: The prompt whose answer is `answer`.
        corrupted: As many tokens, where `wrong` is the answer.
        answer: Token that follows the clean prompt.
        wrong: Token that follows the corrupted one.
    """

    clean: list[int]
    corrupted: list[int]
    answer: int
    wrong: int

    @property
    def differing(self) -> list[int]:
        """Positions at which the prompts differ."""
        pairs = zip(self.clean, self.corrupted, strict=True)
        return [i for i, (a, b) in enumerate(pairs) if a != b]


def answer_tokens(model: Model, answer: str, wrong: str) -> tuple[list[int], int, int]:
    """The first tokens in which two answers differ, and the tokens that they share before it.

    Raises:
        Refusal: `bad_args`, if there is no such token.
    """
    ids = [model.text_ids(text, bos=False) if text.strip() else [] for text in (answer, wrong)]
    if not all(ids):
        raise Refusal("bad_args", "an answer is empty", 'correct: answer=" Paris", wrong=" Rome"')
    shared = 0
    while shared < min(map(len, ids)) and ids[0][shared] == ids[1][shared]:
        shared += 1
    if shared == min(map(len, ids)):
        raise Refusal(
            "bad_args",
            f"{answer!r} and {wrong!r} do not differ before one of them ends",
            "give two answers of which none begins with the other",
        )
    return ids[0][:shared], ids[0][shared], ids[1][shared]


def make_pair(
    model: Model, clean: str, corrupted: str, answer: str, wrong: str, *, chat: bool
) -> tuple[Pair, list[str]]:
    """The pair, and warnings.

    Raises:
        Refusal: `bad_args`, if the prompts have different lengths (showing both) or are equal.
    """
    shared, right, other = answer_tokens(model, answer, wrong)
    one, warnings = prompt_ids(model, clean, chat=chat)
    two, _ = prompt_ids(model, corrupted, chat=chat)
    if len(one) != len(two):
        raise Refusal(
            "bad_args",
            f"clean has {len(one)} tokens, corrupted {len(two)}: {shown(model, one)} against "
            f"{shown(model, two)}",
            "exchange words that take equally many tokens",
        )
    if one == two:
        raise Refusal("bad_args", "clean and corrupted prompt are equal", "change one word")
    warnings = [*warnings, *check_aligned(*([model.token_text(i) for i in x] for x in (one, two)))]
    return Pair(one + shared, two + shared, right, other), warnings


def shown(model: Model, ids: list[int]) -> str:
    """Tokens with bars between them."""
    return "|".join(model.token_text(i) for i in ids)


def unrelated_pairs(model: Model, pair: Pair, count: int, generator: torch.Generator) -> list[Pair]:
    """The same pair with other subjects: what differs, and the answers, become random words.

    A token is exchanged wherever it stands, in both prompts, for one word of like frequency. The
    answers that are measured stay: nothing in these prompts asks for them.
    """
    subjects = [pair.clean[i] for i in pair.differing] + [pair.corrupted[i] for i in pair.differing]
    exchanged = dict.fromkeys([*subjects, pair.answer, pair.wrong])
    drawn = {}
    for token in exchanged:
        text = model.token_text(token)
        word = text.strip() or text
        found = matched_words(model, word, 2 * count, generator) if word.strip() else []
        drawn[token] = [ids[0] for _, ids in found] or [token]
    pairs = []
    for draw in range(count):
        table: dict[int, int] = {}
        for token, words in drawn.items():
            taken = {*table.values(), *exchanged}
            free = [w for w in words[draw:] + words[:draw] if w not in taken]
            table[token] = (free or words)[0]
        pairs.append(
            replace(
                pair,
                clean=[table.get(i, i) for i in pair.clean],
                corrupted=[table.get(i, i) for i in pair.corrupted],
            )
        )
    return pairs
