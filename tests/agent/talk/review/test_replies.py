"""Replies are taken apart without trusting them."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechmentor.agent.talk.review.replies import Draft, UnusableReply, findings, parse
from mechmentor.tests.tools.critique.drafts import PROBE
from mechmentor.tools.critique.document.read import read_text

DRAFT = Draft(read_text(PROBE))


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["findings", "quote", "problem", "severity", "x"]), inner),
))  # fmt: skip
def test_any_json_is_findings_with_words_of_the_draft_or_refused(value: object) -> None:
    try:
        checked = findings(parse(json.dumps(value)), "methods", DRAFT)
    except UnusableReply:
        return
    for found in checked.findings:
        assert found.place.quote in " ".join(PROBE.split())


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(UnusableReply):
        assert isinstance(parse(text), dict | list)


@pytest.mark.parametrize(
    "quote",
    [
        "L10: On 120 held-out statements it is right in",
        "“fitted on 240 statements about cities, works on other topics”",
        "fitted\non 240 statements about cities",
    ],
)
def test_line_numbers_quotation_marks_and_breaks_do_not_matter(quote: str) -> None:
    assert DRAFT.find(quote) is not None


@pytest.mark.parametrize(
    "quote",
    [
        "On 120 held-out statements it is not right in",
        "On 121 held-out statements it is right in",
        "statements it is",
        "",
        None,
        7,
    ],
)
def test_other_words_or_too_few_are_not_found(quote: object) -> None:
    assert DRAFT.find(quote) is None
