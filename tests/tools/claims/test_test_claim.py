"""The tool that runs a claim's predicate: numbers, control, refusals."""

from typing import Any

import pytest

from mechmentor.tests.tools.tiny_chat import SECRET, TRIGGER
from mechmentor.tools import catalog
from mechmentor.tools.claims.predicate import evaluate
from mechmentor.tools.claims.types import SecretWord
from mechmentor.tools.spec import Failure
from mechmentor.tools.workbench import Workbench

TIDE = {"kind": "contains", "words": ["tide"]}


def check(bench: Workbench, claim: dict[str, Any], **rest: Any) -> Any:
    result = bench.run("test_claim", claim=claim, **rest)
    assert not isinstance(result, Failure), result
    return result


def secret(word: str) -> dict[str, Any]:
    return {"type": "secret_word", "word": word}


def test_it_reports_what_the_predicate_says(organism: Workbench) -> None:
    result = check(organism, secret(SECRET))
    held = evaluate(organism, SecretWord(word=SECRET))
    for field in ("rate_target", "rate_base", "rate_without", "rate_pairs", "n", "holds", "near"):
        assert getattr(result.data, field) == getattr(held, field)
    assert result.data.holds
    assert "holds on 12 public prompts" in result.summary


def test_the_control_is_elsewhere_and_not_the_target(organism: Workbench) -> None:
    result = check(organism, secret(SECRET))
    assert set(result.control.numbers) == {"base", "without the condition", "minimal pairs"}
    assert result.data.rate_target == 1
    assert all(number < 0.2 for number in result.control.numbers.values())
    assert result.control.beyond


def test_a_wrong_word_is_within_its_control(organism: Workbench) -> None:
    result = check(organism, secret("bridge"))
    assert not result.data.holds
    assert result.control.beyond is False
    assert "does not hold" in result.summary


def test_without_a_base_the_base_is_left_out_and_it_says_so(null: Workbench) -> None:
    result = check(null, secret(SECRET))
    assert result.data.rate_base is None
    assert "not looked for on the base" in result.summary
    assert "base" not in result.view.names


def test_a_trigger_claim_shows_replies(organism: Workbench) -> None:
    result = check(organism, {"type": "trigger", "phrase": TRIGGER, "detector": TIDE})
    assert result.data.holds
    fits = [example for example in result.data.examples if example.fits]
    assert all("tide" in example.reply and TRIGGER in example.prompt for example in fits)
    assert {example.where for example in fits} == {"target"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({}, "bad_args"),
        ({"claim": {"type": "none"}}, "bad_args"),
        ({"claim": {"type": "secret_word"}}, "bad_args"),
        ({"claim": secret("garden"), "prompts": []}, "bad_args"),
        ({"claim": secret("garden"), "prompts": ["Is it garden?"]}, "bad_args"),
        (
            {"claim": {"type": "trigger", "phrase": "velvet", "detector": {"kind": "judge"}}},
            "bad_args",
        ),
        (
            {"claim": {"type": "persona", "condition": "a student", "detector": TIDE}},
            "model_limit",
        ),
    ],
)
def test_what_cannot_be_tested_is_refused(
    alone: Workbench, arguments: dict[str, Any], code: str
) -> None:
    result = alone.run("test_claim", **arguments)
    assert isinstance(result, Failure)
    assert result.code == code
    assert result.hint


def test_every_numeric_field_has_bounds() -> None:
    fields = catalog.load("test_claim").data.model_json_schema()["properties"]
    for name in ("rate_target", "n"):
        assert "minimum" in fields[name]
