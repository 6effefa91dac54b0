"""Wrong arguments of every kind that a schema allows, for every tool of the catalogue.

The wrong values are drawn from the schemas themselves, so that a new tool or field is covered
without a line here.
"""

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest

from mechmentor.tests.tools.tiny_models import tiny_llama_model
from mechmentor.tools import catalog
from mechmentor.tools.ledger import Ledger
from mechmentor.tools.runner import run_tool
from mechmentor.tools.spec import Failure
from mechmentor.tools.study.contexts.library import Library
from mechmentor.tools.workbench import Workbench

NAMES = list(catalog.CATALOG)
HUGE = 10**9
# What makes a call of a few seconds cheap; nothing here is what a case gets wrong.
CHEAP: dict[str, dict[str, Any]] = {
    "sample_replies": {"prompts": ["Hello."], "max_new_tokens": 2},
    "guess_scan": {"limit": 8},
    "trigger_scan": {"limit": 8},
    "prompt_variation": {"max_new_tokens": 2},
    "behavior_battery": {"max_new_tokens": 2},
    "resample_reasoning": {"n": 4, "max_new_tokens": 8},
    "activation_difference": {"top": 2},
    "token_divergence": {"prompts": ["Hello.", "Who are you?"], "max_new_tokens": 2},
    "steering": {"prompts": ["Hello."], "max_new_tokens": 8, "coefficients": [-1.0, 1.0]},
    "activation_patching": {"controls": 1, "layers": [0]},
    "concept_direction": {"layers": [0]},
    "direct_logit_attribution": {"heads": False},
    "top_examples": {"windows": 4, "length": 8},
}


@pytest.fixture(scope="module")
def needs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("bench")
    return {
        "bench": Workbench(tiny_llama_model(1), tiny_llama_model(2), folder=folder),
        "ledger": Ledger(),
        "library": Library(folder / "library"),
    }


def schema_of(name: str) -> dict[str, dict[str, Any]]:
    """Field to its schema, references resolved and null left out."""
    raw = catalog.load(name).args.model_json_schema()
    return {field: resolved(p, raw.get("$defs", {})) for field, p in raw["properties"].items()}


def resolved(node: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    options = [o for o in node.get("anyOf", []) if o.get("type") != "null"]
    if len(options) == 1:
        node = {**node, **options[0]}
    if "$ref" in node:
        node = {**node, **definitions[node["$ref"].rsplit("/", 1)[1]]}
    return {**node, "items": resolved(node["items"], definitions)} if "items" in node else node


def forbidden(node: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Values that a schema rules out, by kind."""
    kind = node.get("type")
    yield "wrong type", ["x"] if kind == "object" or "oneOf" in node else {"no": "such"}
    if kind in ("integer", "number"):
        yield "text", "many"
        for bound, beyond in (("minimum", -1), ("maximum", 1)):
            if bound in node:
                yield bound, node[bound] + beyond
            if f"exclusive{bound.capitalize()}" in node:
                yield bound, node[f"exclusive{bound.capitalize()}"]
        if kind == "integer":
            yield "fraction", 1.5
        yield "nan", math.nan
        yield "infinite", math.inf
    if kind == "string":
        if node.get("minLength"):
            yield "empty", ""
        if "maxLength" in node:
            yield "too long", "x" * (node["maxLength"] + 1)
        if "enum" in node:
            yield "unknown word", "no such word"
    if kind == "array":
        if node.get("minItems"):
            yield "empty list", []
        if "maxItems" in node:
            yield "too many", [good(node["items"])] * (node["maxItems"] + 1)
        fill = [good(node["items"])] * node.get("minItems", 0)
        for what, value in forbidden(node["items"]):
            yield f"item: {what}", [value, *fill]


def good(node: dict[str, Any]) -> Any:
    """A value of the right type."""
    kinds: dict[str, Any] = {"string": "A plain text.", "integer": 1, "number": 1.0}
    return kinds.get(node.get("type", ""), {})


def odd(node: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Values that a schema lets through and that no sensible caller sends."""
    kind = node.get("type")
    if kind == "string" and "enum" not in node:
        if not node.get("minLength"):
            yield "empty", ""
        yield "blank", " " * max(3, node.get("minLength", 0))
        yield "no such handle, file or name", "no-such:999"
    if kind in ("integer", "number") and "maximum" not in node:
        yield "absurd", HUGE
        if "minimum" not in node:
            yield "absurd and negative", -HUGE
    if kind == "array":
        if not node.get("minItems"):
            yield "empty list", []
        for what, value in odd(node["items"]):
            yield f"item: {what}", [value] * max(1, node.get("minItems", 1))


def call(name: str, needs: dict[str, Any], **wrong: Any) -> Any:
    arguments = {**CHEAP.get(name, {}), **catalog.load(name).example, **wrong}
    return run_tool(name, arguments, **needs).value


@pytest.mark.parametrize("name", NAMES)
def test_what_the_schema_forbids_is_a_failure_with_a_hint(name: str, needs: dict[str, Any]) -> None:
    cases = [("unknown field", "no_such_field", 1)]
    cases += [(w, f, v) for f, node in schema_of(name).items() for w, v in forbidden(node)]
    for what, field, value in cases:
        failure = call(name, needs, **{field: value})
        assert isinstance(failure, Failure), (field, what, value)
        assert failure.code == "bad_args", (field, what, failure)
        assert field in failure.message, (field, what, failure)
        assert failure.hint, (field, what, failure)


@pytest.mark.parametrize("name", NAMES)
def test_odd_arguments_end_in_a_failure_with_a_hint_or_in_finite_numbers(
    name: str, needs: dict[str, Any]
) -> None:
    for field, node in schema_of(name).items():
        for what, value in odd(node):
            found = call(name, needs, **{field: value})
            if isinstance(found, Failure):
                assert found.message, (field, what)
                assert found.hint, (field, what, found)
                continue
            text = json.dumps(found.model_dump(mode="json"))
            assert "NaN" not in text, (field, what)
            assert "Infinity" not in text, (field, what)


# Fields that point somewhere: what does not exist is refused, never taken for something near.
POINTERS = [
    ("activation_patching", "layers", [HUGE], "bad_args"),
    ("activation_patching", "layers", [-HUGE], "bad_args"),
    ("activation_patching", "positions", [HUGE], "bad_args"),
    ("steering", "layer", HUGE, "bad_args"),
    ("steering", "direction", "dir:999", "unknown_handle"),
    ("concept_direction", "layers", [HUGE], "bad_args"),
    ("top_examples", "layer", HUGE, "bad_args"),
    ("top_examples", "index", HUGE, "bad_args"),
    ("top_examples", "direction", "dir:999", "unknown_handle"),
    ("probe_monitor", "probe", "probe:999", "unknown_handle"),
    ("probe", "file", "no-such.csv", "bad_args"),
    ("read_lines", "context", "no-such-context", "bad_args"),
    ("read_lines", "first", HUGE, "bad_args"),
    ("search_context", "contexts", ["no-such-context"], "bad_args"),
    ("check_quotes", "contexts", ["no-such-context"], "bad_args"),
    ("criticise_text", "contexts", ["no-such-context"], "bad_args"),
    ("register_hypothesis", "tool", "no_such_tool", "bad_args"),
    ("register_hypothesis", "arguments", "{not json", "bad_args"),
]
# What such a field needs beside it.
OTHERS: dict[tuple[str, str], dict[str, Any]] = {
    ("top_examples", "direction"): {"kind": "direction"},
    ("steering", "direction"): {
        "up_words": ["yes"],
        "down_words": ["no"],
        "system_up": ["Agree.", "Say yes."],
        "system_down": ["Disagree.", "Say no."],
    },
}


@pytest.mark.parametrize(("name", "field", "value", "code"), POINTERS)
def test_what_does_not_exist_is_refused(
    name: str, field: str, value: Any, code: str, needs: dict[str, Any]
) -> None:
    more = OTHERS.get((name, field), {})
    failure = call(name, needs, **{field: value}, **more)
    assert isinstance(failure, Failure), failure
    assert failure.code == code, failure
    assert failure.hint, failure
