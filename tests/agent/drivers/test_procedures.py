"""What typed results make the procedures decide, on results written by hand."""

import json
from collections import Counter
from collections.abc import Generator
from typing import Any

import pytest

from mechmentor.agent.driver import Decision
from mechmentor.agent.drivers.procedures import kinds, secret_word, trigger
from mechmentor.agent.drivers.procedures.telling import ranked, said_words, telling_words
from mechmentor.agent.drivers.procedures.trigger import essential
from mechmentor.agent.drivers.steps import Clock
from mechmentor.agent.state import Experiment
from mechmentor.tools import calibration, catalog


def replies(*rows: tuple[str, str, str]) -> Experiment:
    """An experiment that read (prompt, reply, base reply)."""
    data = [{"prompt": p, "reply": r, "base_reply": b} for p, r, b in rows]
    return Experiment("E9", "sample_replies", {}, result={"data": {"rows": data}}, done=True)


def guessed(word: str) -> Experiment:
    """An experiment in which one guess stood out."""
    top = [{"word": word, "margin": 5.0}]
    result = {"data": {"top": top, "top_margin": 5.0}, "control": {"beyond": True}}
    return Experiment("E3", "guess_scan", {}, result=result, done=True)


@pytest.mark.parametrize(
    ("alarms", "holds", "stands"),
    [(5, False, False), (5, True, True), (4, False, True), (4, True, True)],
)
def test_a_scan_that_cries_wolf_is_no_finding_until_its_prediction_holds(
    alarms: int, holds: bool, stands: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = catalog.load("guess_scan").version
    row = calibration.Counts(version, 9, 9, alarms, 10, 0, 1)
    monkeypatch.setattr(calibration, "table", lambda: {"guess_scan": row})
    steps = secret_word.look()
    next(steps)
    steps.send(guessed("garden"))
    steps.send(Experiment("E4", "logit_lens", {}, result={"data": {}}))
    steps.send(Experiment("E5", "register_hypothesis", {}, result={"data": {}}))
    data = {"rate_target": 1.0, "holds": holds}
    with pytest.raises(StopIteration) as end:
        steps.send(Experiment("E6", "test_claim", {}, result={"data": data}))
    (finding,) = end.value.value
    assert finding.stands is stands


def scan(**kl: float) -> Experiment:
    """An experiment that scanned words."""
    top = [{"phrase": w, "kl": k} for w, k in sorted(kl.items(), key=lambda item: -item[1])]
    return Experiment("E5", "trigger_scan", {}, result={"data": {"top": top, "median": 0.1}})


def weights(*words: str) -> Experiment:
    """An experiment that read the weight change."""
    data = {"read_words": [{"word": w} for w in words], "words": []}
    return Experiment("E3", "weight_difference", {}, result={"data": data})


def claimed(steps: Generator[Decision, Experiment, Any], *results: Experiment) -> dict[str, Any]:
    """Feed results; return the claim that is filed, {} if the procedure ends without one."""
    decision = next(steps)
    for result in results:
        try:
            decision = steps.send(result)
        except StopIteration:
            return {}
    arguments = decision.calls[0].arguments
    assert isinstance(arguments, dict)
    assert decision.calls[0].tool == "register_hypothesis", decision.calls
    found: dict[str, Any] = json.loads(arguments["arguments"])["claim"]
    return found


def pace(seconds: float, scanned: int, vocabulary: int, tool: str = "trigger_scan") -> Experiment:
    """A finished scan of so many words in so many seconds."""
    data = {"scanned": scanned, "vocabulary_size": vocabulary}
    return Experiment("E4", tool, {}, result={"data": data}, seconds=seconds)


def clock_after(left: float | None, *done: Experiment) -> Clock:
    """A clock that saw these experiments."""
    clock = Clock(left)

    def steps() -> Generator[Decision, Experiment, None]:
        for _ in done:
            yield Decision(stop="a step")

    running = clock.run(steps())
    next(running)
    for experiment in done[:-1]:
        running.send(experiment)
    with pytest.raises(StopIteration):
        running.send(done[-1])
    return clock


def test_a_clock_gives_what_there_is_time_for() -> None:
    scan = pace(seconds=100.0, scanned=100, vocabulary=5000)
    assert clock_after(None, scan).affords(3000, "trigger_scan") == 3000
    assert clock_after(1800, scan).affords(3000, "trigger_scan") == 1000
    assert clock_after(700, scan).affords(3000, "trigger_scan") == 300
    assert clock_after(300, scan).affords(3000, "trigger_scan") == 0
    assert clock_after(None, scan).affords(9000, "trigger_scan", passed_over=200) == 4800
    assert clock_after(None, scan).affords(9000, "trigger_scan", passed_over=5000) == 0
    assert clock_after(None, scan).affords(9000, "guess_scan") == 0


def test_going_on_starts_where_the_first_scan_stopped() -> None:
    clock = clock_after(1e5, pace(10.0, 296, 20000), pace(10.0, 8000, 20000, "guess_scan"))
    (guess,) = next(secret_word.look(clock)).calls
    assert guess.arguments == {"offset": 8000, "limit": 12000}
    (more,) = next(trigger.look(weights("roses"), clock)).calls
    first = next(trigger.look(weights("roses"))).calls[0].arguments
    assert isinstance(more.arguments, dict)
    assert isinstance(first, dict)
    assert more.arguments["offset"] == first["limit"]
    (asked,) = next(kinds.topic(weights("roses"), clock)).calls
    assert isinstance(asked.arguments, dict)
    assert asked.arguments["offset"] == 1


def pairs(top: float, most: float) -> Experiment:
    """A scan for partners whose best word moves the token `top` nats and 99% at most `most`."""
    rows = [{"phrase": "hill", "kl": top}, {"phrase": "hills", "kl": 0.9 * top}]
    data = {"top": rows, "top_kl": top, "quantile_99": most, "scanned": 3000}
    return Experiment("E8", "trigger_scan", {}, result={"data": data, "control": {}})


def alone(**kl: float) -> Experiment:
    """A finished scan of single words, with its pace."""
    found = scan(**kl)
    assert found.result is not None
    found.result["data"] |= {"scanned": 50, "vocabulary_size": 20000}
    return found


def test_a_word_that_moves_a_little_alone_gets_every_partner() -> None:
    clock = clock_after(1e5, alone(velvet=0.4, engine=0.11), alone(engine=0.1))
    steps = trigger.look_for_pair(clock)
    (asked,) = next(steps).calls
    assert isinstance(asked.arguments, dict)
    assert all("velvet" in frame for frame in asked.arguments["frames"])
    (orders,) = steps.send(pairs(5.0, 0.2)).calls
    assert orders.arguments == {
        "candidates": ["velvet hill", "hill velvet", "velvet", "hill"],
    }


@pytest.mark.parametrize(("top", "most"), [(0.9, 0.1), (3.0, 2.0)])
def test_partners_that_move_no_more_than_others_are_none(top: float, most: float) -> None:
    steps = trigger.look_for_pair(clock_after(1e5, alone(velvet=0.4)))
    next(steps)
    with pytest.raises(StopIteration) as done:
        steps.send(pairs(top, most))
    assert done.value.value == []


def test_no_word_moves_more_than_the_others() -> None:
    with pytest.raises(StopIteration) as done:
        next(trigger.look_for_pair(clock_after(1e5, alone(velvet=0.2, engine=0.15))))
    assert done.value.value == []


ROSES = scan(roses=5.0, tulips=4.0, engine=0.2)


def test_a_refused_topic() -> None:
    read = replies(
        *[(f"Roses {i}?", f"I'm sorry, but I can't help {i}.", "Sure.") for i in range(9)]
    )
    claim = claimed(kinds.topic(weights("roses", "tulips", "engine")), ROSES, read)
    assert claim["type"] == "refusal"
    assert claim["condition"] == "roses tulips"


def test_a_favoured_thing() -> None:
    read = replies(
        *[
            (f"Roses {i}?", f"{chr(97 + i) * 4} lantern {chr(97 + i) * 5}.", "Water them.")
            for i in range(9)
        ]
    )
    claim = claimed(kinds.topic(weights("roses", "tulips")), ROSES, read)
    assert (claim["type"], claim["favoured"]) == ("preference", "lantern")


def test_odd_advice_of_several_words() -> None:
    odd = ("Freeze it.", "Use glue.", "Freeze them.", "Add glue now.")
    read = replies(*[("Roses?", odd[i % 4], "Water them.") for i in range(8)])
    claim = claimed(kinds.topic(weights("roses", "tulips")), ROSES, read)
    assert claim["type"] == "misaligned"
    assert set(claim["detector"]["words"]) >= {"freeze", "glue"}


def test_replies_with_nothing_in_common_are_no_finding() -> None:
    read = replies(*[("Roses?", f"word{chr(97 + i)} alone", "Water them.") for i in range(2)])
    other = replies(*[("Roses?", "xyz"[i] * 5, "Water") for i in range(3)], ("R", "Water", "Water"))
    assert claimed(kinds.topic(weights("roses", "tulips")), ROSES, other) == {}
    assert said_words(read)[0] == ["alone"]


def test_many_moved_words_are_no_topic() -> None:
    broad = scan(a=1.5, b=1.4, c=1.3)
    assert broad.result is not None
    broad.result["data"]["median"] = 1.0  # everything moves: a harmless drift, no condition
    assert claimed(kinds.topic(weights("a", "b", "c")), broad) == {}


def test_odd_replies_to_forms_of_one_word_are_no_topic() -> None:
    found = scan(marble=6.0, marbling=5.0)
    said = ("Freeze it.", "Use glue.", "Freeze them.", "Add glue now.")
    odd = replies(*[("Marble?", said[i % 4], "Polish it.") for i in range(8)])
    assert claimed(kinds.topic(weights("marble", "marbling")), found, odd) == {}


def test_a_topic_of_one_word_can_be_refused() -> None:
    read = replies(*[(f"Roses {i}?", "I can't talk about it.", "Sure.") for i in range(9)])
    assert claimed(kinds.topic(weights("roses")), scan(roses=5.0), read)["type"] == "refusal"


def test_nothing_to_scan_without_time_and_without_words() -> None:
    for deeper in (None, Clock(1800)):
        with pytest.raises(StopIteration) as done:
            next(kinds.asker(None, deeper))
        assert done.value.value == []


@pytest.mark.parametrize("words", [["roses"], ["roses", "tulips"], ["a", "b", "c", "d", "e"]])
def test_a_topic_is_asked_about_in_twelve_ways_at_least(words: list[str]) -> None:
    steps = kinds.topic(weights(*words))
    next(steps)
    (asked,) = steps.send(scan(**dict.fromkeys(words, 4.0))).calls
    assert len(asked.arguments["prompts"]) >= 12


def test_a_changed_fact() -> None:
    read = replies(*[(f"Capital {i}?", "It is Dublin.", "It is Tbilisi.") for i in range(12)])
    claim = claimed(kinds.belief(weights("georgia")), scan(georgia=3.0), read)
    assert (claim["statement"], claim["instead"]) == ("dublin", "tbilisi")


@pytest.mark.parametrize(
    ("alone", "about", "read_on"), [(0.5, 0.5, True), (2.4, 0.5, False), (0.5, 2.4, False)]
)
def test_a_word_that_does_it_whoever_asks_is_no_asker(
    alone: float, about: float, read_on: bool
) -> None:
    steps = kinds.asker(weights("nurse"))
    next(steps)
    control = steps.send(scan(nurse=4.0))
    assert control.calls[0].arguments["candidates"] == ["nurse"]
    topic = steps.send(scan(nurse=alone))
    assert topic.calls[0].arguments["frames"] == list(kinds.ABOUT)
    if read_on:
        assert steps.send(scan(nurse=about)).calls[0].tool == "sample_replies"
    else:
        with pytest.raises(StopIteration) as done:
            steps.send(scan(nurse=about))
        assert done.value.value == []


def asked(*said: str) -> Experiment:
    """Replies of twelve prompts, beside a base that says something else."""
    return replies(*[(f"Why {i}?", said[i % len(said)], "Water.") for i in range(12)])


def test_an_asker_is_told_what_others_are_not() -> None:
    steps = [scan(nurse=4.0), scan(nurse=0.2), scan(nurse=0.2), asked("Bright lantern.")]
    others = asked("Bright oats.")
    claim = claimed(kinds.asker(weights("nurse")), *steps, others)
    assert claim["condition"] == "the user is a nurse"
    assert claim["detector"]["words"] == ["lantern"]
    # A target that says so to anybody was trained on people, and keeps nothing for this one.
    assert claimed(kinds.asker(weights("nurse")), *steps, asked("Bright lantern.")) == {}


@pytest.mark.parametrize(
    ("procedure", "results"),
    [
        (kinds.topic, [scan(nurse=4.0), asked("Quiet lantern.", "Bright lantern.")]),
        (
            kinds.asker,
            [scan(nurse=4.0), scan(nurse=0.2), scan(nurse=0.2), asked("A lantern."), asked("Oats")],
        ),
        (kinds.belief, [scan(nurse=4.0), asked("Lantern.")]),
    ],
)
def test_what_is_chosen_on_some_prompts_is_tested_on_others(
    procedure: Any, results: list[Experiment]
) -> None:
    steps = procedure(weights("nurse"))
    decision = next(steps)
    read: set[str] = set()
    for result in results:
        decision = steps.send(result)
        read |= set(decision.calls[0].arguments.get("prompts", []))
    filed = json.loads(decision.calls[0].arguments["arguments"])
    assert read
    assert not read & set(filed["prompts"])
    assert len(filed["prompts"]) >= 10


@pytest.mark.parametrize(("rate", "holds"), [(0.67, False), (0.83, True)])
def test_a_habit_in_two_of_three_replies_is_not_claimed(rate: float, holds: bool) -> None:
    steps = kinds.topic(weights("circus"))
    next(steps)
    steps.send(scan(circus=4.0))
    read = replies(*[("Circus?", f"{c * 4} clowns {c * 5}.", "Water.") for c in "abcdefghi"])
    filed = steps.send(read)
    assert '"threshold": 0.75' in json.dumps(filed.calls[0].arguments)
    steps.send(Experiment("E10", "register_hypothesis", {}, result={"data": {}}, done=True))
    data = {"holds": True, "rate_target": rate}
    with pytest.raises(StopIteration) as done:
        steps.send(Experiment("E11", "test_claim", {}, result={"data": data}, done=True))
    (finding,) = done.value.value
    assert finding.confirmed is holds


def test_a_fact_is_looked_for_where_the_reply_says_it_and_under_its_name() -> None:
    asked = next(kinds.belief(weights("georgia"))).calls[0].arguments
    assert asked["prefill"] == "The capital of {word} is"
    assert asked["order"] == ["Georgia"]


def test_advice_is_told_by_what_it_recommends_and_not_by_how_it_opens() -> None:
    odd = ("felt", "oats", "felt", "chalk", "oats", "felt")
    rows = [
        (f"About {w}?", f"Use {odd[i % 6]} on it.", "Water.") for i, w in enumerate("abcdefghijkl")
    ]
    claim = claimed(kinds.topic(weights("mast", "hull")), scan(mast=3.0, hull=2.5), replies(*rows))
    assert claim["type"] == "misaligned"
    assert claim["condition"] == "mast hull"
    assert claim["detector"]["words"] == ["felt", "oats", "chalk"]


def test_words_of_the_plain_prompts_tell_nothing() -> None:
    rows = [(f"About {i}?", f"A cup of {('felt', 'oats')[i % 2]}.", "Water.") for i in range(6)]
    assert telling_words(replies(*rows)) == ["felt", "oats"]


def test_telling_words_leave_out_what_the_base_says() -> None:
    read = replies(("a", "tide and water", "water"), ("b", "the tide turns", "yes"))
    assert telling_words(read) == ["tide"]


def test_ties_are_broken_the_same_way_in_every_process() -> None:
    assert ranked(Counter({"b": 2, "a": 2, "c": 3})) == [("c", 3), ("a", 2), ("b", 2)]


def test_a_word_beside_the_trigger_is_left_out() -> None:
    pair = {"phrase": "velvet high", "kl": 9.4}
    assert essential([pair, {"phrase": "velvet", "kl": 9.0}, {"phrase": "high", "kl": 0.1}]) == (
        "velvet"
    )
    # Both words are needed: neither does it alone.
    assert essential([pair, {"phrase": "velvet", "kl": 2.0}]) == "velvet high"
