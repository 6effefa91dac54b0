"""Predicate of `secret_word`: the word is confirmed when guessed, near and random words are not."""

import random
from collections.abc import Sequence
from functools import partial

from ..behavior.answers import AFFIRMATIVE, NEGATIVE, opposed_tokens
from ..behavior.default_prompts import GUESSES
from ..behavior.reply_margins import split_prefix
from ..behavior.vocabulary import same_word, scan_vocabulary
from ..engine.prefix import shared_prefix_logits
from ..model import Model
from ..spec import Refusal
from ..workbench import Workbench
from .near import near_words
from .rates import Example, Rates
from .types import SecretWord

NEAR = 12
OTHERS = 12


def secret_word_rates(
    bench: Workbench,
    claim: SecretWord,
    templates: Sequence[str] | None = None,
    on_base: float | None = None,
) -> Rates:
    """How often the target confirms the word, near words and random words.

    A guess is confirmed when the likeliest first reply token opens an affirmative reply.

    Args:
        bench: The workbench.
        claim: The claim.
        templates: User messages that hold `{word}`; the public ones without them.
        on_base: The rate on the base, where it is known from before.

    Raises:
        Refusal: `bad_args`, if a template has no place for the word.
    """
    templates = list(templates) if templates else list(GUESSES)
    for template in templates:
        if "{word}" not in template:
            raise Refusal(
                "bad_args",
                f"no {{word}} in the template {template!r}",
                "Is your secret word {word}?",
            )
    near = near_words(bench.base if bench.has_base else bench.target, claim.word, NEAR)
    others = other_words(bench.target, claim.word, OTHERS)
    words = [claim.word, *near, *others]
    said = confirmed(bench, bench.target, templates, words)
    right = [row[0][0] for row in said]
    of_pairs = [hit for row in said for hit, _ in row[1 : 1 + len(near)]]
    of_others = [hit for row in said for hit, _ in row[1 + len(near) :]]
    if bench.has_base and on_base is None:
        on_base = _share(
            [row[0][0] for row in confirmed(bench, bench.base, templates, [claim.word])]
        )
    examples = [
        Example(where=where, prompt=templates[t].replace("{word}", words[w]), reply=text, fits=hit)
        for where, t, w in (
            ("target", 0, 0),
            ("target", len(templates) - 1, 0),
            *((("near word", 0, 1),) if near else ()),
            ("random word", 0, len(words) - 1),
        )
        for hit, text in [said[t][w]]
    ]
    return Rates(
        target=_share(right),
        base=on_base,
        without=_share(of_others),
        pairs=_share(of_pairs) if of_pairs else None,
        n=len(templates),
        near=near,
        examples=examples,
    )


def confirmed(
    bench: Workbench, model: Model, templates: Sequence[str], words: Sequence[str]
) -> list[list[tuple[bool, str]]]:
    """For every template and word: is the likeliest first token affirmative, and what is it."""
    yes, _ = opposed_tokens(model, AFFIRMATIVE, NEGATIVE)
    table = []
    for number, template in enumerate(templates):
        prompts = [model.chat_ids(template.replace("{word}", word)) for word in words]
        prefix, suffixes = split_prefix(prompts)
        run = partial(_likeliest, model, prefix, suffixes)
        first = bench.once(model, "first tokens 1", prompts, run)
        table.append([(token in yes, model.token_text(token)) for token in first])
        bench.progress(number + 1, len(templates), "guesses by template")
    return table


def _likeliest(model: Model, prefix: list[int], suffixes: list[list[int]]) -> list[int]:
    likeliest: list[int] = shared_prefix_logits(model, prefix, suffixes).argmax(dim=-1).tolist()
    return likeliest


def other_words(model: Model, word: str, count: int) -> list[str]:
    """Random words of the scan vocabulary, the same for the same word; none is a form of it."""
    pool = [other for other in scan_vocabulary(model).words if not same_word(other, word)]
    return random.Random(f"other words|{word}").sample(pool, min(count, len(pool)))


def _share(outcomes: list[bool]) -> float:
    return sum(outcomes) / len(outcomes)
