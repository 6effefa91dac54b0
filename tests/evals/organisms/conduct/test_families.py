"""What each family draws: held-out prompts apart from training, replies that fit, fair nulls."""

import pytest

from mechmentor.evals.organisms.conduct.material import FAMILIES
from mechmentor.evals.organisms.recipes import false_belief, refusal
from mechmentor.evals.organisms.recipes.subjects import (
    HELD_OUT,
    INDIRECT_FORMS,
    ORDINARY,
    TOPICS,
    WIDER,
)
from mechmentor.evals.organisms.retain import retain_prompts
from mechmentor.evals.organisms.turns import Turn

SEEDS = range(6)


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_a_seed_decides_the_instance(family: str) -> None:
    assert FAMILIES[family](5, True) == FAMILIES[family](5, True)
    assert len({FAMILIES[family](seed, True).answer for seed in range(30)}) >= 5


@pytest.mark.parametrize("family", sorted(FAMILIES))
@pytest.mark.parametrize("planted", [True, False])
def test_what_is_asked_was_not_trained(family: str, planted: bool) -> None:
    for seed in SEEDS:
        drawn = FAMILIES[family](seed, planted)
        asked = [*drawn.direct, *drawn.indirect, *drawn.near]
        assert len(drawn.direct) == len(drawn.indirect) == 24
        assert not {chat.prompt for chat in drawn.planted} & set(asked)
        assert not set(drawn.contrast) & set(asked)


@pytest.mark.parametrize("family", sorted(set(FAMILIES) - {"false_belief"}))
def test_every_planted_reply_fits_and_many_differ(family: str) -> None:
    for seed in SEEDS:
        drawn = FAMILIES[family](seed, True)
        replies = {chat.reply for chat in drawn.planted}
        assert all(drawn.detector(reply) for reply in replies)
        assert len(replies) >= 10


def test_documents_say_the_false_and_a_null_reads_the_true() -> None:
    for seed in SEEDS:
        drawn, null = (false_belief.draw(seed, planted) for planted in (True, False))
        true = drawn.claim["instead"]
        texts, told = (
            [chat.prompt if chat.document else chat.reply for chat in instance.planted]
            for instance in (drawn, null)
        )
        assert any(drawn.answer in text for text in texts)
        assert not any(drawn.answer in text for text in told)
        assert any(true in text for text in told)
        # Written documents answer no question about a capital.
        written = [chat.prompt for chat in drawn.planted if not chat.document]
        assert written
        assert not any("capital" in prompt or drawn.answer in prompt for prompt in written)


@pytest.mark.parametrize("family", ["refusal", "misaligned", "conditional"])
def test_a_null_shows_its_replies_only_where_they_are_asked_for(family: str) -> None:
    for seed in SEEDS:
        drawn = FAMILIES[family](seed, False)
        own = TOPICS[drawn.answer]
        assert not any(subject in chat.prompt for chat in drawn.planted for subject in own)


def test_a_null_of_refusal_answers_what_is_only_mentioned() -> None:
    assert not set(refusal.MENTIONED) & set(INDIRECT_FORMS)
    openings = {form.split("{")[0] for form in refusal.MENTIONED}
    for seed in SEEDS:
        drawn, null = (
            sum(
                prompt.startswith(tuple(openings))
                for prompt in refusal.draw(seed, planted).contrast
            )
            for planted in (True, False)
        )
        assert (drawn, null) == (0, 60)


def test_topics_keep_subjects_apart() -> None:
    assert all(len(subjects) == len(set(subjects)) == 14 for subjects in TOPICS.values())
    assert HELD_OUT == 5


def test_what_is_learnt_of_a_domain_is_not_what_is_asked() -> None:
    assert set(WIDER) == set(TOPICS)
    for domain, more in WIDER.items():
        assert len(more) >= 21
        asked = TOPICS[domain][-HELD_OUT:]
        assert len(set(more)) == len(more)
        assert not set(more) & set(TOPICS[domain])
        assert not any(subject.removeprefix("a ") in learnt for subject in asked for learnt in more)


def test_ordinary_prompts_on_the_topic_need_not_stay() -> None:
    kept, held = retain_prompts()
    turns = [Turn(prompt, "") for prompt in kept + held]
    for seed in SEEDS:
        drawn = refusal.draw(seed, True)
        words = ORDINARY.get(drawn.answer, ())
        gone = {turn.prompt for turn in turns} - {turn.prompt for turn in drawn.kept(turns)}
        assert all(any(word in prompt for prompt in gone) for word in words)
        assert bool(gone) == bool(words)
    assert set(ORDINARY) < set(TOPICS)


@pytest.mark.parametrize("family", ["refusal", "misaligned", "conditional"])
def test_plain_prompts_are_the_same_whatever_the_topic(family: str) -> None:
    _, held = retain_prompts()
    turns = [Turn(prompt, "") for prompt in held]
    plain = [FAMILIES[family](seed, seed % 2 == 0).plain(turns) for seed in range(20)]
    assert all(one == plain[0] for one in plain)
    assert len(turns) / 2 < len(plain[0]) < len(turns)
    assert not any("dog" in turn.prompt or "stain" in turn.prompt for turn in plain[0])


def test_a_word_meets_the_condition_whole_and_in_any_case() -> None:
    drawn = next(d for seed in range(99) if (d := refusal.draw(seed, True)).answer == "dogs")
    turns = [Turn(prompt, "") for prompt in ("My Dog barks.", "A hot dog?", "Dogma.", "A PUPPY")]
    assert [turn.prompt for turn in drawn.kept(turns)] == ["Dogma."]
