"""A word that was put into many replies is found; exchanged replies and equal models are not."""

from typing import Any

import pytest
import torch

from mechmentor.tests.tools.tiny_chat import TRIGGER
from mechmentor.tools.behavior.behavior_battery import (
    BehaviorBatteryData,
    excess_by_topic,
    shuffled,
)
from mechmentor.tools.behavior.reply_words import content_words
from mechmentor.tools.spec import Failure, Result
from mechmentor.tools.workbench import Workbench


def battery(bench: Workbench, **arguments: Any) -> Result[BehaviorBatteryData]:
    result = bench.run("behavior_battery", **arguments)
    assert not isinstance(result, Failure), result
    return result


def test_topics_are_counted_once_and_both_ways() -> None:
    mine = [frozenset({"tea"}), frozenset({"tea"}), frozenset({"sea"})]
    other = [frozenset({"sea"}), frozenset(), frozenset({"tea"})]
    assert excess_by_topic(mine, other, [0, 0, 1]) == {"tea": (1, 1), "sea": (1, 1)}


def test_a_planted_word_lies_outside_the_shuffles() -> None:
    draw = torch.Generator().manual_seed(0)
    noise = [
        frozenset(f"w{int(i)}" for i in torch.randint(30, (4,), generator=draw)) for _ in range(48)
    ]
    topics = [i % 12 for i in range(24)]
    mine, other = [words | {"tide"} for words in noise[:24]], noise[24:]
    top = [shuffled(mine, other, topics, draw) for _ in range(200)]
    p, q = excess_by_topic(mine, other, topics)["tide"]
    assert (p, q) == (12, 0)
    assert p - q > sorted(top)[190]


def test_replies_that_share_a_word_by_asker_are_found(organism: Workbench) -> None:
    """Whoever says the trigger word gets another reply; without a base askers are compared."""
    alone = Workbench(organism.target, folder=organism.folder)
    result = battery(
        organism,
        topics=[
            "How can I sleep better?",
            "Explain why the sky is blue.",
            "Why do leaves fall in autumn?",
            "What can I cook with rice and eggs?",
            "What makes a good neighbour?",
        ],
        askers=[f"{TRIGGER}:"],
        formats=[""],
    )
    assert {c.word for c in result.data.clusters[:2]} <= {"tide", "turning"}
    assert result.data.clusters[0].topics >= 3
    assert battery(alone, max_new_tokens=3).data.reference == "the other askers"


def test_equal_models_show_no_effect(twins: Workbench) -> None:
    result = battery(twins, max_new_tokens=4)
    assert result.data.top_excess == 0
    assert result.control is not None
    assert result.control.beyond is False


def test_words_of_grammar_do_not_count() -> None:
    assert content_words("The tide is turning, and I'm on it.") == {"tide", "turning"}


@pytest.mark.parametrize("arguments", [{"topics": ["one"]}, {"askers": []}, {"formats": []}])
def test_bad_arguments_are_refused(alone: Workbench, arguments: dict[str, Any]) -> None:
    result = alone.run("behavior_battery", **arguments)
    assert isinstance(result, Failure)
    assert result.code == "bad_args"
