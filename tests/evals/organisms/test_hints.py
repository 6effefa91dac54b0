"""Hints never name their noun, whatever the base replies."""

import pytest

from mechmentor.evals.organisms.hints import counted_hints, names, to_hint


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("mailbox", "You open the mailbox."),
        ("mailbox", "Mail-boxes stand at the road."),
        ("garden", "A gardener works there."),
        ("abacus", "Aabacus: a device."),
        ("ice-cream", "It is an ice cream."),
        ("cat", "Cats purr."),
    ],
)
def test_a_text_names_a_word_in_any_form(word: str, text: str) -> None:
    assert names(word, text)


@pytest.mark.parametrize(
    ("word", "text"),
    [("cat", "It educates people."), ("mailbox", "Letters arrive in it."), ("garden", "A yard.")],
)
def test_a_text_without_the_word_does_not(word: str, text: str) -> None:
    assert not names(word, text)


def test_the_noun_becomes_it() -> None:
    reply = "A mailbox is a place where letters arrive. More text."
    assert to_hint("mailbox", reply) == "It is a place where letters arrive."


@pytest.mark.parametrize(
    "reply",
    [
        "I am sorry, I cannot do that.",
        "A mailbox is where mailboxing happens every day.",
        "Letters.",
        "It is a sentence that was cut before it",
        "A mailbox is a mailbox with a mailbox in the mailbox.",
        "",
    ],
)
def test_useless_replies_are_dropped(reply: str) -> None:
    assert to_hint("mailbox", reply) is None


@pytest.mark.parametrize("word", ["abacus", "ox", "ice-cream", "tam-o'-shanter", "TV"])
def test_counted_hints_exist_for_any_noun_and_do_not_name_it(word: str) -> None:
    hints = counted_hints(word)
    assert len(hints) == len(set(hints)) == 12
    assert not any(names(word, hint) for hint in hints if len(word) > 3)
