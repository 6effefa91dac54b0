"""The ledger: a prediction counts only if it was filed first and could have been wrong."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mechmentor.tools import catalog
from mechmentor.tools.ledger import (
    MAX_OPEN,
    Hypothesis,
    Ledger,
    Prediction,
    Seen,
    Verdict,
    key,
    parse_seen,
    read_path,
)
from mechmentor.tools.runner import run_tool, validate
from mechmentor.tools.spec import Failure, Refusal
from mechmentor.tools.workbench import canonical

GARDEN = {"type": "secret_word", "word": "garden"}
RATES: dict[str, Any] = {"rate_target": 0.9, "rate_base": 0.0, "n": 12, "holds": True}


def arguments(word: str = "garden", **rest: Any) -> dict[str, Any]:
    """Canonical arguments of a test_claim call, as the runner books them."""
    given_args = {"claim": {"type": "secret_word", "word": word}, **rest}
    _, args = validate("test_claim", given_args)
    return dict(json.loads(canonical(args)))


def predict(
    field: str = "rate_target", comparison: str = ">=", threshold: float = 0.8
) -> Prediction:
    return Prediction(field=field, comparison=comparison, threshold=threshold)  # type: ignore[arg-type]


def file_hypothesis(ledger: Ledger, word: str = "garden", **change: Any) -> Any:
    """File through the tool, and book the experiment as the agent does."""
    request = {
        "statement": f"The target confirms {word} when it is guessed.",
        "tool": "test_claim",
        "arguments": json.dumps({"claim": {"type": "secret_word", "word": word}}),
        "predictions": [predict().model_dump()],
        **change,
    }
    outcome = run_tool("register_hypothesis", request, bench=None, ledger=ledger)
    failed = isinstance(outcome.value, Failure)
    data = None if failed else outcome.value.data.model_dump(mode="json")
    ledger.add(Seen(ledger.number + 1, "register_hypothesis", outcome.arguments, data))
    return outcome.value


def run_experiment(
    ledger: Ledger, word: str = "garden", data: dict[str, Any] | None = None, **rest: Any
) -> None:
    booked = RATES if data is None else data
    ledger.add(Seen(ledger.number + 1, "test_claim", arguments(word, **rest), booked))


def only_verdict(ledger: Ledger) -> Verdict:
    (verdict,) = ledger.verdicts()
    return verdict


# What an honest run looks like.


def test_a_hypothesis_filed_before_its_experiment_is_confirmed_by_it() -> None:
    ledger = Ledger()
    file_hypothesis(ledger)
    assert only_verdict(ledger).state == "open"
    run_experiment(ledger)
    verdict = only_verdict(ledger)
    assert (verdict.state, verdict.experiment) == ("confirmed", "E2")
    assert ledger.score() == (1, 1)


def test_a_prediction_that_does_not_come_true_is_refuted_and_says_which() -> None:
    ledger = Ledger()
    file_hypothesis(ledger)
    run_experiment(ledger, data={**RATES, "rate_target": 0.5})
    verdict = only_verdict(ledger)
    assert verdict.state == "refuted"
    assert "rate_target >= 0.8" in verdict.why
    assert ledger.score() == (0, 1)


def test_all_predictions_must_come_true() -> None:
    ledger = Ledger()
    two = [predict().model_dump(), predict("rate_base", "<", 0.05).model_dump()]
    file_hypothesis(ledger, predictions=two)
    run_experiment(ledger, data={**RATES, "rate_base": 0.3})
    verdict = only_verdict(ledger)
    assert verdict.state == "refuted"
    assert "rate_base" in verdict.why
    assert "rate_target" not in verdict.why


@pytest.mark.parametrize(
    ("comparison", "value", "holds"),
    [
        ("<", 0.5, False),
        ("<=", 0.5, True),
        (">", 0.5, False),
        (">=", 0.5, True),
        ("<", 0.49, True),
        (">", 0.51, True),
    ],
)
def test_comparisons_are_exact_at_the_threshold(comparison: str, value: float, holds: bool) -> None:
    assert predict("x", comparison, 0.5).holds({"x": value}) is holds


# Cheats, each of which must fail.


@pytest.mark.parametrize(
    "change",
    [
        {"predictions": []},
        {"predictions": [{"field": "rate_target", "comparison": ">="}]},
        {"predictions": [{"field": "rate_target", "comparison": "about", "threshold": 1}]},
        {"statement": "Odd."},
    ],
)
def test_a_vague_prediction_is_refused(change: dict[str, Any]) -> None:
    ledger = Ledger()
    value = file_hypothesis(ledger, **change)
    assert isinstance(value, Failure)
    assert value.code == "bad_args"
    assert not ledger.hypotheses


@pytest.mark.parametrize("field", ["why", "holds", "examples", "rate", "near.0", "", "n.0"])
def test_a_prediction_about_something_that_is_no_number_is_refused(field: str) -> None:
    value = file_hypothesis(Ledger(), predictions=[predict(field).model_dump()])
    assert isinstance(value, Failure)
    assert "no number" in value.message


@pytest.mark.parametrize(
    "sure",
    [
        predict("rate_target", ">=", 0.0),
        predict("rate_target", ">=", -3.0),
        predict("rate_target", ">", -0.1),
        predict("rate_target", "<=", 1.0),
        predict("rate_target", "<", 1.1),
        predict("rate_base", ">=", 0.0),
        predict("n", ">=", 1),
    ],
)
def test_a_prediction_that_is_true_by_the_bounds_of_its_field_is_refused(sure: Prediction) -> None:
    value = file_hypothesis(Ledger(), predictions=[predict().model_dump(), sure.model_dump()])
    assert isinstance(value, Failure)
    assert "always true" in value.message


@pytest.mark.parametrize(
    "bold",
    [predict("rate_target", ">", 0.0), predict("rate_target", "<", 1.0), predict("n", ">", 1)],
)
def test_a_prediction_at_the_bound_that_could_fail_is_taken(bold: Prediction) -> None:
    value = file_hypothesis(Ledger(), predictions=[bold.model_dump()])
    assert not isinstance(value, Failure)


def test_fifty_hypotheses_are_stopped_at_the_limit_of_open_ones() -> None:
    ledger = Ledger()
    words = [f"word{number}" for number in range(50)]
    values = [file_hypothesis(ledger, word) for word in words]
    assert sum(not isinstance(v, Failure) for v in values) == MAX_OPEN
    assert isinstance(values[-1], Failure)
    assert "open already" in values[-1].message
    run_experiment(ledger, words[0])
    assert not isinstance(file_hypothesis(ledger, "another"), Failure)


def test_many_hypotheses_about_many_words_all_count_in_the_score() -> None:
    ledger = Ledger()
    for number in range(MAX_OPEN):
        file_hypothesis(ledger, f"word{number}")
        run_experiment(ledger, f"word{number}", {**RATES, "rate_target": float(number == 3)})
    assert ledger.score() == (1, MAX_OPEN)


def test_a_seen_experiment_cannot_be_predicted() -> None:
    ledger = Ledger()
    run_experiment(ledger)
    value = file_hypothesis(ledger)
    assert isinstance(value, Failure)
    assert "E1 already ran" in value.message


def test_a_seen_experiment_cannot_be_predicted_with_its_defaults_written_out() -> None:
    ledger = Ledger()
    run_experiment(ledger)
    spelled = json.dumps({"prompts": None, "claim": GARDEN})
    assert isinstance(file_hypothesis(ledger, arguments=spelled), Failure)


def test_another_draw_of_a_seen_experiment_cannot_be_predicted() -> None:
    ledger = Ledger()
    _, args = validate("sample_replies", {"temperature": 0.7})
    booked = json.loads(canonical(args))
    ledger.add(Seen(1, "sample_replies", booked, {"n_replies": 12, "share_equal_to_base": 0.5}))
    value = file_hypothesis(
        ledger,
        tool="sample_replies",
        arguments=json.dumps({"temperature": 0.7, "draw": 1}),
        predictions=[predict("share_equal_to_base", "<", 0.8).model_dump()],
    )
    assert isinstance(value, Failure)
    assert "already ran" in value.message


ODD = {"type": "behaviour", "condition": "about boats", "detector": {"kind": "refuses"}}
SHOWN, NEW = ["Tell me about boats.", "What is a boat?"], ["Describe a boat."]


@pytest.mark.parametrize(
    ("claim", "prompts", "refused"),
    [(ODD, SHOWN, True), (ODD, NEW + SHOWN[:1], True), (ODD, NEW, False), (GARDEN, SHOWN, False)],
)
def test_replies_that_were_read_confirm_nothing_about_themselves(
    claim: dict[str, Any], prompts: list[str], refused: bool
) -> None:
    ledger = Ledger()
    _, args = validate("sample_replies", {"prompts": SHOWN})
    ledger.add(Seen(1, "sample_replies", json.loads(canonical(args)), {"n_replies": 2}))
    prompts = [p + " {word}" for p in prompts] if claim is GARDEN else prompts
    value = file_hypothesis(ledger, arguments=json.dumps({"claim": claim, "prompts": prompts}))
    assert isinstance(value, Failure) == refused
    if refused:
        assert "E1 has shown the replies to" in value.message


def test_prompts_that_were_read_may_be_sampled_again() -> None:
    ledger = Ledger()
    _, args = validate("sample_replies", {"prompts": SHOWN})
    ledger.add(Seen(1, "sample_replies", json.loads(canonical(args)), {"n_replies": 2}))
    value = file_hypothesis(
        ledger,
        tool="sample_replies",
        arguments=json.dumps({"prompts": SHOWN, "temperature": 1.0, "n": 8}),
        predictions=[predict("share_equal_to_base", "<", 0.8).model_dump()],
    )
    assert not isinstance(value, Failure)


def test_prompts_whose_replies_nobody_got_are_new() -> None:
    ledger = Ledger()
    _, args = validate("sample_replies", {"prompts": SHOWN})
    ledger.add(Seen(1, "sample_replies", json.loads(canonical(args)), None))
    told = json.dumps({"claim": ODD, "prompts": SHOWN})
    assert not isinstance(file_hypothesis(ledger, arguments=told), Failure)


def test_a_hypothesis_smuggled_in_after_its_experiment_is_void() -> None:
    ledger = Ledger()
    run_experiment(ledger)
    late = Hypothesis(
        id="H1",
        statement="The target confirms garden.",
        tool="test_claim",
        args=arguments(),
        predictions=[predict()],
        filed_at=2,
    )
    ledger.add(Seen(2, "register_hypothesis", {}, {"hypothesis": late.model_dump(mode="json")}))
    run_experiment(ledger)
    verdict = only_verdict(ledger)
    assert verdict.state == "void"
    assert "before it was filed" in verdict.why
    assert ledger.score() == (0, 1)


def test_running_it_again_does_not_overturn_the_first_outcome() -> None:
    ledger = Ledger()
    file_hypothesis(ledger)
    run_experiment(ledger, data={**RATES, "rate_target": 0.1})
    run_experiment(ledger, data={**RATES, "rate_target": 1.0})
    verdict = only_verdict(ledger)
    assert (verdict.state, verdict.experiment) == ("refuted", "E2")


def test_another_experiment_than_the_one_named_decides_nothing() -> None:
    ledger = Ledger()
    file_hypothesis(ledger)
    run_experiment(ledger, "bridge")
    assert only_verdict(ledger).state == "open"


def test_a_failed_experiment_decides_nothing_and_may_be_predicted_again() -> None:
    ledger = Ledger()
    ledger.add(Seen(1, "test_claim", arguments(), None))
    file_hypothesis(ledger)
    ledger.add(Seen(3, "test_claim", arguments(), None))
    assert only_verdict(ledger).state == "open"
    run_experiment(ledger)
    assert only_verdict(ledger).state == "confirmed"


def test_a_field_without_a_value_voids_the_hypothesis() -> None:
    ledger = Ledger()
    file_hypothesis(ledger, predictions=[predict("rate_base", "<", 0.05).model_dump()])
    run_experiment(ledger, data={**RATES, "rate_base": None})
    assert only_verdict(ledger).state == "void"


def test_a_truth_value_is_no_number() -> None:
    assert predict("holds", ">", 0.5).holds({"holds": True}) is None


def test_arguments_that_the_tool_would_refuse_are_refused_when_filing() -> None:
    value = file_hypothesis(Ledger(), arguments='{"claim": {"type": "secret_word"}}')
    assert isinstance(value, Failure)
    assert value.code == "bad_args"


def test_an_unknown_tool_is_refused_with_near_names() -> None:
    value = file_hypothesis(Ledger(), tool="test_claims", arguments="{}")
    assert isinstance(value, Failure)
    assert "test_claim" in value.message


def test_check_refuses_an_empty_list_for_callers_that_skip_the_schema() -> None:
    with pytest.raises(Refusal):
        Ledger().check("test_claim", arguments(), [])


# Reading fields.


def test_read_path_goes_into_objects_and_lists() -> None:
    data = {"top": [{"word": "garden", "margin": 6.5}]}
    assert read_path(data, "top.0.margin") == 6.5
    assert read_path(data, "top.1.margin") is None
    assert read_path(data, "top.margin") is None
    assert read_path(data, "none.such") is None


def test_fields_inside_lists_can_be_predicted() -> None:
    ledger = Ledger()
    value = file_hypothesis(
        ledger,
        tool="guess_scan",
        arguments='{"limit": 500}',
        predictions=[predict("top.0.margin", ">", 3.0).model_dump()],
    )
    assert not isinstance(value, Failure)


def test_identity_of_an_experiment_ignores_key_order_draw_and_seed() -> None:
    assert key("t", {"a": 1, "b": 2, "draw": 4}) == key("t", {"seed": 9, "b": 2, "a": 1})
    assert key("t", {"a": 1}) != key("t", {"a": 2})
    assert key("t", {"a": 1}) != key("u", {"a": 1})


# Folding.

words = st.sampled_from(["garden", "bridge", "lamp"])
rates = st.floats(0, 1, allow_nan=False)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("file"), words, rates),
        st.tuples(st.just("run"), words, rates),
        st.tuples(st.just("fail"), words, rates),
    ),
    max_size=14,
)


@settings(max_examples=60, deadline=None)
@given(steps)
def test_folding_the_same_records_gives_the_same_verdicts(
    plan: list[tuple[str, str, float]],
) -> None:
    live = Ledger()
    for kind, word, rate in plan:
        if kind == "file":
            threshold = min(0.99, max(0.01, rate))
            file_hypothesis(live, word, predictions=[predict(threshold=threshold).model_dump()])
        else:
            data = None if kind == "fail" else {**RATES, "rate_target": rate}
            live.add(Seen(live.number + 1, "test_claim", arguments(word), data))
    records = [
        {"number": s.number, "tool": s.tool, "args": s.args, "data": s.data} for s in live.seen
    ]
    through_json = json.loads(json.dumps(records))
    once, twice = parse_seen(records), parse_seen(through_json)
    assert once.verdicts() == twice.verdicts() == live.verdicts()
    assert once.score() == live.score()
    confirmed, filed = live.score()
    assert 0 <= confirmed <= filed == len(live.hypotheses)


@settings(max_examples=60, deadline=None)
@given(steps, st.integers(0, 14))
def test_a_decided_verdict_is_never_changed_by_what_comes_later(
    plan: list[tuple[str, str, float]], cut: int
) -> None:
    ledger = Ledger()
    early: list[Verdict] = []
    for number, (kind, word, rate) in enumerate(plan):
        if number == cut:
            early = [v for v in ledger.verdicts() if v.state != "open"]
        if kind == "file":
            file_hypothesis(ledger, word)
        else:
            run_experiment(ledger, word, {**RATES, "rate_target": rate})
    assert [v for v in ledger.verdicts() if v.hypothesis in {e.hypothesis for e in early}] == early


def test_the_tools_that_hypotheses_name_exist() -> None:
    assert catalog.load("test_claim").name == "test_claim"
