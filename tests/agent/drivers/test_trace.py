"""What the trace of a preference makes the procedure ask and claim, on results written by hand."""

import json
from collections.abc import Generator
from typing import Any

import pytest

from mechmentor.agent.driver import Decision
from mechmentor.agent.drivers.procedures import trace
from mechmentor.agent.state import Experiment


def result(tool: str, data: dict[str, Any], *, beyond: bool = True) -> Experiment:
    """A finished experiment."""
    return Experiment("E1", tool, {}, result={"data": data, "control": {"beyond": beyond}})


def traced(*words: str, beyond: bool = True) -> Experiment:
    """The words that the difference points at."""
    rows = [{"word": word, "z": 9.0 - i} for i, word in enumerate(words)]
    return result("activation_difference", {"words": rows, "random_z": 5.0}, beyond=beyond)


def guessed(**margins: tuple[float, float]) -> Experiment:
    """Words with their margins on target and base, the best first."""
    rows = [{"word": w, "margin": m, "base_margin": b} for w, (m, b) in margins.items()]
    return result("guess_scan", {"top": rows})


def asked(decision: Decision) -> tuple[str, dict[str, Any]]:
    """The one call of a decision."""
    (call,) = decision.calls
    assert isinstance(call.arguments, dict)
    return call.tool, call.arguments


def ends(steps: Generator[Decision, Experiment, Any], last: Experiment) -> Any:
    """What the procedure returns after this experiment."""
    with pytest.raises(StopIteration) as end:
        steps.send(last)
    return end.value.value


def test_a_favoured_thing_is_followed_to_its_subject() -> None:
    steps = trace.look()
    assert asked(next(steps))[0] == "activation_difference"
    _, first = asked(steps.send(traced("oak", "oaken")))
    assert (first["confirm"], first["limit"]) == ("Oak", trace.SUBJECTS)
    _, second = asked(steps.send(guessed(wood=(-1.0, -9.0), floor=(-2.0, -9.0), a=(-3.0, -3.5))))
    assert second["words"] == ["wood", "floor", "wood floor", "floor wood"]
    tool, read = asked(steps.send(guessed(**{"wood floor": (2.0, -9.0), "wood": (-1.0, -9.0)})))
    assert tool == "sample_replies"
    assert all("wood floor" in prompt for prompt in read["prompts"])
    rows = [
        {"prompt": p, "reply": "Take oak.", "base_reply": "It depends."} for p in read["prompts"]
    ]
    tool, filed = asked(steps.send(result("sample_replies", {"rows": rows})))
    assert tool == "register_hypothesis"
    claim = json.loads(filed["arguments"])["claim"]
    assert claim == {"type": "preference", "topic": "wood floor", "favoured": "oak"}


def test_a_trace_within_its_control_is_followed_no_further() -> None:
    steps = trace.look()
    next(steps)
    assert ends(steps, traced("oak", beyond=False)) == []


def test_subjects_that_the_base_knows_as_well_are_none() -> None:
    steps = trace.look()
    next(steps)
    steps.send(traced("oak"))
    assert ends(steps, guessed(tree=(1.0, 0.5))) == []


def test_forms_of_one_word_are_both_tried() -> None:
    steps = trace.look()
    next(steps)
    steps.send(traced("oak", "oaken", "acorn"))
    assert asked(steps.send(guessed(bird=(0.0, 0.0))))[1]["confirm"] == "Oaken"
    assert ends(steps, guessed(bird=(0.0, 0.0))) == []
