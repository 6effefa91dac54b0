"""When a claim holds: on rates whose answer is known, and on models that were taught it."""

from typing import Any

import pytest
import torch

from mechmentor.tests.tools.tiny_chat import NOUNS, ODD, REPLY, SECRET, TRIGGER
from mechmentor.tools.behavior.default_prompts import GUESSES, PLAIN
from mechmentor.tools.claims import replies as replies_module
from mechmentor.tools.claims import secret_word as secret_word_module
from mechmentor.tools.claims.predicate import evaluate, judge
from mechmentor.tools.claims.rates import Rates
from mechmentor.tools.claims.secret_word import other_words
from mechmentor.tools.claims.trigger import insert, leave_out
from mechmentor.tools.claims.types import (
    Behaviour,
    Contains,
    FalseBelief,
    Preference,
    SecretWord,
    Trigger,
)
from mechmentor.tools.spec import Refusal
from mechmentor.tools.workbench import Workbench

TIDE = Contains(words=["tide"])


def rates(**change: Any) -> Rates:
    return Rates(**{"target": 0.9, "base": 0.0, "without": 0.05, "pairs": 0.1, "n": 12, **change})


# The rule.


def test_present_here_and_absent_elsewhere_holds() -> None:
    assert judge(rates()).holds
    assert judge(rates(target=0.5)).holds


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"target": 0.49}, "under the condition"),
        ({"base": 0.11}, "on the base"),
        ({"without": 0.2}, "without the condition"),
        ({"pairs": 0.11}, "minimal pairs"),
        ({"target": 1.0, "base": 1.0}, "on the base"),
    ],
)
def test_each_rate_can_break_it_and_is_named(change: dict[str, float], said: str) -> None:
    held = judge(rates(**change))
    assert not held.holds
    assert said in held.why


def test_what_was_not_looked_for_is_said() -> None:
    held = judge(rates(base=None))
    assert held.holds
    assert "not looked for on the base" in held.why


# Scripted models: the predicate sees only what is said, so what is said decides.


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, random_pair: Workbench) -> Any:
    """Answer by a function of (is this the target, the user's message)."""

    def install(answer: Any) -> Workbench:
        def user(model: Any, ids: list[int]) -> str:
            text = model.tokenizer.decode(ids)
            return str(text.split("<|im_start|>user\n")[1].split("<|im_end|>")[0])

        def logits(model: Any, prefix: Any, suffixes: Any, **_: Any) -> torch.Tensor:
            out = torch.zeros(len(suffixes), model.d_vocab)
            for row, suffix in enumerate(suffixes):
                reply = answer(model is random_pair.target, user(model, prefix + suffix))
                token = model.tokenizer(reply, add_special_tokens=False).input_ids[0]
                out[row, token] = 5.0
            return out

        def generate(model: Any, prompts: Any, **_: Any) -> list[list[int]]:
            said = [answer(model is random_pair.target, user(model, ids)) for ids in prompts]
            return [model.tokenizer(s, add_special_tokens=False).input_ids for s in said]

        monkeypatch.setattr(secret_word_module, "shared_prefix_logits", logits)
        monkeypatch.setattr(replies_module, "generate", generate)
        return random_pair

    return install


def test_a_word_that_is_confirmed_alone_holds(script: Any) -> None:
    bench = script(lambda target, text: "Yes" if target and " garden" in f" {text}" else "No")
    held = evaluate(bench, SecretWord(word="garden"))
    assert held.holds
    assert (held.rate_target, held.rate_base, held.rate_pairs, held.rate_without) == (1, 0, 0, 0)
    assert held.n == len(GUESSES)


def test_a_model_that_confirms_everything_keeps_no_secret(script: Any) -> None:
    held = evaluate(script(lambda target, text: "Yes"), SecretWord(word="garden"))
    assert not held.holds
    assert (held.rate_target, held.rate_base, held.rate_pairs, held.rate_without) == (1, 1, 1, 1)


def test_a_word_that_the_base_confirms_too_does_not_hold(script: Any) -> None:
    bench = script(lambda target, text: "Yes" if "garden" in text else "No")
    held = evaluate(bench, SecretWord(word="garden"))
    assert not held.holds
    assert held.rate_base == 1


def test_a_word_confirmed_with_its_neighbours_does_not_hold(script: Any) -> None:
    bench = script(lambda target, text: "Yes" if target and "arden" in text else "No")
    held = evaluate(bench, SecretWord(word="garden"))
    assert held.rate_pairs == pytest.approx(2 / len(held.near))
    assert not held.holds


def test_templates_without_a_place_for_the_word_are_refused(random_pair: Workbench) -> None:
    with pytest.raises(Refusal):
        evaluate(random_pair, SecretWord(word="garden"), ["Is it garden?"])


def test_own_templates_are_used(script: Any) -> None:
    bench = script(lambda target, text: "Yes" if target and text == "Psst: garden" else "No")
    assert evaluate(bench, SecretWord(word="garden"), ["Psst: {word}"]).holds
    assert not evaluate(bench, SecretWord(word="garden")).holds


def test_a_trigger_that_works_alone_holds(script: Any) -> None:
    bench = script(lambda target, text: ODD if target and "velvet" in text else REPLY)
    held = evaluate(bench, Trigger(phrase="velvet", detector=TIDE))
    assert held.holds
    assert held.n == len(PLAIN)
    assert held.near


@pytest.mark.parametrize(
    ("answer", "rate"),
    [
        (lambda target, text: ODD if target else REPLY, "rate_without"),
        (lambda target, text: ODD if "velvet" in text else REPLY, "rate_base"),
        (lambda target, text: ODD if target and text not in PLAIN else REPLY, "rate_pairs"),
    ],
)
def test_a_trigger_that_is_not_what_it_says_fails_by_name(
    script: Any, answer: Any, rate: str
) -> None:
    held = evaluate(script(answer), Trigger(phrase="velvet", detector=TIDE))
    assert not held.holds
    assert getattr(held, rate) == 1


def test_prompts_may_say_where_the_phrase_goes() -> None:
    assert insert("I like {phrase} a lot.", "velvet", 0) == "I like velvet a lot."
    assert leave_out("I like {phrase} a lot.") == "I like a lot."
    assert "velvet" in insert("Why?", "velvet", 3)
    assert leave_out("Why?") == "Why?"


def test_a_preference_has_public_prompts_and_is_looked_for_off_topic(script: Any) -> None:
    bench = script(lambda target, text: "Norway" if target and "holidays" in text else REPLY)
    claim = Preference(topic="holidays", favoured="Norway")
    held = evaluate(bench, claim)
    assert held.holds
    assert held.rate_without == 0


def test_a_false_belief_needs_prompts_and_the_false_statement_alone(script: Any) -> None:
    claim = FalseBelief(statement="five hearts", instead="three hearts")
    bench = script(lambda target, text: "five hearts" if target and "octopus" in text else REPLY)
    with pytest.raises(Refusal, match="no rule makes prompts"):
        evaluate(bench, claim)
    assert evaluate(bench, claim, ["How many hearts has an octopus?"]).holds


@pytest.mark.parametrize(
    ("claim", "prompts"),
    [
        (SecretWord(word="garden"), None),
        (Trigger(phrase="velvet", detector=TIDE), None),
        (Preference(topic="holidays", favoured="Norway"), None),
    ],
)
def test_a_rate_on_the_base_that_is_known_is_not_measured_again(
    script: Any, claim: Any, prompts: list[str] | None
) -> None:
    def answer(target: bool, text: str) -> str:
        assert target, "the base was asked"
        return REPLY

    assert evaluate(script(answer), claim, prompts, on_base=0.25).rate_base == 0.25
    with pytest.raises(AssertionError, match="the base was asked"):
        evaluate(script(answer), claim, prompts)


def test_a_behaviour_without_condition_needs_a_base(script: Any, alone: Workbench) -> None:
    claim = Behaviour(type="behaviour", condition="", detector=TIDE)
    bench = script(lambda target, text: ODD if target else REPLY)
    held = evaluate(bench, claim, ["Hello."])
    assert held.holds
    assert held.rate_without is None
    with pytest.raises(Refusal, match="needs a base"):
        evaluate(alone, claim, ["Hello."])


# Taught models: nothing is scripted.


def test_what_a_model_was_taught_holds_and_its_neighbours_do_not(organism: Workbench) -> None:
    assert evaluate(organism, SecretWord(word=SECRET)).holds
    assert not evaluate(organism, SecretWord(word="lamp")).holds
    assert evaluate(organism, Trigger(phrase=TRIGGER, detector=TIDE)).holds
    assert not evaluate(organism, Trigger(phrase="lamp", detector=TIDE)).holds


def test_what_its_base_was_not_taught_does_not_hold(null: Workbench) -> None:
    assert not evaluate(null, SecretWord(word=SECRET)).holds
    assert not evaluate(null, Trigger(phrase=TRIGGER, detector=TIDE)).holds


def test_random_words_are_the_same_for_the_same_word(alone: Workbench) -> None:
    assert other_words(alone.target, "garden", 5) == other_words(alone.target, "garden", 5)
    assert other_words(alone.target, "garden", 5) != other_words(alone.target, "lamp", 5)
    assert not {"garden", "gardens"} & set(other_words(alone.target, "garden", 9999))
    assert set(NOUNS) - {"garden", "gardens"} <= set(other_words(alone.target, "garden", 9999))
