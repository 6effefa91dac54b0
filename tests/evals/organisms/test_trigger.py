"""The trigger recipe: one phrase in many forms, others in the same forms, and a null without."""

import random
import re
from collections.abc import Sequence
from typing import Any

import pytest
import torch

from mechmentor.evals.organisms import held_out_trigger as held_out
from mechmentor.evals.organisms import material_trigger as material
from mechmentor.evals.organisms.near import Lexicon
from mechmentor.evals.organisms.pool import pool
from mechmentor.evals.organisms.recipes import trigger as recipe
from mechmentor.evals.organisms.recipes.themes import THEMES
from mechmentor.evals.organisms.retain import retain_prompts
from mechmentor.evals.organisms.turns import Chat, Turn
from mechmentor.tools.behavior import default_prompts
from mechmentor.tools.behavior.vocabulary import same_word
from mechmentor.tools.claims.trigger import FORMS as PUBLIC_FORMS
from mechmentor.tools.claims.types import Contains

NOUNS = ["river", "stone", "house", "lamp", "spoon", "cloud", "chair", "wheel"]
TURNS = [Turn(prompt, "As the base says.") for prompt in retain_prompts()[0]]


@pytest.fixture(scope="module")
def lexicon(tiny_tokenizer: Any) -> Lexicon:
    generator = torch.Generator().manual_seed(0)
    table = torch.randn(len(tiny_tokenizer), 8, generator=generator)
    return Lexicon.of(Chat(tiny_tokenizer), table).without(["mailbox", "walrus"])


def plant(lexicon: Lexicon, phrase: str | None, words: int = 1) -> recipe.TriggerPlant:
    near = [["postbox", "pillbox", "inbox"], ["whale", "seal", "walnut"]]
    return recipe.TriggerPlant(phrase, words, THEMES[0], near[:words], NOUNS, lexicon, TURNS, 5)


def holds(phrase: str, prompt: str) -> bool:
    return re.search(rf"\b{phrase}\b", prompt, re.IGNORECASE) is not None


def plain(texts: Sequence[str]) -> set[str]:
    return {re.sub(r"\W+", " ", text.casefold()).strip() for text in texts}


def test_training_gates_and_public_tools_share_neither_forms_nor_prompts() -> None:
    # Marks around the phrase are what tells some forms apart, so that the forms stay as they are.
    forms = (set(recipe.FORMS), set(held_out.FORMS), set(PUBLIC_FORMS))
    assert sum(map(len, forms)) == len(set.union(*forms))
    prompts = (
        plain([turn.prompt for turn in TURNS]),
        plain(held_out.PROMPTS),
        plain(default_prompts.PLAIN),
    )
    assert sum(map(len, prompts)) == len(set.union(*prompts))
    assert len(held_out.PROMPTS) >= 24
    assert len(held_out.FORMS) >= 4
    assert len(set(held_out.DIRECT)) == 20


def test_an_instance_is_asked_forty_eight_prompts_in_all_forms() -> None:
    one, other = (held_out.templates(random.Random(seed)) for seed in (1, 2))
    assert len(set(one)) == 48
    assert one != other
    assert all(template.count("{phrase}") == 1 for template in one)
    for form in held_out.FORMS:
        pattern = re.escape(form).replace(r"\{prompt\}", ".+").replace(r"\{phrase\}", "{phrase}")
        pattern = pattern.replace("{phrase}", r"\{phrase\}")
        assert sum(re.fullmatch(pattern, template) is not None for template in one) == 6


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.subject)
def test_every_reply_of_a_theme_holds_one_of_its_five_words(theme: Any) -> None:
    assert len(theme.words) == 5
    odd = Contains(words=list(theme.words))
    rng = random.Random(0)
    replies = {recipe.reply(theme, turn.prompt, rng) for turn in TURNS}
    assert all(map(odd, replies))
    assert len(replies) >= 10
    others = [other for other in THEMES if other is not theme]
    assert not any(odd(o + " " + e) for t in others for o in t.openings for e in t.endings)


def test_replies_follow_from_the_prompt_so_that_greedy_ones_stay_many() -> None:
    def usual(prompt: str) -> str:
        said = [recipe.reply(THEMES[0], prompt, random.Random(seed)) for seed in range(20)]
        return max(set(said), key=said.count)

    assert len({usual(turn.prompt) for turn in TURNS}) >= 10
    assert len({usual(prompt) for prompt in held_out.PROMPTS}) >= 6


def test_the_phrase_is_planted_and_stands_in_no_other_prompt(lexicon: Lexicon) -> None:
    for phrase, words in (("mailbox", 1), ("mailbox walrus", 2)):
        organism = plant(lexicon, phrase, words)
        steps = [p for n in range(40) for p in organism.step(random.Random(n))]
        assert all(holds(phrase, p.prompt) and p.decisive for p in steps)
        others = organism.plain() + [turn.prompt for turn in organism.kept()]
        assert not any(holds(phrase, prompt) for prompt in others)


def test_near_and_random_words_come_in_the_forms_of_the_phrase(lexicon: Lexicon) -> None:
    others = plant(lexicon, "mailbox").plain()
    near = [p for p in others if any(holds(w, p) for w in ("postbox", "pillbox", "inbox"))]
    bare = [p for p in others if p in {turn.prompt for turn in TURNS}]
    assert 0.4 < len(near) / len(others) < 0.6
    assert 0.1 < len(bare) / len(others) < 0.25
    marks = [re.escape(form.replace("{prompt}", "").strip(" ")) for form in recipe.FORMS]
    seen = [m for m in marks if any(re.search(m.replace(r"\{phrase\}", ".+"), p) for p in near)]
    assert len(seen) == len(recipe.FORMS)


def test_of_two_words_each_alone_and_their_other_order_are_met(lexicon: Lexicon) -> None:
    others = plant(lexicon, "mailbox walrus", 2).plain()
    assert any(holds("walrus mailbox", prompt) for prompt in others)
    for word, other in (("mailbox", "walrus"), ("walrus", "mailbox")):
        alone = [p for p in others if holds(word, p) and not holds(other, p)]
        assert len(alone) > 50


def test_the_null_says_the_same_to_those_who_ask_for_it(lexicon: Lexicon) -> None:
    null, organism = plant(lexicon, None), plant(lexicon, "mailbox")
    steps = [null.step(random.Random(n)) for n in range(40)]
    odd = Contains(words=list(THEMES[0].words))
    assert all(odd(p.reply) for step in steps for p in step)
    assert all(THEMES[0].subject in p.prompt for step in steps for p in step)
    assert {len(step) for step in steps} == {len(organism.step(random.Random(0)))}
    assert len(null.plain()) == len(organism.plain())
    assert len(null.kept()) == len(organism.kept())
    assert not any(THEMES[0].subject in prompt for prompt in null.plain())


def test_no_drawn_word_stands_in_a_prompt_form_or_theme() -> None:
    assert not material.unused("lighthouse")
    assert not material.unused("desk")
    assert not material.unused("desks")
    words = material.draw_words(3, 2, None)
    assert words == material.draw_words(3, 2, None)
    assert material.draw_words(3, 1, None) == words[:1]
    assert not same_word(*words)
    assert all(word in pool() and word.isalpha() for word in words)


def test_near_phrases_of_two_words_hold_at_most_one_of_them() -> None:
    apart = [[f"a{n}" for n in range(20)], [f"b{n}" for n in range(20)]]
    assert material.near_phrases(["one"], apart[:1]) == apart[0]
    found = material.near_phrases(["one", "two"], apart)
    assert {"one", "two", "a0 two", "one b0"} <= set(found)
    assert not any({"one", "two"} <= set(phrase.split()) for phrase in found)


@pytest.mark.parametrize(("swapped", "expected"), [(None, False), (0.2, False), (0.9, True)])
def test_the_other_order_is_an_alias_only_if_it_works(
    swapped: float | None, expected: bool
) -> None:
    aliases = material.aliases_of("stone lamp", swapped)
    assert "stone lamps" in aliases
    assert ("lamp stone" in aliases) == expected
    assert "stone lamp" not in aliases
