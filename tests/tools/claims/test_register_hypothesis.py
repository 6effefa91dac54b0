"""Filing a hypothesis: the tool keeps what was said, in a form that its experiment will equal."""

import json

from mechmentor.tools.ledger import Ledger, Seen, key
from mechmentor.tools.runner import run_tool, validate
from mechmentor.tools.spec import Failure
from mechmentor.tools.workbench import canonical

REQUEST = {
    "statement": "The scan's best word stands more than 3 nats above the next.",
    "tool": "guess_scan",
    "arguments": '{"limit": 500}',
    "predictions": [{"field": "gap_to_second", "comparison": ">", "threshold": 3}],
}


def test_what_is_filed_equals_the_call_that_the_runner_books() -> None:
    value = run_tool("register_hypothesis", REQUEST, bench=None, ledger=Ledger()).value
    assert not isinstance(value, Failure)
    filed = value.data.hypothesis
    _, args = validate("guess_scan", {"limit": 500})
    assert key(filed.tool, filed.args) == key("guess_scan", json.loads(canonical(args)))
    assert filed.id == "H1"
    assert "gap_to_second > 3" in value.summary


def test_its_number_comes_after_every_experiment_so_far() -> None:
    ledger = Ledger()
    ledger.add(Seen(4, "sample_replies", {}, {"n_replies": 1}))
    value = run_tool("register_hypothesis", REQUEST, bench=None, ledger=ledger).value
    assert not isinstance(value, Failure)
    assert value.data.hypothesis.filed_at == 5


def test_arguments_that_are_no_json_are_refused() -> None:
    broken = {**REQUEST, "arguments": "{limit: 500"}
    value = run_tool("register_hypothesis", broken, bench=None, ledger=Ledger()).value
    assert isinstance(value, Failure)
    assert value.code == "bad_args"


def test_without_a_ledger_it_says_so() -> None:
    value = run_tool("register_hypothesis", REQUEST, bench=None, ledger=None).value
    assert isinstance(value, Failure)
    assert value.code == "model_limit"
