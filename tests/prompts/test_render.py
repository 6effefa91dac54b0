"""Prompts: strict about their variables."""

import pytest

from mechmentor.prompts import prompt_hash, render


def test_the_auditor_prompt_lists_the_tools_that_it_was_given() -> None:
    text = render("auditor", tools=[{"name": "logit_lens", "line": "x"}], claim_types=["trigger"])
    assert "- logit_lens: x" in text
    assert "{{" not in text


def test_a_missing_variable_is_an_error() -> None:
    with pytest.raises(ValueError, match="claim_types"):
        render("auditor", tools=[])


def test_a_variable_too_many_is_an_error() -> None:
    with pytest.raises(ValueError, match="colour"):
        render("auditor", tools=[], claim_types=[], colour="red")


def test_the_hash_is_of_the_content() -> None:
    assert prompt_hash("auditor") != prompt_hash("auditor_case")
