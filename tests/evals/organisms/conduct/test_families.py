"""What each family draws: held-out prompts apart from training, replies that fit, fair nulls."""

import pytest

from mechmentor.evals.organisms.conduct.material import FAMILIES
from mechmentor.evals.organisms.recipes import false_belief, refusal
from mechmentor.evals.organisms.recipes.subjects import DOMAINS, HELD_OUT, INDIRECT_FORMS, TOPICS

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
    for domain, more in DOMAINS.items():
        asked = TOPICS[domain][-HELD_OUT:]
        assert len(set(more)) == len(more)
        assert not set(more) & set(TOPICS[domain])
        assert not any(subject.removeprefix("a ") in learnt for subject in asked for learnt in more)
