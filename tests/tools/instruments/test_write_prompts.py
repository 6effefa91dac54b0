"""Pairs are parsed, cleaned, matched and split; happy and sad are shipped and told apart."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechmentor.tools.instruments.write_prompts import WritePromptsData, parse_pairs
from mechmentor.tools.runner import run_tool
from mechmentor.tools.spec import Failure, Reply, Result


def written(chat: Any = None, **arguments: Any) -> Result[WritePromptsData]:
    value = run_tool("write_prompts", arguments, bench=None, chat=chat).value
    assert not isinstance(value, Failure), value
    return value


class Writer:
    """A scripted language model."""

    model = "scripted"

    def complete(self, messages: Any, tools: Any = None, on_text: Any = None) -> Reply:
        lines = [f"{i}. I like the {i} cats. || I hate the {i} cats." for i in range(8)]
        extra = [
            "I like the 3 cats || I loathe the 3 cats!",
            "Yes. || No, not for anything now.",
            "x",
        ]
        return Reply(text="\n".join([*lines, *extra]))


def test_a_language_models_pairs_are_cleaned_and_split() -> None:
    data = written(Writer(), first="likes", second="hates").data
    assert (data.n_given, data.n_duplicate, data.n_unmatched) == (10, 1, 1)
    assert (len(data.pairs), len(data.held_out)) == (6, 2)
    assert not {p.first for p in data.pairs} & {p.first for p in data.held_out}
    assert data.length_difference == 0
    assert written(Writer(), first="likes", second="hates").data == data


def test_without_a_key_happy_and_sad_are_shipped_and_a_count_of_words_tells_them_apart() -> None:
    data = written().data
    assert data.source == "shipped"
    texts = [s for p in [*data.pairs, *data.held_out] for s in (p.first, p.second)]
    rated = run_tool("rate_texts", {"texts": texts}, bench=None).value
    assert not isinstance(rated, Failure)
    values = rated.data.ratings
    happy, sad = sum(values[0::2]), sum(values[1::2])
    assert happy > 0 > sad


def test_other_subjects_give_the_prompt_and_take_the_answer() -> None:
    asked = written(first="cats", second="dogs").data
    assert asked.source == "nobody"
    assert "cats" in asked.paste
    assert len(written(first="cats", second="dogs", pasted="A cat. || A dog.").data.pairs) == 1


@given(st.text(max_size=200))
def test_no_text_breaks_the_parser(text: str) -> None:
    for first, second in parse_pairs(text):
        assert first.strip()
        assert second.strip()


@pytest.mark.parametrize(
    "arguments", [{"first": "a", "second": "A"}, {"pasted": "nothing here"}, {"n": 1}]
)
def test_bad_arguments_are_refused(arguments: dict[str, Any]) -> None:
    value = run_tool("write_prompts", arguments, bench=None).value
    assert isinstance(value, Failure)
    assert value.code == "bad_args"
