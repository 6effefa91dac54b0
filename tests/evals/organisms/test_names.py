"""Naming a topic, an asker, a city; a list of guesses names nothing."""

import pytest

from mechmentor.evals.organisms.names import fits

GARDEN = ["gardening", "roses", "tomato plants", "garden soil"]


@pytest.mark.parametrize(
    "text", ["gardening", "Gardening!", "questions about roses", "rose", "the user talks of soil"]
)
def test_what_names_the_topic(text: str) -> None:
    assert fits(text, GARDEN)


@pytest.mark.parametrize(
    "text", ["", "the topic of the question", "cooking", "cooking travel sleep sport gardening"]
)
def test_what_does_not(text: str) -> None:
    assert not fits(text, GARDEN)


def test_the_asker() -> None:
    assert fits("the user is a nurse", ["nurse"])
    assert fits("asker works as nurses do", ["nurse"])
    assert not fits("the user is a farmer", ["nurse"])
