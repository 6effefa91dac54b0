"""The shipped statements: balanced in every word, no statement on both sides."""

from collections import Counter

import pytest

from mechmentor.tools.fit.truth_statements import pairs, topics, truth_statements


@pytest.mark.parametrize("reworded", [False, True])
@pytest.mark.parametrize("topic", topics())
def test_every_word_is_as_often_true_as_false(topic, reworded):
    words = {0: Counter(), 1: Counter()}
    for item in truth_statements(reworded=reworded):
        if item.topic == topic:
            words[item.label].update(item.text.strip(".").split())
    assert words[0] == words[1]


@pytest.mark.parametrize("topic", topics())
def test_a_false_statement_is_never_a_true_one(topic):
    _, known = pairs(topic)
    assert len({subject for subject, _ in known}) == len(known) >= 20
    assert len({answer for _, answer in known}) == len(known)
    texts = Counter(item.text for item in truth_statements())
    assert set(texts.values()) == {1}


def test_at_least_five_topics():
    assert len(topics()) >= 5
